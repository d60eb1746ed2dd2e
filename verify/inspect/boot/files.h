// SPDX-License-Identifier: GPL-2.0-or-later
//
// The configuration files of boot loaders, read within kBootBudget. A file that exists but cannot
// be read is reported by unread(). Without root, the EFI system partition may not be readable, and
// sometimes Debian's grub.cfg is not.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/budget.h"
#include "host/result.h"
#include "host/root.h"

namespace verify {

// Why some files were not read, and the remedy.
struct Unread {
  std::string why, remedy;
};

// The remedy if a limit of kBootBudget is exceeded.
inline constexpr const char* kRemoveFiles =
    "remove unneeded files from /etc/default/grub.d and the directories of the boot loader";

class BootFiles {
 public:
  explicit BootFiles(const host::Root& root) : root_(root) {}

  // nullopt: missing, or not readable.
  std::optional<std::string> text_of(const std::string& file);

  bool exists(const std::string& path);

  // The names in a directory, sorted; empty if it is missing.
  std::vector<std::string> names_in(const std::string& directory);

  // The paths of the files in a directory whose names have this ending.
  std::vector<std::string> files_in(const std::string& directory, std::string_view ending);

  // nullopt: all requested files that exist were read.
  std::optional<Unread> unread() const;

  const host::Root& root() const { return root_; }
  host::Meter& meter() { return meter_; }

 private:
  // Keeps the first error, except those that mean that there is no such file.
  void remember_error(const host::Error& error);

  const host::Root& root_;
  host::Meter meter_{host::kBootBudget, 0};
  std::optional<host::Error> first_error_;
};

}  // namespace verify
