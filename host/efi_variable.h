// SPDX-License-Identifier: GPL-2.0-or-later
//
// EFI variables, as efivarfs shows them: one file each, NAME-GUID, whose first four bytes are the
// attributes (Documentation/filesystems/efivarfs.rst).
//
// The firmware keeps them in flash, which wears and is slow: write rarely, and never while somebody
// waits for it.
#pragma once

#include <string>
#include <string_view>

#include "host/fd.h"
#include "host/result.h"
#include "host/root.h"

namespace host {

// Was this machine started by EFI firmware?
bool started_by_efi(const Root& root);

class EfiVariables {
 public:
  // Those at /sys/firmware/efi/efivars. ENOENT: efivarfs is not mounted there.
  static Result<EfiVariables> at_mount(const Root& root);

  // The running machine's through a mount of our own, which nobody else sees and which goes away
  // with the object. ENODEV: the kernel has no efivarfs, or its module is not loaded.
  static Result<EfiVariables> mount();

  // The value, without the attributes. ENOENT: there is no such variable.
  Result<std::string> read(const std::string& name) const;

  // Makes or replaces a variable that outlives the power and that the booted system can read.
  Result<void> write(const std::string& name, std::string_view value) const;

 private:
  explicit EfiVariables(Fd directory) : directory_(std::move(directory)) {}

  Fd directory_;
};

}  // namespace host
