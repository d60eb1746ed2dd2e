// SPDX-License-Identifier: GPL-2.0-or-later
//
// bar.*: the card's own memory. A guest's QEMU maps the BARs; where the kernel has given a part of
// one to somebody else, that fails with EBUSY and the guest reads 0xffffffff.
#include <fmt/format.h>

#include "host/text.h"
#include "verify/checks.h"

namespace verify {
namespace {

// Stops the kernel from making any boot framebuffer (sysfb_init in drivers/firmware/sysfb.c).
constexpr const char* kNoFramebuffer = "initcall_blacklist=sysfb_init";

std::string remedy(const Inspection& inspection, const ConfiguredFunction& function) {
  const plan::FunctionRecord* record = inspection.recorded(function.address());
  if (record && record->handling.framebuffer == plan::Framebuffer::kKeep)
    return fmt::format("remove framebuffer = keep from [{}] in {}; then {}", function.card,
                       inspection.configuration_file, rebuild_image(inspection.platform));
  const bool bootfb = function.framebuffers->front() == host::kBootFb;
  return fmt::format("keep the kernel from making a boot framebuffer{}: {}",
                     bootfb ? " (or, from Linux 6.11 on, see framebuffer = force in "
                              "vfio-early.conf(5))"
                            : "",
                     add_parameter(inspection.platform, kNoFramebuffer));
}

Finding judge(const Inspection& inspection, const ConfiguredFunction& function) {
  const std::string address = function.address();
  if (function.function.driver != function.want)
    return skip(address, fmt::format("not bound to {}: see bind.driver", function.want));
  if (!function.framebuffers)
    return unknown(address, describe(function.framebuffers.error()),
                   "look for BOOTFB, efifb, vesafb or simpledrm below its addresses:" +
                       command("cat /proc/iomem"));
  const plan::FunctionRecord* record = inspection.recorded(address);
  const plan::FramebufferRecord was = record ? record->framebuffer : plan::FramebufferRecord{};
  if (function.framebuffers->empty())
    return pass(address, was.found.empty()
                             ? "no boot framebuffer lies over its BARs"
                             : fmt::format("{} lay over its BARs: {}", was.found, was.became));
  return fail(address,
              fmt::format("the boot framebuffer {} lies over a BAR, so a guest can't use that{}{}",
                          host::join(*function.framebuffers, ", "), was.left.empty() ? "" : ": ",
                          was.left.empty() ? "" : was.became),
              remedy(inspection, function));
}

}  // namespace

Findings check_bar_framebuffer(const Inspection& inspection) {
  Findings findings;
  for (const ConfiguredFunction& function : inspection.functions)
    findings.push_back(judge(inspection, function));
  return findings;
}

}  // namespace verify
