// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/card_users.h"

#include <algorithm>
#include <set>

#include "host/iommu_group.h"
#include "host/text.h"

namespace early::enable {
namespace {

using host::PciFunction;
using host::Root;

using Nodes = std::set<std::string, std::less<>>;  // "/dev/dri/card0"

constexpr int kMaxDepth = 12;        // a disk behind a hub: 10
constexpr size_t kMaxFiles = 20000;  // in sysfs below one function

// The kernel names the node of a device in its uevent (device_get_devnode in drivers/base/core.c).
void add_node(const Root& root, const std::string& directory, Nodes& nodes) {
  const std::string uevent = root.read_attribute(directory + "/uevent").value_or("");
  constexpr std::string_view kName = "DEVNAME=";
  for (const std::string_view line : host::split(uevent, "\n"))
    if (line.starts_with(kName)) nodes.insert("/dev/" + std::string(line.substr(kName.size())));
}

void add_nodes_below(const Root& root, const std::string& directory, int depth, size_t& files,
                     Nodes& nodes) {
  if (depth > kMaxDepth) return;
  const auto names = root.list(directory);
  if (!names) return;  // not a directory
  if (host::contains(*names, "dev")) add_node(root, directory, nodes);
  for (const std::string& name : *names) {
    if (++files > kMaxFiles) return;
    const std::string path = directory + "/" + name;
    if (root.link_target(path).empty()) add_nodes_below(root, path, depth + 1, files, nodes);
  }
}

// NVIDIA's own driver has no devices of a class below its function.
void add_nvidia_node(const Root& root, const PciFunction& function, Nodes& nodes) {
  const std::string text =
      root.read("/proc/driver/nvidia/gpus/" + function.address.str() + "/information").value_or("");
  constexpr std::string_view kMinor = "Device Minor:";
  for (const std::string_view line : host::split(text, "\n"))
    if (line.starts_with(kMinor))
      nodes.insert("/dev/nvidia" + std::string(host::trim(line.substr(kMinor.size()))));
}

Nodes nodes_of(const Root& root, const PciFunction& function) {
  Nodes nodes;
  size_t files = 0;
  add_nodes_below(root, function.address.sysfs(), 0, files, nodes);
  add_nvidia_node(root, function, nodes);
  if (host::is_vfio_driver(function.driver))
    if (const auto group = host::iommu_group_of(root, function.address))
      nodes.insert("/dev/vfio/" + std::to_string(*group));
  return nodes;
}

bool has_open(const Root& root, const std::string& process, const Nodes& nodes) {
  const std::string directory = process + "/fd";
  for (const std::string& fd : root.list(directory).value_or({}))
    if (nodes.contains(root.link_target(directory + "/" + fd))) return true;
  return false;
}

}  // namespace

std::vector<std::string> users_of(const Root& root,
                                  const std::vector<const PciFunction*>& functions) {
  Nodes nodes;
  for (const PciFunction* function : functions) nodes.merge(nodes_of(root, *function));
  if (nodes.empty()) return {};
  std::vector<uint32_t> processes;
  for (const std::string& name : root.list("/proc").value_or({}))
    if (const auto number = host::parse_number(name, 10)) processes.push_back(*number);
  std::sort(processes.begin(), processes.end());
  std::vector<std::string> users;
  for (const uint32_t process : processes) {
    const std::string directory = "/proc/" + std::to_string(process);
    if (has_open(root, directory, nodes))
      users.push_back(root.read_line(directory + "/comm") + " (" + std::to_string(process) + ")");
  }
  return users;
}

std::string shortened(const std::vector<std::string>& words) {
  constexpr size_t kMax = 6;
  if (words.size() <= kMax) return host::join(words, ", ");
  const std::vector<std::string> first(words.begin(), words.begin() + kMax);
  return host::join(first, ", ") + " and " + std::to_string(words.size() - kMax) + " more";
}

}  // namespace early::enable
