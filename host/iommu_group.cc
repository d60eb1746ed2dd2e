// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/iommu_group.h"

#include <algorithm>
#include <charconv>

#include "host/text.h"

namespace host {
namespace {

// "0x00000000fee00000"
std::optional<uint64_t> parse_address(std::string_view text) {
  uint64_t value = 0;
  if (!text.starts_with("0x")) return std::nullopt;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 2, end, value, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::string directory_of(int group) {
  return "/sys/kernel/iommu_groups/" + std::to_string(group);
}

}  // namespace

std::optional<int> iommu_group_of(const Root& root, const PciAddress& address) {
  const auto number = parse_number(root.link_name(address.sysfs() + "/iommu_group"), 10, INT32_MAX);
  if (!number) return std::nullopt;
  return static_cast<int>(*number);
}

Result<IommuGroup> read_iommu_group(const Root& root, int number) {
  const std::string directory = directory_of(number);
  const auto names = root.list(directory + "/devices");
  if (!names) return names.error();

  IommuGroup group{.number = number, .type = root.read_line(directory + "/type"), .functions = {}};
  for (const std::string& name : *names)
    if (const auto address = PciAddress::parse(name)) group.functions.push_back(*address);
  std::sort(group.functions.begin(), group.functions.end());
  return group;
}

Result<std::vector<ReservedRegion>> read_reserved_regions(const Root& root, int number) {
  const auto text = root.read(directory_of(number) + "/reserved_regions");
  if (!text) return text.error();

  std::vector<ReservedRegion> regions;
  for (const std::string_view line : split(*text, "\n")) {
    const auto words = split(line);
    if (words.size() != 3) continue;
    const auto first = parse_address(words[0]), last = parse_address(words[1]);
    if (first && last) regions.push_back({*first, *last, std::string(words[2])});
  }
  return regions;
}

bool has_iommu(const Root& root) {
  const auto units = root.list("/sys/class/iommu");
  return units && !units->empty();
}

// "dmar0" (drivers/iommu/intel/dmar.c), "ivhd0" (drivers/iommu/amd/init.c).
bool assigns_groups_at_boot(const Root& root) {
  const auto units = root.list("/sys/class/iommu");
  const auto groups = root.list("/sys/kernel/iommu_groups");
  return units && groups && !units->empty() && !groups->empty() &&
         std::all_of(units->begin(), units->end(), [](const std::string& name) {
           return name.starts_with("dmar") || name.starts_with("ivhd");
         });
}

}  // namespace host
