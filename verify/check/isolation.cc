// SPDX-License-Identifier: GPL-2.0-or-later
//
// group.path, group.kernel, group.hardware and group.override: which ports make a group as large as
// it is, and whether the hardware isolates what the kernel puts into separate groups. The ACS flags
// decide, not the kernel's groups: for a switch without ACS the kernel makes a group for each port,
// although the switch does not redirect requests to the IOMMU.
#include <algorithm>
#include <cerrno>
#include <set>
#include <span>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/check/check.h"
#include "verify/check/group_reasons.h"
#include "verify/check/platform_remedies.h"
#include "verify/check/separation.h"
#include "verify/check/unreadable.h"
#include "verify/inspect/isolation/grouping.h"
#include "verify/inspect/isolation/slots.h"
#include "verify/output/listed.h"

namespace verify {
namespace {

using isolation::Grouping;
using isolation::Node;
using isolation::Peer;
using isolation::Topology;
using isolation::Tristate;

// One group, and the indices of its members in the topology.
struct View {
  const Inspection& inspection;
  const InspectedGroup& group;
  const Topology& topology;
  const Grouping& grouping;
  std::vector<size_t> members = {};  // of the kernel's group, in ascending order

  const Node& node(size_t index) const { return topology.nodes[index]; }
};

View view_of(const Inspection& inspection, const InspectedGroup& group, const Grouping& grouping) {
  View view{inspection, group, inspection.topology, grouping};
  for (const host::PciFunction& member : group.members)
    if (const auto found = view.topology.find(member.address)) view.members.push_back(*found);
  std::sort(view.members.begin(), view.members.end());
  return view;
}

bool is_member(const View& view, size_t index) {
  return std::binary_search(view.members.begin(), view.members.end(), index);
}

// The computed groups of the members.
std::set<size_t> computed_groups(const View& view) {
  std::set<size_t> groups;
  for (const size_t member : view.members) groups.insert(view.grouping.group[member]);
  return groups;
}

std::string names(const View& view, const std::vector<size_t>& nodes) {
  std::vector<host::PciFunction> functions;
  functions.reserve(nodes.size());
  for (const size_t index : nodes) functions.push_back(view.node(index).function);
  return listed_functions(functions);
}

// Is it an endpoint that is neither assigned to a guest nor a function of the card?
bool is_stranger(const View& view, size_t index) {
  const host::PciFunction& function = view.node(index).function;
  return !function.is_bridge() && !view.inspection.is_assigned(function.address) &&
         !are_of_one_card(view.inspection, view.group, function);
}

// The functions whose registers are needed to judge the group: the members, the other functions of
// their slots, the ports above them, and the ports beside these.
std::set<size_t> relevant_nodes(const View& view) {
  std::set<size_t> found;
  for (const size_t member : view.members) {
    found.insert(member);
    for (const size_t sibling : view.topology.siblings(member)) found.insert(sibling);
    for (const size_t port : view.topology.path(member)) {
      if (!found.insert(port).second || !view.node(port).parent) continue;
      // Other ports of the same switch may redirect requests to this port.
      const std::vector<size_t>& ports = view.node(*view.node(port).parent).children;
      found.insert(ports.begin(), ports.end());
    }
  }
  return found;
}

// The finding if some registers could not be read; nullopt: all were read.
std::optional<Finding> unreadable(const View& view) {
  const std::string& subject = view.group.subject;
  if (!view.group.contradiction.empty())
    return contradicts_itself(subject, view.group.contradiction);
  if (view.members.empty())
    return unknown(subject, "the location of the card cannot be read from sysfs",
                   read_as_root(view.inspection));
  for (const size_t index : relevant_nodes(view)) {
    const auto& config = view.node(index).config;
    if (config) continue;
    const int code = config.error().code;
    return unknown(
        subject, host::describe(config.error()),
        code == EAGAIN
            ? "use the function, or start the guest that has the card, to wake it; then run vfio-verify again"
        : code == ENOENT ? "capture the tree as root, with the files named config"
        : code == EIO    ? see_kernel_log(view.node(index).name())
                         : read_as_root(view.inspection, config.error()));
  }
  for (const size_t member : view.members) {
    const std::vector<size_t> ports = view.topology.path(member);
    const isolation::Node& highest = view.node(ports.empty() ? member : ports.front());
    if (highest.lacks_parent)
      return unknown(subject,
                     "the bridge above " + highest.name() + " is not among the machine's functions",
                     "capture the machine again, or run vfio-verify on it");
  }
  return std::nullopt;
}

std::string path_text(const View& view, size_t index) {
  std::vector<std::string> hops;
  if (const auto vmd = view.node(index).vmd) hops.push_back(view.node(*vmd).name() + " (VMD)");
  for (const size_t port : view.topology.path(index))
    hops.push_back(view.node(port).name() + " (" +
                   (is_thunderbolt_port(view.topology, port) ? "Thunderbolt port, " : "") +
                   isolation_text(view.topology, port) + ")");
  return hops.empty() ? view.node(index).name() + " is on the root bus"
                      : host::join(hops, ", then ");
}

// Does anything between the card and the IOMMU put other functions into its group?
bool is_joined_on_path(const View& view, size_t card) {
  const auto path = view.topology.path(card);
  return view.node(card).vmd || std::any_of(path.begin(), path.end(), [&](size_t port) {
           return isolates(view.topology, port) == Tristate::kNo;
         });
}

Finding judge_path(const View& view) {
  const std::string& subject = view.group.subject;
  if (auto finding = unreadable(view)) return *finding;
  const size_t card =
      view.topology.find(*host::PciAddress::parse(subject)).value_or(view.members.front());
  const std::string reasons = group_reasons(view.topology, view.grouping, view.members);
  const std::string evidence =
      path_text(view, card) + (reasons.empty() ? ""
                                               : fmt::format(". The functions share {} because {}",
                                                             view.group.str(), reasons));
  std::vector<host::PciFunction> strangers;
  for (const size_t member : view.members)
    if (is_stranger(view, member)) strangers.push_back(view.node(member).function);
  if (!is_joined_on_path(view, card) || strangers.empty())
    return in_brief(path_text(view, card), pass(subject, evidence));
  return in_brief(reasons.empty()
                      ? path_text(view, card)
                      : "the functions share " + view.group.str() + " because " + reasons,
                  warn(subject, evidence, separate(view.inspection, view.group, strangers)));
}

std::string override_of(const Inspection& inspection) {
  const auto values = inspection.machine.command_line.values("pcie_acs_override");
  return values.empty() ? "" : "pcie_acs_override=" + values.back();
}

// Functions that the hardware does not isolate from the group, but that the kernel has in another
// group.
std::vector<size_t> missing_members(const View& view) {
  std::vector<size_t> found;
  for (const size_t group : computed_groups(view))
    for (const size_t other : view.grouping.groups[group].members)
      if (!is_member(view, other) && view.node(other).function.group) found.push_back(other);
  return found;
}

// Functions that the kernel has in the group, although nothing in the hardware joins them to the
// card.
std::vector<size_t> extra_members(const View& view) {
  std::vector<size_t> found;
  const auto card = view.topology.find(*host::PciAddress::parse(view.group.subject));
  if (!card) return found;
  const std::vector<size_t>& group = view.grouping.group;
  std::set<size_t> joined = {group[*card]};
  // Newer kernels also put functions into the group that the hardware does not isolate from it.
  for (const Peer& peer : peers_outside(view.topology, view.grouping, {&*card, 1}))
    joined.insert(group[peer.node]);
  for (const size_t member : view.members)
    if (!joined.contains(group[member])) found.push_back(member);
  return found;
}

Finding judge_kernel(const View& view) {
  const std::string& subject = view.group.subject;
  if (auto finding = unreadable(view)) return *finding;
  const std::string override = override_of(view.inspection);
  if (const auto missing = missing_members(view); !missing.empty()) {
    const std::string reason =
        override.empty()
            ? "; the kernel may have a quirk for this hardware that vfio-verify does not have"
            : "; the cause is " + override + ", which does not isolate anything";
    const std::string evidence =
        fmt::format(
            "the hardware does not isolate these functions from the card, but the kernel has them in a different group than {}: {}",
            view.group.str(), names(view, missing)) +
        reason;
    return override.empty()
               ? warn(subject, evidence, {kReport, {"lspci -nnvvv"}})
               : fail(subject, evidence, remove_parameter(view.inspection.platform, override));
  }
  if (const auto extra = extra_members(view); !extra.empty())
    return warn(subject,
                fmt::format("{} also contains {}, but the hardware shows no reason for this",
                            view.group.str(), names(view, extra)),
                {kReport, {"lspci -nnvvv"}});
  return pass(subject, fmt::format("{} matches the hardware", view.group.str()));
}

std::vector<Peer> peers_of_group(const View& view) {
  std::vector<Peer> peers = peers_outside(view.topology, view.grouping, view.members);
  std::erase_if(peers, [&](const Peer& peer) {
    return is_member(view, peer.node) ||
           view.inspection.is_assigned(view.node(peer.node).function.address);
  });
  return peers;
}

// The root ports without ACS, in a clause. The specification does not say whether such a port sends
// all requests to the IOMMU; Linux assumes that it does (pci_device_group() in
// drivers/iommu/iommu.c).
std::string ports_without_acs(const View& view) {
  std::set<std::string> ports;
  for (const size_t member : view.members)
    for (const size_t port : view.topology.path(member))
      if (!view.node(port).parent && isolates(view.topology, port) == Tristate::kNo)
        ports.insert(view.node(port).name());
  if (ports.empty()) return "";
  return fmt::format(
      "; the kernel assumes, without ACS, that all requests through {} are sent to the IOMMU",
      listed({ports.begin(), ports.end()}));
}

Finding judge_hardware(const View& view) {
  const std::string& subject = view.group.subject;
  if (auto finding = unreadable(view)) return *finding;
  const auto peers = peers_of_group(view);
  if (peers.empty())
    return pass(subject, "no function outside of " + view.group.str() +
                             " can reach the card's memory without the IOMMU" +
                             ports_without_acs(view));
  std::vector<size_t> nodes;
  std::vector<host::PciFunction> functions;
  bool certain = false;
  for (const Peer& peer : peers) {
    nodes.push_back(peer.node);
    functions.push_back(view.node(peer.node).function);
    certain |= peer.certain;
  }
  const std::string why = peers.front().why;
  const Remedy remedy = separate(view.inspection, view.group, functions);
  const std::string peer_names = names(view, nodes);
  if (certain)
    return fail(
        subject,
        fmt::format(
            "{} and the card can access each other's memory without the IOMMU, although the kernel has them in different groups: {}",
            peer_names, why),
        remedy);
  return unknown(
      subject,
      fmt::format(
          "{}; the PCIe specification does not define whether {} can reach the card, and the kernel assumes that this is not possible",
          why, peer_names),
      Remedy("ask the manufacturer whether the functions of this device are isolated")
          .then("or " + remedy));
}

using Judge = Finding (*)(const View& view);

template <Judge kJudge>
Findings each_view(const Inspection& inspection) {
  const Grouping grouping = compute_groups(inspection.topology);
  Findings findings;
  for (const InspectedGroup& group : inspection.groups)
    findings.push_back(kJudge(view_of(inspection, group, grouping)));
  return findings;
}

// The patch for this parameter is not in mainline Linux. It makes the kernel split groups, but does
// not change the isolation by the hardware.
Findings judge_override(const Inspection& inspection) {
  const std::string override = override_of(inspection);
  if (override.empty() && inspection.groups.empty()) return {};
  // A command line may be empty, but then the tree has other files of /proc.
  const host::Machine& machine = inspection.machine;
  if (inspection.from_tree && machine.command_line.empty() && machine.kernel_release.empty())
    return {unknown(kHost, "this tree does not have the kernel command line", kCaptureAsRoot)};
  if (override.empty()) return {pass(kHost, "no pcie_acs_override")};
  if (inspection.groups.empty())
    return {caused_by("bind.plan",
                      skip(kHost, override + " is set; its effect is checked for each card"))};
  const Remedy remedy = remove_parameter(inspection.platform, override);
  const Grouping grouping = compute_groups(inspection.topology);
  for (const InspectedGroup& group : inspection.groups) {
    const View view = view_of(inspection, group, grouping);
    if (unreadable(view))
      return {caused_by("group.path", unknown(kHost, override, read_as_root(inspection)))};
    if (!missing_members(view).empty())
      return {fail(kHost,
                   override + " splits groups that the hardware does not isolate: see group.kernel",
                   remedy)};
  }
  const bool patched = inspection.log_contains("PCIe ACS overrides enabled");
  return {warn(kHost,
               override + (patched ? " does not split any of these groups"
                                   : " has no effect on these groups; mainline Linux ignores it"),
               remedy)};
}

constexpr Check kChecks[] = {
    {"group.path", "Do all ports above the card forward its requests to the IOMMU?", R"(
Ports do this by Access Control Services (ACS). The finding describes each port from the root to
the card with four controls, each on, off or not supported: source validation, request redirect,
completion redirect and upstream forwarding; "ACS on" means that all are on. It also has the other
reasons for the size of the group, each once. Warns only if functions of no configured card share the group. It
then names the empty slots that would isolate the card, and which of them are Thunderbolt or
hot-plug ports, or the firmware's setting for ACS. A device behind VMD (Intel Volume Management
Device) shares the group of VMD, because its DMA has the requester id of VMD. Ports that Linux
trusts without the capability (Intel chipsets and others) are known. Unknown without root, and for
a device in D3cold.)",
     each_view<judge_path>, Weight::kAdvises},
    {"group.kernel", "Do the kernel's groups match the hardware?", R"(
The groups are computed from the capabilities in configuration space, and compared. Fails if only
_pcie_acs_override_ splits them. Warns if they differ without a known reason.)",
     each_view<judge_kernel>},
    {"group.hardware",
     "Is every function that can reach the card's memory without the IOMMU in its group?", R"(
Below a switch without ACS, the kernel puts each card into a group of its own, although the switch
lets the cards access each other's memory: the check then fails. Unknown if a function of the same
device does not have the capability, but the card's function has it: the specification does not
define whether the two can communicate. A function that the host needs, such as a USB or disk
controller, is never suggested for the guest.)",
     each_view<judge_hardware>},
    {"group.override", "Does the hardware provide the isolation that the kernel's groups claim?",
     R"(
Warns if _pcie_acs_override_ is set and has no effect. Fails if it has an effect.)",
     judge_override},
};

}  // namespace

constexpr Chapter kIsolationChapter{"Group", kChecks};

}  // namespace verify
