// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/denied_nodes.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "verify/inspect/log/denial.h"

namespace verify {
namespace {

struct Obstacle {
  std::string evidence;
  Remedy remedy;
};

// libvirt writes a profile for each guest from its XML (virt-aa-helper). It does not know devices
// in <qemu:commandline>.
Remedy remedy_for(Denial::By by) {
  constexpr const char* kHostdev =
      "if libvirt starts the guest, give it the card as <hostdev>: libvirt then allows the node. ";
  if (by == Denial::By::kAppArmor)
    return std::string(kHostdev) +
           Remedy("Otherwise allow it in the profile, for libvirt's guests with:",
                  {"echo '/dev/vfio/* rw,' >> /etc/apparmor.d/local/abstractions/libvirt-qemu",
                   "systemctl reload apparmor"});
  return std::string(kHostdev) +
         Remedy("Otherwise restore the label of the node, and find the rule that denies it:",
                {"restorecon -Rv /dev/vfio", "ausearch -m avc -ts boot"});
}

std::vector<Denial> denials_in(const Inspection& inspection) {
  std::vector<Denial> denials;
  if (!inspection.kernel_log) return denials;
  for (const host::LogLine& line : *inspection.kernel_log)
    if (auto denial = denial_in(line.text)) denials.push_back(std::move(*denial));
  return denials;
}

// The last such message about a node that a guest with this group opens.
std::optional<Obstacle> find_denial(const std::vector<Denial>& denials,
                                    const InspectedGroup& group) {
  const std::string own = "/dev/vfio/" + std::to_string(group.number);
  const Denial* last = nullptr;
  size_t count = 0;
  for (const Denial& denial : denials) {
    if (denial.node != own && denial.node != "/dev/vfio/vfio") continue;
    last = &denial;
    ++count;
  }
  if (!last) return std::nullopt;
  const std::string by = last->by == Denial::By::kAppArmor ? "AppArmor" : "SELinux";
  return Obstacle{fmt::format("{} denied {}access to {}{}, according to the kernel log", by,
                              last->program.empty() ? "" : last->program + " ", last->node,
                              count > 1 ? fmt::format(" and {} other accesses", count - 1) : ""),
                  remedy_for(last->by)};
}

// Only a list with other groups is wrong: libvirt adds the nodes of a <hostdev> itself.
std::optional<Obstacle> find_in_acl(const Inspection& inspection, const InspectedGroup& group) {
  if (!inspection.guest) return std::nullopt;
  const auto& acl = inspection.guest->device_acl;
  const std::string own = "/dev/vfio/" + std::to_string(group.number);
  const bool has_other_group = std::any_of(acl.begin(), acl.end(), [](const std::string& node) {
    return node.starts_with("/dev/vfio/") && node != "/dev/vfio/vfio";
  });
  if (!has_other_group || std::find(acl.begin(), acl.end(), own) != acl.end()) return std::nullopt;
  return Obstacle{
      fmt::format(
          "cgroup_device_acl in /etc/libvirt/qemu.conf lists nodes of other groups, but not {}: a guest that gets the card in <qemu:commandline> may not open it",
          own),
      {fmt::format("give the card to the guest as <hostdev>; or add \"{}\" to the list, and run:",
                   own),
       {"systemctl try-restart libvirtd.service virtqemud.service"}}};
}

Finding& finding_about(Findings& findings, const InspectedGroup& group) {
  for (Finding& finding : findings)
    if (finding.subject == group.subject) return finding;
  findings.push_back(skip(group.subject, ""));
  return findings.back();
}

}  // namespace

void add_denials(const Inspection& inspection, Findings& findings) {
  const std::vector<Denial> denials = denials_in(inspection);
  for (const InspectedGroup& group : inspection.groups) {
    auto obstacle = find_denial(denials, group);
    if (!obstacle) obstacle = find_in_acl(inspection, group);
    if (!obstacle) continue;
    Finding& finding = finding_about(findings, group);
    finding.evidence += (finding.evidence.empty() ? "" : "; ") + obstacle->evidence;
    if (finding.status == Status::kFail) continue;
    if (finding.status != Status::kUnknown) finding.status = Status::kWarn;
    finding.remedy = std::move(finding.remedy).then(obstacle->remedy);
  }
}

}  // namespace verify
