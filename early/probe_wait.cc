// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/probe_wait.h"

#include <cerrno>

#include "early/write_with_timeout.h"
#include "host/pci_function.h"

namespace early {
namespace {

constexpr int kOverrideMilliseconds = 1000;

}  // namespace

bool wait_for_probe(const host::Root& root, const host::PciAddress& address, int milliseconds) {
  // power/control takes the device's lock before it reads the word, and rejects this one
  // (control_store in drivers/base/power/sysfs.c): so this write only waits.
  const auto waited =
      write_with_timeout(root, address.sysfs() + "/power/control", "wait", milliseconds);
  // A kernel without CONFIG_PM has no such attribute; an old kernel waits in override_of() instead.
  if (!waited && waited.error().code == ENOENT) (void)host::override_of(root, address);
  return waited || waited.error().code != ETIMEDOUT;
}

std::optional<std::string> override_within(const host::Root& root,
                                           const host::PciAddress& address) {
  if (!wait_for_probe(root, address, kOverrideMilliseconds)) return std::nullopt;
  return host::override_of(root, address);
}

}  // namespace early
