// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/contradictions.h"

#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "host/pci_function.h"
#include "host/text.h"

namespace verify {
namespace {

constexpr const char* kGroups = "/sys/kernel/iommu_groups";

std::string name_of(std::optional<int> group) {
  return group ? "group " + std::to_string(*group) : "no group";
}

using Listings = std::map<int, std::set<host::PciAddress>>;  // by group

Listings read_listings(const host::Root& root) {
  Listings listings;
  for (const std::string& name : root.list(kGroups).value_or({})) {
    const auto number = host::parse_number(name, 10, INT32_MAX);
    if (!number) continue;
    auto& listed = listings[static_cast<int>(*number)];
    for (const std::string& member :
         root.list(std::string(kGroups) + "/" + name + "/devices").value_or({}))
      if (const auto address = host::PciAddress::parse(member)) listed.insert(*address);
  }
  return listings;
}

bool lists(const Listings& listings, int group, const host::PciAddress& address) {
  const auto listing = listings.find(group);
  return listing != listings.end() && listing->second.contains(address);
}

}  // namespace

std::map<int, std::string> contradictions_of_groups(const host::Root& root,
                                                    const host::Machine& machine) {
  std::map<int, std::string> found;
  const Listings listings = read_listings(root);
  const auto judge_listed = [&](int group, const host::PciAddress& address) {
    const host::PciFunction* function = machine.find(address);
    if (function && function->group == group) return;
    const std::string words =
        name_of(group) + " lists " + address.str() +
        (function ? ", whose iommu_group link names " + name_of(function->group)
                  : ", which is not a PCI function of this machine");
    found.try_emplace(group, words);
    if (function && function->group) found.try_emplace(*function->group, words);
  };
  for (const auto& [group, listed] : listings)
    for (const host::PciAddress& address : listed) judge_listed(group, address);
  for (const host::PciFunction& function : machine.functions)
    if (function.group && !lists(listings, *function.group, function.address))
      found.try_emplace(*function.group, "the iommu_group link of " + function.address.str() +
                                             " names " + name_of(function.group) +
                                             ", which does not list the function");
  return found;
}

std::string contradiction_of(const host::Root& root, const host::PciFunction& function) {
  const std::string directory = function.address.sysfs();
  const auto differ = [&](const std::string& in_uevent, const std::string& attribute,
                          const std::string& other) {
    return fmt::format("the uevent of {} says '{}', and its {} says '{}'", function.address.str(),
                       in_uevent, attribute, other);
  };
  if (const std::string driver = host::driver_of(root, function.address); driver != function.driver)
    return differ(function.driver, "driver link", driver);
  const std::pair<const char*, std::string> attributes[] = {
      {"vendor", host::hex(function.id.vendor, 4)},
      {"device", host::hex(function.id.device, 4)},
      {"class", function.class_str()}};
  for (const auto& [name, value] : attributes)
    if (const std::string other = root.read_line(directory + "/" + name);
        !other.empty() && host::lower(other) != "0x" + value)
      return differ(value, name, other);
  return {};
}

}  // namespace verify
