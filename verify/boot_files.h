// SPDX-License-Identifier: GPL-2.0-or-later
//
// The files that tell how this machine boots: read within kBootBudget, and never missing in
// silence. Without root the EFI system partition is closed, and so is Debian's grub.cfg at times:
// then what they say is unknown.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/result.h"
#include "host/root.h"
#include "verify/budget.h"

namespace verify {

// Why not all of them were read, and the remedy.
struct Unread {
  std::string why, remedy;
};

// The remedy if there is too much of it.
inline constexpr const char* kRemoveFiles =
    "remove unneeded files from /etc/default/grub.d and the directories of the boot loader";

class BootFiles {
 public:
  explicit BootFiles(const host::Root& root) : root_(root) {}

  // nullopt: missing, or not read.
  std::optional<std::string> text_of(const std::string& file);

  bool exists(const std::string& path);

  // The names in a directory, sorted; none if it is missing.
  std::vector<std::string> names_in(const std::string& directory);

  // The paths of those that have this ending.
  std::vector<std::string> files_in(const std::string& directory, std::string_view ending);

  // nullopt: all that was requested was read.
  std::optional<Unread> unread() const;

  const host::Root& root() const { return root_; }
  Meter& meter() { return meter_; }

 private:
  // An error other than that there is no such file.
  void note(const host::Error& error);

  const host::Root& root_;
  Meter meter_{kBootBudget, 0};
  std::optional<host::Error> obstacle_;
};

}  // namespace verify
