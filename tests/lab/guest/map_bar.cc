// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: map_bar ADDRESS BAR…
//
// Maps each BAR through VFIO, as QEMU does for a guest, and reads it. This fails only at the mmap
// if a boot framebuffer is still on the BAR. Prints "BAR 0: mapped, begins with 0x…" or the step
// that failed. Exits with 0 if all BARs could be read, else with 1.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <linux/vfio.h>
#include <unistd.h>

#include "host/iommu_group.h"
#include "vfio/container.h"
#include "vfio/device.h"
#include "vfio/group.h"

namespace {

int fail(const host::Error& error) {
  std::printf("%s\n", describe(error).c_str());
  return 1;
}

host::Result<uint32_t> first_word(const vfio::Device& device, uint32_t bar) {
  const auto region = device.region(bar);
  if (!region) return region.error();
  const auto memory = device.map(*region, static_cast<size_t>(::sysconf(_SC_PAGESIZE)));
  if (!memory) return memory.error();
  return memory->read<uint32_t>(0);
}

host::Result<void> attach(vfio::Container& container, vfio::Group& group) {
  if (const auto set = group.set_container(container); !set) return set;
  return container.set_iommu(VFIO_TYPE1v2_IOMMU);
}

int map_bars(const host::Root& root, const std::string& name, char** bars) {
  const auto address = host::PciAddress::parse(name);
  const auto number = address ? host::iommu_group_of(root, *address) : std::nullopt;
  if (!number) return fail({0, name + " has no IOMMU group"});
  auto container = vfio::Container::open(root);
  if (!container) return fail(container.error());
  auto group = vfio::Group::open(root, *number);
  if (!group) return fail(group.error());
  if (const auto attached = attach(*container, *group); !attached) return fail(attached.error());
  const auto device = vfio::Device::open(*group, name);
  if (!device) return fail(device.error());

  int status = 0;
  for (; *bars; ++bars) {
    const auto word = first_word(*device, static_cast<uint32_t>(std::atoi(*bars)));
    if (word)
      std::printf("BAR %s: mapped, begins with 0x%08x\n", *bars, *word);
    else
      status = fail(word.error());
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return fail({0, "usage: map_bar ADDRESS BAR..."});
  const auto root = host::Root::open();
  return root ? map_bars(*root, argv[1], argv + 2) : fail(root.error());
}
