// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: map_speed ADDRESS
//
// Measures how fast memory is mapped for a function and unmapped, in one run: through type1 and
// iommufd, by a loop of bare ioctls and by the types of vfio/, from pages of 4 KiB, 2 MiB and 1
// GiB. Prints "measured: …" lines. Runs in a guest: tests/boot/live_test.cc.
//
// The memory is populated before it is mapped: else most of the time would be clearing pages.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include "host/iommu_group.h"
#include "vfio/container.h"
#include "vfio/device.h"
#include "vfio/group.h"
#include "vfio/iommufd.h"
#include "vfio/iommufd_uapi.h"
#include "vfio/pages.h"

namespace {

constexpr uint64_t kIova = uint64_t{4} << 30;
constexpr int kRuns = 7;
constexpr size_t kMebibyte = 1 << 20;
constexpr double kGibibyte = 1 << 30;

// Maps the memory at kIova, or unmaps it; false: refused.
struct MapMethod {
  const char* name;
  std::function<bool(std::span<std::byte>)> map, unmap;
};

MapMethod bare_type1(int fd) {
  return {"type1, bare ioctls",
          [fd](std::span<std::byte> memory) {
            vfio_iommu_type1_dma_map request = {};
            request.argsz = sizeof(request);
            request.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
            request.vaddr = reinterpret_cast<uintptr_t>(memory.data());
            request.iova = kIova;
            request.size = memory.size();
            return ::ioctl(fd, VFIO_IOMMU_MAP_DMA, &request) == 0;
          },
          [fd](std::span<std::byte> memory) {
            vfio_iommu_type1_dma_unmap request = {};
            request.argsz = sizeof(request);
            request.iova = kIova;
            request.size = memory.size();
            return ::ioctl(fd, VFIO_IOMMU_UNMAP_DMA, &request) == 0;
          }};
}

MapMethod bare_iommufd(int fd, uint32_t ioas) {
  return {"iommufd, bare ioctls",
          [=](std::span<std::byte> memory) {
            vfio::uapi::IoasMap request;
            request.flags =
                vfio::uapi::kMapFixed | vfio::uapi::kMapReadable | vfio::uapi::kMapWriteable;
            request.ioas = ioas;
            request.memory = reinterpret_cast<uintptr_t>(memory.data());
            request.length = memory.size();
            request.iova = kIova;
            return ::ioctl(fd, vfio::uapi::kIoasMap, &request) == 0;
          },
          [=](std::span<std::byte> memory) {
            vfio::uapi::IoasUnmap request;
            request.ioas = ioas;
            request.iova = kIova;
            request.length = memory.size();
            return ::ioctl(fd, vfio::uapi::kIoasUnmap, &request) == 0;
          }};
}

MapMethod ours(const char* name, vfio::AddressSpace& space) {
  return {
      name,
      [&](std::span<std::byte> memory) {
        return space.map(kIova, memory, vfio::Access::kReadWrite).has_value();
      },
      [&](std::span<std::byte> memory) { return space.unmap(kIova, memory.size()).has_value(); }};
}

double microseconds(const std::function<bool()>& work, bool& succeeded) {
  const auto began = std::chrono::steady_clock::now();
  succeeded = work() && succeeded;
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began)
      .count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct Times {
  std::vector<double> map, unmap;
  bool succeeded = true;
};

// Maps and unmaps the memory `pieces` times, one after the other.
void run(std::span<std::byte> memory, int pieces, const MapMethod& method, Times& times) {
  double map = 0, unmap = 0;
  for (int i = 0; i < pieces; ++i) {
    map += microseconds([&] { return method.map(memory); }, times.succeeded);
    unmap += microseconds([&] { return method.unmap(memory); }, times.succeeded);
  }
  times.map.push_back(map / pieces);
  times.unmap.push_back(unmap / pieces);
}

void print(const char* what, size_t size, const MapMethod& method, const Times& times) {
  if (!times.succeeded) return void(std::printf("%s by %s: REFUSED\n", what, method.name));
  std::printf("measured: %s, %s: map %.1f us (%.2f GiB/s), unmap %.1f us\n", what, method.name,
              median(times.map), static_cast<double>(size) / kGibibyte / (median(times.map) / 1e6),
              median(times.unmap));
}

// Medians of kRuns. The two take turns, so that changes on the machine affect both.
void compare(const char* what, std::span<std::byte> memory, int pieces, const MapMethod& one,
             const MapMethod& other) {
  Times ones, others;
  for (int i = 0; i < kRuns; ++i) {
    run(memory, pieces, one, ones);
    run(memory, pieces, other, others);
  }
  print(what, memory.size(), one, ones);
  print(what, memory.size(), other, others);
}

struct Memory {
  const char* what;
  host::Result<vfio::Pages> pages;
  int pieces;
};

// Debian's kernels use transparent huge pages by default.
std::vector<Memory> all_memory() {
  std::vector<Memory> all;
  ::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
  all.push_back({"one page of 4 KiB", vfio::Pages::allocate(4096), 500});
  all.push_back({"64 MiB in pages of 4 KiB", vfio::Pages::allocate(64 * kMebibyte), 1});
  ::prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
  all.push_back({"256 MiB in pages of 2 MiB", vfio::Pages::allocate_huge(256 * kMebibyte), 1});
  all.push_back({"1 GiB in one page", vfio::Pages::allocate_huge(1024 * kMebibyte), 1});
  return all;
}

void measure_all(const std::vector<Memory>& all, const MapMethod& bare, const MapMethod& ours) {
  for (const Memory& memory : all) {
    if (!memory.pages) {
      std::printf("%s: %s\n", memory.what, describe(memory.pages.error()).c_str());
      continue;
    }
    compare(memory.what, memory.pages->bytes(), memory.pieces, bare, ours);
  }
}

host::Result<void> with_type1(const host::Root& root, int number, const std::vector<Memory>& all) {
  auto container = vfio::Container::open(root);
  if (!container) return container.error();
  auto group = vfio::Group::open(root, number);
  if (!group) return group.error();
  if (auto set = group->set_container(*container); !set) return set;
  if (auto set = container->set_iommu(VFIO_TYPE1v2_IOMMU); !set) return set;
  measure_all(all, bare_type1(container->fd().get()), ours("type1, vfio::Container", *container));
  return {};
}

host::Result<void> with_iommufd(const host::Root& root, const host::PciAddress& address,
                                const std::vector<Memory>& all) {
  auto iommufd = vfio::Iommufd::open(root);
  if (!iommufd) return iommufd.error();
  const auto device = vfio::Device::open(root, address);
  if (!device) return device.error();
  if (auto bound = device->bind(*iommufd); !bound) return bound;
  if (auto attached = device->attach(*iommufd); !attached) return attached;
  measure_all(all, bare_iommufd(iommufd->fd().get(), iommufd->ioas()),
              ours("iommufd, vfio::Iommufd", *iommufd));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const auto root = host::Root::open();
  const auto address = argc == 2 ? host::PciAddress::parse(argv[1]) : std::nullopt;
  const auto group = root && address ? host::iommu_group_of(*root, *address) : std::nullopt;
  if (!group) return std::puts("usage: map_speed ADDRESS, of a function in an IOMMU group"), 1;
  const std::vector<Memory> all = all_memory();
  const auto type1 = with_type1(*root, *group, all);
  if (!type1) std::printf("type1: %s\n", describe(type1.error()).c_str());
  const auto iommufd = with_iommufd(*root, *address, all);
  if (!iommufd) std::printf("iommufd: %s\n", describe(iommufd.error()).c_str());
  return type1 || iommufd ? 0 : 1;
}
