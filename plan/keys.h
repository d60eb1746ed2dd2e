// SPDX-License-Identifier: GPL-2.0-or-later
//
// The keys of a section: how each value is taken, and what a right one looks like
// (vfio-early.conf(5)).
#pragma once

#include <string>
#include <string_view>

#include "plan/configuration.h"

namespace plan {

struct Key {
  std::string_view name;
  // Puts the value into the card; false: it is none.
  bool (*parse)(std::string_view value, Card& card);
  std::string_view form;  // "expected FORM"
  bool selects = false;   // says which card is meant
};

// nullptr: there is no such key.
const Key* find_key(std::string_view name);

// "address, id, …", for a sentence.
std::string names_of_keys(bool selectors_only = false);

}  // namespace plan
