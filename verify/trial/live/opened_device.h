// SPDX-License-Identifier: GPL-2.0-or-later
//
// A function opened through VFIO with an address space of its own, by one of the kernel's two
// interfaces: the group and a type1 container, or the character device and iommufd.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/pci_address.h"
#include "host/result.h"
#include "host/root.h"
#include "vfio/address_space.h"
#include "vfio/device.h"
#include "vfio/group.h"

namespace verify {

enum class Backend { kType1, kIommufd };

inline constexpr const char* kBackendNames[] = {"type1", "iommufd"};
inline const char* name_of(Backend backend) {
  return kBackendNames[static_cast<size_t>(backend)];
}

// The steps of a trial, in their order.
enum class LiveStep {
  kOpen,         // the device, its group and its address space
  kBindIommufd,  // VFIO_DEVICE_BIND_IOMMUFD: the kernel checks interrupt remapping here
  kTest,
};

// The members are closed from the last to the first: the devices, then the group and the address
// space that they are attached to.
struct OpenedDevice {
  std::unique_ptr<vfio::AddressSpace> space;
  std::optional<vfio::Group> group;  // only with type1
  std::vector<vfio::Device> devices;

  const vfio::Device& device() const { return devices.back(); }
};

// `companions` are functions of the same group that are held open with it, if they can be opened.
// The function's memory space and bus mastering are enabled, INTx is disabled. `step`: the last one
// that was tried.
host::Result<OpenedDevice> open_device(const host::Root& root, Backend backend, int group,
                                       const host::PciAddress& address,
                                       const std::vector<host::PciAddress>& companions,
                                       LiveStep& step);

}  // namespace verify
