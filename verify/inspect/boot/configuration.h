// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the boot loaders of this machine are configured to start: their menus, and the command lines
// from which these are generated. It is read on first use, once for all images.
#pragma once

#include <optional>
#include <vector>

#include "host/root.h"
#include "verify/inspect/boot/entries.h"
#include "verify/inspect/boot/files.h"
#include "verify/inspect/boot/written_command_lines.h"

namespace verify {

class BootConfiguration {
 public:
  // `root` must outlive it.
  explicit BootConfiguration(const host::Root& root) : root_(root) {}

  const host::Root& root() const { return root_; }
  const std::vector<WrittenCommandLine>& written() const { return contents().written; }
  const std::vector<BootMenu>& menus() const { return contents().menus; }
  // nullopt: all files that exist were read.
  const std::optional<Unread>& unread() const { return contents().unread; }
  // Is anything missing because a limit of kBootBudget was exceeded?
  bool exceeded_limit() const { return contents().exceeded_limit; }

 private:
  struct Contents {
    std::vector<WrittenCommandLine> written;
    std::vector<BootMenu> menus;
    std::optional<Unread> unread;
    bool exceeded_limit = false;
  };

  const Contents& contents() const;

  const host::Root& root_;
  mutable std::optional<Contents> contents_;
};

}  // namespace verify
