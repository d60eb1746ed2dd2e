// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/holders/device_nodes.h"

#include <algorithm>

#include "host/iommu_group.h"
#include "host/text.h"

namespace early::holders {
namespace {

using host::PciFunction;
using host::Root;

constexpr int kMaxDepth = 12;        // a disk behind a hub: 10
constexpr size_t kMaxFiles = 20000;  // in sysfs below one function

// The kernel names the node of a device in its uevent (device_get_devnode in drivers/base/core.c).
void add_node(const Root& root, const std::string& directory, DeviceNodes& nodes) {
  const std::string uevent = root.read_attribute(directory + "/uevent").value_or("");
  constexpr std::string_view kName = "DEVNAME=";
  for (const std::string_view line : host::split(uevent, "\n"))
    if (line.starts_with(kName))
      nodes.names.insert("/dev/" + std::string(line.substr(kName.size())));
  // A block device may have the number of a character device.
  const std::string number = root.read_line(directory + "/dev");
  const std::string subsystem = root.link_name(directory + "/subsystem");
  if (!number.empty() && subsystem != "block") nodes.numbers.insert(number);
}

class SysfsWalk {
 public:
  SysfsWalk(const Root& root, DeviceNodes& nodes) : root_(root), nodes_(nodes) {}

  void add_below(const std::string& directory, int depth = 0) {
    if (depth > kMaxDepth) return;
    const auto names = root_.list(directory);
    if (!names) return;  // not a directory
    if (host::contains(*names, "dev")) add_node(root_, directory, nodes_);
    for (const std::string& name : *names) {
      if (++files_ > kMaxFiles) nodes_.complete = false;
      if (!nodes_.complete) return;
      const std::string path = directory + "/" + name;
      if (root_.link_target(path).empty()) add_below(path, depth + 1);
    }
  }

 private:
  const Root& root_;
  DeviceNodes& nodes_;
  size_t files_ = 0;
};

// NVIDIA's own driver has no devices of a class below its function.
void add_nvidia_nodes(const Root& root, const PciFunction& function, DeviceNodes& nodes) {
  const std::string gpus = "/proc/driver/nvidia/gpus";
  const auto information = root.read(gpus + "/" + function.address.str() + "/information");
  if (!information) return;
  constexpr std::string_view kMinor = "Device Minor:";
  constexpr const char* kNvidiaMajor = "195:";  // NV_MAJOR_DEVICE_NUMBER
  for (const std::string_view line : host::split(*information, "\n")) {
    if (!line.starts_with(kMinor)) continue;
    const std::string minor(host::trim(line.substr(kMinor.size())));
    nodes.names.insert("/dev/nvidia" + minor);
    nodes.numbers.insert(kNvidiaMajor + minor);
  }
  // All GPUs of this driver share these.
  if (root.list(gpus).value_or({}).size() == 1)
    for (const char* shared :
         {"/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia-modeset"})
      nodes.names.insert(shared);
}

// All AMD GPUs share /dev/kfd. amdgpu takes a GPU away from the processes that have it open
// (kgd2kfd_device_exit in drivers/gpu/drm/amd/amdkfd/kfd_device.c), whichever GPU they use.
void add_kfd_node(const Root& root, DeviceNodes& nodes) {
  constexpr std::string_view kRender = "/dev/dri/renderD";
  const std::string topology = "/sys/class/kfd/kfd/topology/nodes";
  for (const std::string& node : root.list(topology).value_or({})) {
    const std::string properties =
        root.read_attribute(topology + "/" + node + "/properties").value_or("");
    for (const std::string_view line : host::lines(properties)) {
      const auto words = host::split(line);
      if (words.size() == 2 && words[0] == "drm_render_minor" && words[1] != "0" &&
          nodes.contains(std::string(kRender) + std::string(words[1])))
        nodes.names.insert("/dev/kfd");
    }
  }
}

void add_function(const Root& root, const PciFunction& function, DeviceNodes& nodes) {
  SysfsWalk(root, nodes).add_below(function.address.sysfs());
  add_nvidia_nodes(root, function, nodes);
  add_kfd_node(root, nodes);
  if (!host::is_vfio_driver(function.driver)) return;
  if (const auto group = host::iommu_group_of(root, function.address))
    nodes.names.insert("/dev/vfio/" + std::to_string(*group));
}

}  // namespace

DeviceNodes nodes_of(const Root& root, const std::vector<const PciFunction*>& functions) {
  DeviceNodes nodes;
  for (const PciFunction* function : functions) add_function(root, *function, nodes);
  return nodes;
}

}  // namespace early::holders
