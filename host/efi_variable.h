// SPDX-License-Identifier: GPL-2.0-or-later
//
// EFI variables in efivarfs: one file each, NAME-GUID, whose first four bytes are the attributes
// (Documentation/filesystems/efivarfs.rst).
//
// The firmware stores them in flash, which wears out and is slow: write rarely, and never while a
// boot waits.
#pragma once

#include <string>
#include <string_view>

#include "host/fd.h"
#include "host/result.h"
#include "host/root.h"

namespace host {

// Was this machine started by EFI firmware?
bool is_efi_boot(const Root& root);

class EfiVariables {
 public:
  // The variables at /sys/firmware/efi/efivars. ENOENT: efivarfs is not mounted there.
  static Result<EfiVariables> at_mount(const Root& root);

  // The variables of the running machine, through a private mount that no other process sees and
  // that ends with this object. ENODEV: the kernel has no efivarfs, or its module is not loaded.
  static Result<EfiVariables> mount();

  // The value, without the attributes. ENOENT: the variable does not exist.
  Result<std::string> read(const std::string& name) const;

  // Creates or replaces a non-volatile variable that the booted system can read.
  Result<void> write(const std::string& name, std::string_view value) const;

 private:
  explicit EfiVariables(Fd directory) : directory_(std::move(directory)) {}

  Fd directory_;
};

}  // namespace host
