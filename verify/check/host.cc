// SPDX-License-Identifier: GPL-2.0-or-later
//
// host.*: what the kernel allows.
#include <cerrno>

#include "host/text.h"
#include "verify/check/check.h"
#include "verify/check/each.h"
#include "verify/check/environment.h"
#include "verify/check/unreadable.h"

namespace verify {
namespace {

// The active level is in brackets (security/lockdown/lockdown.c).
Finding judge_lockdown(const Inspection& inspection) {
  const auto& text = inspection.lockdown;
  if (!text && text.error().code == ENOENT)
    return skip(kHost, "this kernel has no lockdown, or securityfs is not mounted");
  if (!text)
    return unknown(kHost, host::describe(text.error()), read_as_root(inspection, text.error()));
  if (text->find("[none]") != text->npos) return pass(kHost, "the kernel is not locked down");
  if (text->find("[integrity]") != text->npos)
    return pass(kHost, "integrity: VFIO works, but unsigned modules cannot be loaded");
  return warn(
      kHost,
      "lockdown is " + std::string(host::trim(*text)) +
          ": the kernel may withhold data that vfio-verify reads",
      "if a check is inconclusive for this reason, boot with lockdown=integrity and run vfio-verify again");
}

Finding judge_environment(const Inspection& inspection) {
  if (inspection.machine.functions.empty()) return skip(kHost, "no PCI function was found");
  const std::string evidence = environment_evidence(inspection);
  if (!evidence.empty())
    return caused_by("iommu.present", warn(kHost, evidence, environment_remedy(inspection)));
  if (inspection.from_tree)
    return skip(kHost, "a directory is checked (--root), not the running machine");
  return pass(kHost, inspection.platform.in_guest
                         ? "this is a virtual machine: its own devices are checked"
                         : "vfio-verify runs on the machine itself");
}

constexpr Check kChecks[] = {
    {"host.environment", "Does *vfio-verify* run on the machine that has the card?", R"(
Warns in a container, which may not see all devices and files of the host; in Xen's dom0 and its
guests, where only the hypervisor uses the machine's IOMMU; and in Windows Subsystem for Linux.
Skipped with *--root*, unless the directory is from one of these.)",
     the_host<judge_environment>, Weight::kAdvises},
    {"host.lockdown", "Does the kernel's lockdown mode allow VFIO?", R"(
_none_ and _integrity_ do.)",
     the_host<judge_lockdown>, Weight::kAdvises},
};

}  // namespace

constexpr Chapter kHostChapter{"Host", kChecks};

}  // namespace verify
