// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/unreadable.h"

#include <cerrno>

#include <fmt/format.h>

#include "verify/check/platform_remedies.h"

namespace verify {

Remedy read_as_root(const Facts& facts, const host::Error& error) {
  const bool is_denied = error.code == EACCES || error.code == EPERM;
  return facts.from_tree && !is_denied ? kCaptureAsRoot : kRunAsRoot;
}

Remedy read_as_root(const Facts& facts) {
  return read_as_root(facts, {ENOENT, ""});
}

// Writing "on" to power/control resumes the device (Documentation/ABI/testing/sysfs-devices-power).
Remedy keep_awake(const std::string& address) {
  const std::string control = "/sys/bus/pci/devices/" + address + "/power/control";
  return {"keep it awake while vfio-verify reads it:",
          {"echo on > " + control, "vfio-verify", "echo auto > " + control}};
}

Remedy keep_powered(const Inspection& inspection, const ConfiguredFunction& function) {
  return fmt::format(
             "power-cycle the machine. To prevent the problem, add disable-idle-d3 = yes to [{}] in {}, so that vfio-pci does not let the card sleep; then ",
             function.card, inspection.configuration_file) +
         rebuild_image(inspection.platform);
}

Finding unread(const Facts& facts, const ConfiguredFunction& function, const host::Error& error) {
  const std::string address = function.address();
  switch (error.code) {
    case EAGAIN:
      return unknown(address, error.step, keep_awake(address));
    case EIO:
      return caused_by("power.answers", unknown(address, error.step + ": all bits are 1",
                                                "power-cycle the machine"));
    default:
      return unknown(address, host::describe(error), read_as_root(facts, error));
  }
}

std::optional<Finding> unread(const Facts& facts, const ConfiguredFunction& function) {
  const hardware::Hardware& hardware = function.hardware;
  if (hardware.registers_error) return unread(facts, function, *hardware.registers_error);
  if (hardware.capabilities_readable) return std::nullopt;
  return unread(
      facts, function,
      {EACCES, "read the capabilities in the configuration space of " + function.address()});
}

}  // namespace verify
