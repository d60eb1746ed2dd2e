// SPDX-License-Identifier: GPL-2.0-or-later
//
// The keys of a section: how each value is parsed, and the form of a valid value
// (vfio-early.conf(5)).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/configuration.h"

namespace config {

struct Key {
  std::string_view name;
  // Stores the value in the card; false: the value is invalid.
  bool (*parse)(std::string_view value, Card& card);
  std::string_view form;       // "expected FORM"
  bool selects = false;        // the key is a selector
  bool takes_several = false;  // its value is a list
  bool is_free_text = false;   // a value may have any words, also a secret
};

// nullptr: the key is unknown.
const Key* find_key(std::string_view name);

std::vector<std::string_view> known_keys();

// "address, id, …", for a message.
std::string names_of_keys(bool selectors_only = false);

}  // namespace config
