// SPDX-License-Identifier: GPL-2.0-or-later
//
// bar.*: the card's own memory. QEMU maps the BARs for a guest. If the kernel has reserved a part
// of a BAR for another user, this fails with EBUSY, and the guest reads 0xffffffff.
#include <algorithm>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/check/check.h"
#include "verify/check/each.h"
#include "verify/check/log_evidence.h"
#include "verify/check/platform_remedies.h"
#include "verify/check/unreadable.h"
#include "verify/output/listed.h"

namespace verify {
namespace {

Remedy remedy(const Inspection& inspection, const ConfiguredFunction& function) {
  const record::FunctionRecord* record = inspection.recorded(function.function.address);
  if (record && record->handling.framebuffer == config::Framebuffer::kKeep)
    return fmt::format("remove framebuffer = keep from [{}] in {}; then ", function.card,
                       inspection.configuration_file) +
           rebuild_image(inspection.platform);
  const bool bootfb = host::holds_bootfb(*function.framebuffers);
  const std::string initcall = host::initcall_of(*function.framebuffers);
  const char* force =
      bootfb ? " (or, from Linux 6.11 on, see framebuffer = force in vfio-early.conf(5))" : "";
  if (host::is_initcall_blacklisted(inspection.machine.command_line, initcall))
    return {
        fmt::format(
            "initcall_blacklist={} has no effect: this kernel has a different name for it. Look for that name, and use it on the kernel command line{}:",
            initcall, force),
        {fmt::format("grep {} /proc/kallsyms", initcall)}};
  return fmt::format("prevent the kernel from creating a boot framebuffer{}: ", force) +
         add_parameter(inspection.platform, "initcall_blacklist=" + initcall);
}

// Root sees the addresses in /proc/iomem (iomem_is_exclusive and r_show in kernel/resource.c).
Finding unread_io_memory(const Inspection& inspection, const host::Error& error,
                         const std::string& address, const Remedy& look) {
  return unknown(address, host::describe(error),
                 inspection.from_tree ? read_as_root(inspection, error) : look);
}

Finding judge_framebuffer(const Inspection& inspection, const ConfiguredFunction& function) {
  const std::string address = function.address();
  if (function.function.driver != function.wanted_driver)
    return caused_by("bind.driver", skip(address, "not bound to " + function.wanted_driver));
  if (!function.framebuffers)
    return unread_io_memory(
        inspection, function.framebuffers.error(), address,
        {"look for BOOTFB, efifb, vesafb or *drm below the addresses of the function:",
         {"cat /proc/iomem"}});
  const record::FunctionRecord* record = inspection.recorded(function.function.address);
  const record::FramebufferRecord was = record ? record->framebuffer : record::FramebufferRecord{};
  if (function.framebuffers->empty())
    return pass(address, was.found.empty()
                             ? "no boot framebuffer overlaps its BARs"
                             : fmt::format("{} overlapped its BARs: {}", was.found, was.outcome));
  return fail(
      address,
      fmt::format("the boot framebuffer {} overlaps a BAR, so a guest cannot use the BAR{}{}",
                  host::join(*function.framebuffers, ", "), was.left.empty() ? "" : ": ",
                  was.left.empty() ? "" : was.outcome),
      remedy(inspection, function));
}

// The regions of others in the function's BARs. vfio-pci's own have its name or "vfio"
// (vfio_pci_core_mmap and vfio_pci_core_setup_barmap in drivers/vfio/pci). "Reserved" is in the
// firmware's memory map, and does not prevent a request for the region. A capture of an older
// version has "(left out)".
std::vector<std::string> regions_of_others(const ConfiguredFunction& function) {
  std::vector<std::string> others = *function.bar_regions;
  std::erase_if(others, [&](const std::string& name) {
    return name.find("vfio") != name.npos || name == function.wanted_driver || name == "Reserved" ||
           host::is_framebuffer_region(name) || name.starts_with('(');
  });
  return others;
}

// While a region of another driver is inside a BAR, vfio-pci cannot request the BAR. The kernel
// logs "can't reserve" then.
Finding judge_free(const Inspection& inspection, const ConfiguredFunction& function) {
  const std::string address = function.address();
  if (function.function.driver != function.wanted_driver)
    return caused_by("bind.driver", skip(address, "not bound to " + function.wanted_driver));
  if (!function.bar_regions)
    return caused_by("bar.framebuffer",
                     unread_io_memory(inspection, function.bar_regions.error(), address,
                                      {"look for names below the addresses of the function:",
                                       {"cat /proc/iomem"}}));
  const std::vector<std::string> others = regions_of_others(function);
  if (others.empty() && function.framebuffers && !function.framebuffers->empty())
    return caused_by("bar.framebuffer", skip(address, "a boot framebuffer overlaps a BAR"));
  if (others.empty()) return pass(address, "/proc/iomem has nothing else in its BARs now");
  std::vector<std::string> names;
  for (const std::string& other : others) names.push_back("'" + other + "'");
  const Remedy remedy(
      "prevent the driver or the part of the kernel with this name from using the card, and reboot. Print the regions:",
      {fmt::format("grep -A 3 {} /proc/iomem", address)});
  if (find_evidence(inspection, "bar.free", address))
    return fail(
        address,
        fmt::format("a BAR is held by {} (/proc/iomem), so a guest cannot use it", listed(names)),
        remedy);
  return warn(
      address,
      fmt::format("/proc/iomem has {} inside a BAR: if it holds the memory, a guest cannot use it",
                  listed(names)),
      remedy);
}

// A BAR that the kernel could not place has no size in sysfs (reset_resource in
// drivers/pci/setup-bus.c). Only the kernel log has it: "BAR 1 [mem size 0x…]: can't assign; no
// space" and "failed to assign", before Linux 6.11 "BAR 1: no space for [mem size 0x…]" and "BAR 1:
// failed to assign [mem size 0x…]". The last such message; "": the BAR has an address.
std::string failed_assignment(const Inspection& inspection, const std::string& address,
                              size_t bar) {
  if (!inspection.kernel_log) return {};
  const std::string head = fmt::format("{}: BAR {}", address, bar);
  std::string failed;
  for (const host::LogLine* line : inspection.log_index().about(address)) {
    const std::string& text = line->text;
    const size_t at = text.find(head);
    if (at == text.npos) continue;
    const char next = text.c_str()[at + head.size()];
    if (next != ':' && next != ' ') continue;
    if (text.find("assigned", at) != text.npos) failed.clear();
    for (const char* words : {"failed to assign", "can't assign", "no space for"})
      if (text.find(words, at) != text.npos) failed = text;
  }
  return failed;
}

Finding judge_size(const Inspection& inspection, const ConfiguredFunction& function) {
  const std::string address = function.address();
  const auto& windows = function.hardware.windows;
  if (windows.empty())
    return unknown(address, "its resources cannot be read", read_as_root(inspection));
  std::vector<std::string> sizes, unassigned_bars;
  std::string message;
  for (size_t bar = 0; bar < std::min(windows.size(), hardware::kBars); ++bar) {
    const hardware::Window& window = windows[bar];
    const bool unassigned = window.is_unassigned();
    const std::string failed = unassigned || window.bytes() == 0
                                   ? failed_assignment(inspection, address, bar)
                                   : std::string();
    if (message.empty()) message = failed;
    if (unassigned || !failed.empty())
      unassigned_bars.push_back(fmt::format("BAR {}", bar));
    else if (window.bytes() != 0)
      sizes.push_back(fmt::format("BAR {} {}", bar, hardware::size_text(window.bytes())));
  }
  if (!unassigned_bars.empty())
    return fail(
        address,
        fmt::format("the kernel found no room for {}, which a guest cannot use{}{}{}",
                    host::join(unassigned_bars, ", "),
                    sizes.empty() ? "" : "; the others: ", host::join(sizes, ", "),
                    message.empty() ? "" : fmt::format("; the kernel says \"{}\"", message)),
        "enable 'Above 4G Decoding' in the firmware setup; or " +
            add_parameter(inspection.platform, "pci=realloc"));
  if (!inspection.kernel_log)
    return unknown(address,
                   "only the kernel log shows whether a BAR has no room, and it cannot be read: " +
                       host::describe(inspection.kernel_log.error()),
                   read_as_root(inspection, inspection.kernel_log.error()));
  if (!inspection.is_log_complete())
    return unknown(
        address,
        fmt::format(
            "{}; only the kernel log shows whether a BAR has no room, but the log does not reach back to its start",
            sizes.empty() ? "no BAR was found" : host::join(sizes, ", ")),
        "reboot, and run vfio-verify soon after the boot");
  return pass(address, sizes.empty() ? "it has no BAR" : host::join(sizes, ", "));
}

// "1:8G", a value of bar-size in vfio-early.conf.
std::string key_value(const hardware::ResizableBar& bar) {
  const uint64_t megabytes = bar.largest() >> 20;
  return megabytes < 1024 ? fmt::format("{}:{}M", bar.bar, megabytes)
                          : fmt::format("{}:{}G", bar.bar, megabytes >> 10);
}

Finding judge_resizable(const Inspection& inspection, const ConfiguredFunction& function) {
  const std::string address = function.address();
  if (auto finding = unread(inspection, function)) return *finding;
  std::vector<std::string> words, suggested;
  for (const hardware::ResizableBar& bar : function.hardware.resizable) {
    const bool largest = bar.bytes >= bar.largest();
    words.push_back(fmt::format(
        "BAR {} is {}{}", bar.bar, hardware::size_text(bar.bytes),
        largest ? ", its largest size" : " and could be " + hardware::size_text(bar.largest())));
    if (!largest) suggested.push_back(key_value(bar));
  }
  if (words.empty()) return pass(address, "its BARs cannot be resized");
  if (suggested.empty()) return pass(address, host::join(words, "; "));
  return warn(
      address,
      host::join(words, "; ") + ": some guests are slower, and a guest cannot resize a BAR",
      fmt::format(
          "if the guest's driver needs the largest size, enable Resizable BAR in the firmware setup; or add bar-size = {} to [{}] in {} and ",
          host::join(suggested, " "), function.card, inspection.configuration_file) +
          rebuild_image(inspection.platform));
}

constexpr Check kChecks[] = {
    {"bar.framebuffer", "Is the card's memory free of boot framebuffers?", R"(
These are efifb, vesafb, simplefb, simpledrm, efidrm, vesadrm and corebootdrm. While one overlaps
a BAR, as _/proc/iomem_ shows, every access of a guest to that BAR fails, although everything else
works. *vfio-early*(8) releases framebuffers that can be released safely. For a BOOTFB, which
cannot, see _framebuffer_ in *vfio-early.conf*(5).)",
     each_function<judge_framebuffer>},
    {"bar.free", "Is nothing else in the card's BARs?", R"(
Warns if _/proc/iomem_ has a region of another driver inside a BAR, and fails if the kernel also
logged that it could not reserve the BAR ("BAR 1: can't reserve"). The guest then cannot use the
BAR. Boot framebuffers are reported by *bar.framebuffer*.)",
     each_function<judge_free>},
    {"bar.size", "Does every BAR have an address and a size?", R"(
Fails if the kernel found no room for a BAR. Some of these cases are only in the kernel log: the
check is unknown if the log does not reach back to its start.)",
     each_function<judge_size>},
    {"bar.resizable", "Does every resizable BAR have its largest size?", R"(
Warns if one is smaller: a guest cannot resize it. See _bar-size_ in *vfio-early.conf*(5).)",
     each_function<judge_resizable>, Weight::kAdvises},
};

}  // namespace

constexpr Chapter kBarChapter{"Device memory", kChecks};

}  // namespace verify
