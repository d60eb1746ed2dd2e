// SPDX-License-Identifier: GPL-2.0-or-later
//
// File names that people and installers choose. They are kept if all names of a group consist of
// known words. Otherwise all files of the group are numbered, "001.conf", in the order of their
// names. The order is kept because files are read in this order, and files with equal names get
// equal numbers because a file overrides one of the same name in another directory.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <string>

#include "host/root.h"
#include "verify/capture/anonymiser.h"

namespace verify::capture {

class FileNames {
 public:
  // Adds the files in `directories` as one group. A name is left out if `has_content` is false for
  // it in every directory. Hides names that are not kept, and replaces their paths in texts.
  void add_group(const host::Root& root, std::initializer_list<const char*> directories,
                 Anonymiser& anonymiser,
                 const std::function<bool(const std::string& path)>& has_content = {});

  // The path of the file in the capture; "": the file is left out.
  std::string kept(const std::string& path) const;

 private:
  std::map<std::string, std::string> paths_;
};

}  // namespace verify::capture
