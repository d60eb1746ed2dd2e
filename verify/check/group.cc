// SPDX-License-Identifier: GPL-2.0-or-later
//
// group.*: the IOMMU cannot isolate the functions of a group from each other, so all of them have
// one owner. If a driver of the host uses any function of the group, other than a port, no guest
// can have the card. More of group.* is in isolation.cc.
#include <algorithm>

#include <fmt/format.h>

#include "plan/card_functions.h"
#include "verify/check/check.h"
#include "verify/check/each.h"
#include "verify/check/separation.h"
#include "verify/check/unreadable.h"
#include "verify/output/listed.h"

namespace verify {
namespace {

// Drivers that do no DMA on the host's behalf (driver_managed_dma in struct pci_driver).
bool keeps_group_viable(const std::string& driver) {
  return driver.empty() || driver == "pcieport" || host::is_claiming_driver(driver);
}

std::string name_of(const host::PciFunction& function) {
  return fmt::format("{} {} class {} {}", function.address.str(), function.id.str(),
                     function.class_str(),
                     function.driver.empty() ? "no driver" : "driver " + function.driver);
}

// What the host uses first; of a large group only a part.
std::string members_text(const InspectedGroup& group) {
  std::vector<std::string> names;
  for (const host::PciFunction& member : host_functions_first(group.members))
    names.push_back(name_of(member));
  return group.str() + ": " + listed(names);
}

// The functions that the host uses, in one sentence, however large the group is.
std::string blocked_in_brief(const InspectedGroup& group,
                             const std::vector<host::PciFunction>& blockers) {
  const std::string names = listed_functions(blockers);
  return blockers.size() == 1
             ? fmt::format("the host uses {}, which is also in {}", names, group.str())
             : fmt::format(
                   "the host uses {} other functions of {}: {}; 'vfio-verify list {}' prints all {}",
                   blockers.size(), group.str(), names, group.number, group.members.size());
}

std::string isolated_in_brief(const InspectedGroup& group) {
  const bool has_bridges =
      std::any_of(group.members.begin(), group.members.end(),
                  [](const host::PciFunction& member) { return member.is_class("06"); });
  return group.str() + " has only the card" + (has_bridges ? " and bridges" : "");
}

// What to do about functions that share the group, and that no driver of the host uses.
Remedy keep_unbound(const Inspection& inspection, const std::vector<host::PciFunction>& functions) {
  const std::string keep = "do not bind host drivers to these functions";
  const bool may_be_given =
      std::none_of(functions.begin(), functions.end(), [&](const host::PciFunction& function) {
        return plan::stays_with_host(inspection.machine, function);
      });
  return may_be_given ? keep + ", or set group = claim in the card's section of " +
                            inspection.configuration_file
                      : keep;
}

// Does 'allow' of a card in the group name it?
bool is_allowed(const Inspection& inspection, const InspectedGroup& group,
                const host::PciAddress& address) {
  return std::any_of(inspection.functions.begin(), inspection.functions.end(),
                     [&](const ConfiguredFunction& function) {
                       return function.group == group.number &&
                              host::contains(function.allowed_peers, address);
                     });
}

Finding judge_isolation(const Inspection& inspection, const InspectedGroup& group) {
  if (group.unreadable)
    return unknown(group.subject, host::describe(*group.unreadable),
                   read_as_root(inspection, *group.unreadable));

  std::vector<host::PciFunction> blockers, unclaimed, allowed;
  for (const host::PciFunction& member : group.members) {
    if (inspection.is_assigned(member.address) || host::is_claiming_driver(member.driver)) continue;
    const bool harmless = keeps_group_viable(member.driver);
    if ((member.is_bridge() && harmless) || (member.is_class("06") && member.driver.empty()))
      continue;
    // The kernel may or may not accept the driver of a bridge: group.viable tests it.
    if (!harmless && !member.is_bridge())
      blockers.push_back(member);
    else
      (is_allowed(inspection, group, member.address) ? allowed : unclaimed).push_back(member);
  }
  const std::string evidence = members_text(group);
  if (!blockers.empty())
    return in_brief(blocked_in_brief(group, blockers),
                    fail(group.subject,
                         fmt::format("{}. The host uses {}, so the card cannot be given to a guest",
                                     evidence, listed_functions(blockers)),
                         separate(inspection, group, blockers)));
  if (!group.contradiction.empty()) return contradicts_itself(group.subject, group.contradiction);
  if (!unclaimed.empty())
    return in_brief(listed_functions(unclaimed) + " cannot be isolated from the card",
                    warn(group.subject,
                         fmt::format("{}. {} cannot be isolated from the card", evidence,
                                     listed_functions(unclaimed)),
                         keep_unbound(inspection, unclaimed)));
  if (!allowed.empty())
    return pass(group.subject,
                fmt::format("{}. 'allow' accepts {}, which cannot be isolated from the card",
                            evidence, listed_functions(allowed)));
  return in_brief(isolated_in_brief(group), pass(group.subject, evidence));
}

// The functions whose drivers make the group not viable, including functions of the card.
std::string blocking_functions(const InspectedGroup& group) {
  std::vector<host::PciFunction> found;
  for (const host::PciFunction& member : group.members)
    if (!keeps_group_viable(member.driver)) found.push_back(member);
  return found.empty() ? "a function of the group" : listed_functions(found);
}

// The check that explains why the group is not viable: bind.driver for a function of the card,
// group.isolated for another function.
const char* cause_of(const Inspection& inspection, const InspectedGroup& group) {
  for (const ConfiguredFunction& function : inspection.functions)
    if (function.group == group.number && !keeps_group_viable(function.function.driver))
      return "bind.driver";
  return "group.isolated";
}

Finding judge_viability(const Inspection& inspection, const InspectedGroup& group) {
  const Attachment& attachment = inspection.attachment(group);
  if (attachment.ended_at == Step::kNotTried) return skip(group.subject, attachment.reason);
  if (!attachment.viable)
    return caused_by(
        "iommu.attach",
        unknown(group.subject, "the status of " + group.str() + " could not be read", kRunAsRoot));
  if (*attachment.viable) return pass(group.subject, group.str() + " is viable");
  return caused_by(cause_of(inspection, group),
                   fail(group.subject,
                        fmt::format("{} is not viable: a host driver holds {}", group.str(),
                                    blocking_functions(group)),
                        "unbind the host drivers from all functions of the group"));
}

constexpr Check kChecks[] = {
    {"group.isolated", "Does the group contain only the card?", R"(
Names at most six members, those with a host driver first; *vfio-verify list* prints all. Fails if
a host driver is bound to a function that is not part of a configured card. Warns if such a
function has no driver, since a host driver may bind it. Does not warn about a function that the
section's *allow* names: it is accepted, but not isolated from the card. A vfio driver or pci-stub
keeps a function from the host. Bridges may be in the group. The other functions of a card, such as
its HDMI audio, belong to it, also if only one function of it was named.)",
     each_group<judge_isolation>},
    {"group.viable", "Does the kernel report the group as viable?", R"(
It does if no function of the group is bound to a host driver.)",
     each_group<judge_viability>},
};

}  // namespace

constexpr Chapter kGroupChapter{"Group", kChecks};

}  // namespace verify
