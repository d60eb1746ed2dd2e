// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/live/opened_device.h"

#include <cerrno>
#include <utility>

#include <linux/vfio.h>

#include "vfio/container.h"
#include "vfio/iommufd.h"

namespace verify {
namespace {

// Enables memory space and bus mastering, and disables INTx until the interrupt trial handles it
// (PCI 3.0, 6.2.2).
host::Result<void> enable(const vfio::Device& device) {
  const auto command = device.read_config(0x04);
  if (!command) return command.error();
  if (*command == 0xffff)
    return host::Error{EIO, "read configuration space, in which all bits are 1"};
  return device.write_config(0x04, static_cast<uint16_t>(*command | 0x406));
}

host::Result<OpenedDevice> open_type1(const host::Root& root, int number,
                                      const host::PciAddress& address,
                                      const std::vector<host::PciAddress>& companions) {
  auto container = vfio::Container::open(root);
  if (!container) return container.error();
  auto group = vfio::Group::open(root, number);
  if (!group) return group.error();
  if (const auto set = group->set_container(*container); !set) return set.error();
  if (const auto set = container->set_iommu(VFIO_TYPE1v2_IOMMU); !set) return set.error();

  OpenedDevice opened;
  for (const host::PciAddress& companion : companions)
    if (auto device = vfio::Device::open(*group, companion.str()))
      opened.devices.push_back(std::move(*device));
  auto device = vfio::Device::open(*group, address.str());
  if (!device) return device.error();
  opened.devices.push_back(std::move(*device));
  opened.group = std::move(*group);
  opened.space = std::make_unique<vfio::Container>(std::move(*container));
  return opened;
}

host::Result<vfio::Device> open_and_bind(const host::Root& root, const vfio::Iommufd& iommufd,
                                         const host::PciAddress& address, LiveStep& step) {
  auto device = vfio::Device::open(root, address);
  if (!device) return device.error();
  step = LiveStep::kBindIommufd;
  if (const auto bound = device->bind(iommufd); !bound) return bound.error();
  return std::move(*device);
}

// Attaching one function attaches its group.
host::Result<OpenedDevice> open_iommufd(const host::Root& root, const host::PciAddress& address,
                                        const std::vector<host::PciAddress>& companions,
                                        LiveStep& step) {
  auto iommufd = vfio::Iommufd::open(root);
  if (!iommufd) return iommufd.error();

  OpenedDevice opened;
  for (const host::PciAddress& companion : companions)
    if (auto device = open_and_bind(root, *iommufd, companion, step))
      opened.devices.push_back(std::move(*device));
  step = LiveStep::kOpen;
  auto device = open_and_bind(root, *iommufd, address, step);
  if (!device) return device.error();
  step = LiveStep::kOpen;
  if (const auto attached = device->attach(*iommufd); !attached) return attached.error();
  opened.devices.push_back(std::move(*device));
  opened.space = std::make_unique<vfio::Iommufd>(std::move(*iommufd));
  return opened;
}

}  // namespace

host::Result<OpenedDevice> open_device(const host::Root& root, Backend backend, int group,
                                       const host::PciAddress& address,
                                       const std::vector<host::PciAddress>& companions,
                                       LiveStep& step) {
  auto opened = backend == Backend::kType1 ? open_type1(root, group, address, companions)
                                           : open_iommufd(root, address, companions, step);
  if (!opened) return opened;
  if (const auto enabled = enable(opened->device()); !enabled) return enabled.error();
  return opened;
}

}  // namespace verify
