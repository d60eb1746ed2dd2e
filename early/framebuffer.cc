// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/framebuffer.h"

#include <algorithm>
#include <cerrno>

#include "early/messages.h"
#include "early/modules.h"
#include "early/write_with_timeout.h"
#include "host/framebuffer.h"
#include "host/running_kernel.h"
#include "host/text.h"

namespace early {
namespace {

using config::Framebuffer;
using host::PciAddress;
using host::Root;
using record::FunctionRecord;
using Names = std::vector<std::string>;

constexpr const char* kVmwgfx = "vmwgfx";
constexpr uint16_t kVmware = 0x15ad;
constexpr int kModuleMs = 15'000;
constexpr int kWriteMs = 5'000;  // what a console or a platform driver may take

Names overlapping(const Root& root, const PciAddress& address) {
  return host::read_overlapping_framebuffers(root, address).value_or({});
}

std::string initcall_remedy(const Root& root, const Names& names) {
  const std::string initcall = host::initcall_of(names);
  const auto line = host::running_command_line(root);
  if (host::is_initcall_blacklisted(line, initcall))
    return "initcall_blacklist=" + initcall +
           " has no effect, because this kernel has a different name for it: look for that name with `grep " +
           initcall + " /proc/kallsyms`, and use it on the kernel command line";
  return "add initcall_blacklist=" + initcall +
         " to the kernel command line; the screen then stays dark until the driver of another card is loaded";
}

std::string subject(const FunctionRecord& function) {
  return function.card + ": " + function.address.str();
}

// "6.12.117+deb12-amd64" is at least 6.11.
bool is_at_least(const std::string& release, uint32_t major, uint32_t minor) {
  const auto parts = host::split(release, ".-+");
  if (parts.size() < 2) return false;
  const auto first = host::parse_number(parts[0], 10), second = host::parse_number(parts[1], 10);
  return first && second && (*first > major || (*first == major && *second >= minor));
}

host::Result<void> timed_write(const Root& root, const std::string& path, const std::string& text) {
  return write_with_timeout(root, path, text, kWriteMs);
}

host::Result<void> unbind(const Root& root, const PciAddress& address) {
  return timed_write(root, address.sysfs() + "/driver/unbind", address.str());
}

// vmwgfx's probe fails with -22 on any card that is not VMware's, after it has removed the BOOTFB.
// Meanwhile only vmwgfx can bind: the override names it, and is never empty.
std::string probe_vmwgfx(const Root& root, const FunctionRecord& function) {
  const PciAddress& address = function.address;
  const std::string override = address.sysfs() + "/driver_override";
  if (host::driver_of(root, address) == function.wanted_driver) (void)unbind(root, address);
  if (const auto written = timed_write(root, override, kVmwgfx); !written) {
    (void)timed_write(root, override,
                      function.wanted_driver);  // a write that timed out may still happen
    return describe(written.error());
  }
  const auto loaded = load_module_within(kModuleMs, root, kVmwgfx);
  if (loaded) (void)timed_write(root, "/sys/bus/pci/drivers_probe", address.str());
  if (host::driver_of(root, address) == kVmwgfx) (void)unbind(root, address);
  const auto restored = timed_write(root, override, function.wanted_driver);
  if (!restored) return describe(restored.error());
  if (!loaded && loaded.error().code == ENOENT)
    return "the module vmwgfx is not in this initramfs: rebuild it with framebuffer = force in the configuration";
  return loaded ? "" : describe(loaded.error());
}

void force_release(const Root& root, const std::string& kernel, FunctionRecord& function) {
  if (!is_at_least(kernel, 6, 11)) {
    function.framebuffer.outcome =
        "framebuffer = force needs Linux 6.11 or later, because older kernels use freed memory";
    return;
  }
  if (function.id.vendor == kVmware) {
    function.framebuffer.outcome = "framebuffer = force does not work for a card from VMware";
    return;
  }
  log_message(
      root, host::Priority::kWarning,
      subject(function) +
          ": framebuffer = force: vmwgfx now probes this card and fails with -22; this makes the kernel remove " +
          function.framebuffer.found + " from its BARs");
  function.framebuffer.outcome = probe_vmwgfx(root, function);
  if (function.framebuffer.outcome.empty() &&
      !host::holds_device_region(overlapping(root, function.address)))
    function.framebuffer.outcome = "the kernel removed it during the probe of vmwgfx";
}

// A bind that was killed in force_release() has left the name of vmwgfx in the override.
void restore_override(const Root& root, const FunctionRecord& function) {
  if (function.handling.framebuffer == Framebuffer::kForce &&
      host::override_of(root, function.address) == kVmwgfx)
    (void)timed_write(root, function.address.sysfs() + "/driver_override", function.wanted_driver);
}

// Moves the consoles of drivers such as vtcon1, "(M) frame buffer device", to the dummy console.
// Returns the drivers whose consoles were moved.
Names move_consoles_away(const Root& root) {
  const std::string consoles = "/sys/class/vtconsole/";
  Names moved;
  for (const std::string& name : root.list(consoles).value_or({})) {
    const std::string console = consoles + name;
    if (root.read_line(console + "/name").find("frame buffer") == std::string::npos) continue;
    if (root.read_line(console + "/bind") != "1") continue;
    if (timed_write(root, console + "/bind", "0")) moved.push_back(console);
  }
  return moved;
}

// Moves the consoles to a frame buffer that is left, of a card that stays with the host.
void move_consoles_back(const Root& root, const Names& consoles) {
  if (root.read_line("/proc/fb").empty()) return;
  for (const std::string& console : consoles)
    if (root.exists(console)) (void)timed_write(root, console + "/bind", "1");
}

std::string unbind_drivers(const Root& root, const Names& names) {
  std::string outcome;
  for (const host::FramebufferDriver& driver : host::kFramebufferDrivers) {
    if (std::find(names.begin(), names.end(), driver.region) == names.end()) continue;
    const std::string device = std::string("/sys/bus/platform/devices/") + driver.device;
    const auto unbound = timed_write(root, device + "/driver/unbind", driver.device);
    outcome = unbound ? std::string(driver.device) + " was unbound from its driver"
                      : describe(unbound.error());
  }
  return outcome;
}

void unbind_framebuffer(const Root& root, const Names& names, FunctionRecord& function) {
  log_message(root, host::Priority::kInfo,
              subject(function) + ": releasing the boot framebuffer " + host::join(names, ", ") +
                  " over its BARs; its screen shows no new output from now on");
  const Names consoles = move_consoles_away(root);
  function.framebuffer.outcome = unbind_drivers(root, names);
  move_consoles_back(root, consoles);
}

void record_remaining(const Root& root, const Names& left, FunctionRecord& function) {
  record::FramebufferRecord& framebuffer = function.framebuffer;
  framebuffer.left = host::join(left, ", ");
  if (left.empty()) return;
  if (framebuffer.outcome.empty())
    framebuffer.outcome =
        host::holds_device_region(left) ? "no safe way to remove it is known" : "it is still there";
  framebuffer.remedy = initcall_remedy(root, left);
  if (function.handling.framebuffer == Framebuffer::kKeep)
    framebuffer.remedy =
        "remove framebuffer = keep from the configuration and rebuild the initramfs";
  else if (host::holds_bootfb(left) && function.handling.framebuffer == Framebuffer::kRelease)
    framebuffer.remedy += "; or, with Linux 6.11 or later, set framebuffer = force (experimental)";
}

void log_result(const Root& root, const FunctionRecord& function) {
  const record::FramebufferRecord& framebuffer = function.framebuffer;
  if (framebuffer.left.empty())
    return log_message(root, host::Priority::kInfo,
                       subject(function) + ": no boot framebuffer overlaps its BARs any more: " +
                           framebuffer.found + ", " + framebuffer.outcome);
  log_message(
      root, host::Priority::kError,
      subject(function) +
          " is claimed, but a guest cannot use its memory that overlaps the boot framebuffer " +
          framebuffer.left + ": " + framebuffer.outcome + ". Remedy: " + framebuffer.remedy);
}

}  // namespace

void find_framebuffers(const Root& root, record::Record& record) {
  for (FunctionRecord& function : record.functions) {
    if (function.override_ns == 0) continue;
    restore_override(root, function);
    if (function.state == record::State::kBound) continue;  // a guest may use it
    const Names names = overlapping(root, function.address);
    if (names.empty()) continue;
    function.framebuffer = {.found = host::join(names, ", ")};
    if (host::holds_device_region(names) && function.handling.framebuffer == Framebuffer::kForce)
      force_release(root, record.kernel_release, function);
  }
}

void release_framebuffer(const Root& root, FunctionRecord& function) {
  if (function.framebuffer.found.empty()) return;
  const Names names = overlapping(root, function.address);
  if (function.handling.framebuffer == Framebuffer::kKeep) {
    if (!names.empty()) function.framebuffer.outcome = "framebuffer = keep";
  } else if (!names.empty() && !host::holds_device_region(names)) {
    unbind_framebuffer(root, names, function);
  }
  record_remaining(root, overlapping(root, function.address), function);
  if (function.framebuffer.outcome.empty())
    function.framebuffer.outcome = function.wanted_driver + " removed it";
  log_result(root, function);
}

}  // namespace early
