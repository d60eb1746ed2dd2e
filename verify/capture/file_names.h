// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names of files that people and installers choose: kept where they are made of known words. Where
// one of a group's is not, all of the group are numbered, "001.conf", in the order of their names:
// the order decides which file is read first, and a name hides the same one in another directory.
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
  // The files in `directories`, which are a group; those of a name of which `has_content` says no
  // in each directory are left out. Hides what is not kept of the names, and renames the paths in
  // texts.
  void add_group(const host::Root& root, std::initializer_list<const char*> directories,
                 Anonymiser& anonymiser,
                 const std::function<bool(const std::string& path)>& has_content = {});

  // `path` as it is kept; "": it is left out.
  std::string kept(const std::string& path) const;

 private:
  std::map<std::string, std::string> paths_;
};

}  // namespace verify::capture
