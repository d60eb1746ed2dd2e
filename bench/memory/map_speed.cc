// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: map_speed ADDRESS [--largest 4G] [--pages 1g,2m,thp,4k]
//            [--interfaces type1,compatibility,iommufd] [--threads 1,2,4] [--threads-size 1G]
//            [--published PROGRAM --hugetlbfs DIRECTORY]
//
// Measures how long memory takes to map for a function and to unmap: through type1, through
// iommufd in place of type1's container, and through iommufd's own interface. Prints the figures of
// bench/measurements.h. Exit status: 0, or 1 if an interface was measured nowhere, or 64 for a
// wrong option.
//
//   touched    the memory was written to before: only pinning and the IOMMU's page table are timed
//   untouched  the kernel also allocates and clears the memory during the mapping: what a guest
//              without prealloc=on waits for
//
// Runs as root in a guest: bench/parts/memory and tests/boot/live_test.cc. It changes the pools of
// huge pages.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <linux/vfio.h>

#include "bench/measurements.h"
#include "bench/memory/guest_memory.h"
#include "bench/memory/memory_kind.h"
#include "bench/memory/published.h"
#include "host/child.h"
#include "host/iommu_group.h"
#include "vfio/container.h"
#include "vfio/device.h"
#include "vfio/group.h"
#include "vfio/iommufd.h"

namespace {

using bench::GuestMemory;
using bench::Interface;
using bench::MapOptions;
using bench::PageKind;
using bench::Sharing;

constexpr int kUsage = 64;
constexpr uint64_t kIova = uint64_t{4} << 30;  // above the MSI window, as most of a guest's memory
constexpr int kRounds = 3;
constexpr int kOnePageRounds = 500;
constexpr uint64_t kPublishedSize = bench::kGibibyte;  // its smallest
constexpr std::chrono::seconds kPublishedLimit{3600};

constexpr const char* kTouched = "Map and unmap memory that was touched before";
constexpr const char* kUntouched = "Map untouched memory: the kernel also clears it";
constexpr const char* kStart = "What a guest waits for at its start";
constexpr const char* kThreads = "Several threads, each with its part of untouched memory";
constexpr const char* kPublished = "Beside the published program, 1 GiB of touched, shared memory";

// The members are closed from the last to the first. The device must be open: the compatibility
// maps only for open devices.
struct Opened {
  std::unique_ptr<vfio::AddressSpace> space;
  std::optional<vfio::Group> group;
  std::optional<vfio::Device> device;
};

host::Result<Opened> open_container(const host::Root& root, int number, const std::string& address,
                                    Interface interface) {
  auto container = interface == Interface::kType1 ? vfio::Container::open(root)
                                                  : vfio::Container::open_compatible(root);
  if (!container) return container.error();
  auto group = vfio::Group::open(root, number);
  if (!group) return group.error();
  if (auto set = group->set_container(*container); !set) return set.error();
  if (auto set = container->set_iommu(VFIO_TYPE1v2_IOMMU); !set) return set.error();
  auto device = vfio::Device::open(*group, address);
  if (!device) return device.error();
  Opened opened;
  opened.space = std::make_unique<vfio::Container>(std::move(*container));
  opened.group = std::move(*group);
  opened.device = std::move(*device);
  return opened;
}

host::Result<Opened> open_iommufd(const host::Root& root, const std::string& address) {
  auto iommufd = vfio::Iommufd::open(root);
  if (!iommufd) return iommufd.error();
  auto device = vfio::Device::open(root, *host::PciAddress::parse(address));
  if (!device) return device.error();
  if (auto bound = device->bind(*iommufd); !bound) return bound.error();
  if (auto attached = device->attach(*iommufd); !attached) return attached.error();
  Opened opened;
  opened.space = std::make_unique<vfio::Iommufd>(std::move(*iommufd));
  opened.device = std::move(*device);
  return opened;
}

double microseconds(const std::function<void()>& work) {
  const auto began = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began)
      .count();
}

// Microseconds of each round.
struct Times {
  std::vector<double> map, unmap;
};

double median(const std::vector<double>& values) {
  return bench::percentile(values, 50).value_or(0);
}

class MapSpeed {
 public:
  MapSpeed(const host::Root& root, MapOptions options, int group)
      : root_(root), options_(std::move(options)), group_(group) {}

  // False: an interface was measured nowhere.
  bool run() {
    for (const PageKind kind : options_.pages) {
      for (const Interface interface : options_.interfaces) measure_kind(kind, interface);
      if (!options_.published.empty()) compare_with_published(kind);
      if (const auto freed = bench::reserve(root_, kind, 0); !freed)
        std::fprintf(stderr, "map_speed: %s\n", describe(freed.error()).c_str());
    }
    name_larger_sizes();
    return measured_.size() == options_.interfaces.size();
  }

 private:
  static void print(bench::Measurement figure) { std::puts(bench::line_of(figure).c_str()); }

  static std::string row(uint64_t size, PageKind kind) {
    return fmt::format("{}, {}", bench::size_title(size), title(kind));
  }

  void name_larger_sizes() const {
    const std::string by = title(options_.interfaces.front());
    for (const uint64_t size : bench::sizes_for(PageKind::k4K)) {
      if (size <= options_.largest) continue;
      const std::string reason =
          "larger than the largest size of this run, " + bench::size_title(options_.largest);
      print({kTouched, bench::size_title(size), by + " map", {}, {}, reason});
      print({kUntouched, bench::size_title(size), by, {}, {}, reason});
    }
  }

  host::Result<Opened> open(Interface interface) const {
    return interface == Interface::kIommufd
               ? open_iommufd(root_, options_.address)
               : open_container(root_, group_, options_.address, interface);
  }

  void measure_kind(PageKind kind, Interface interface) {
    const auto opened = open(interface);
    const auto not_run = [&](uint64_t size, const std::string& reason) {
      for (const char* step : {"map", "unmap"})
        print({kTouched,
               row(size, kind),
               fmt::format("{} {}", title(interface), step),
               {},
               {},
               reason});
      print({kUntouched, row(size, kind), title(interface), {}, {}, reason});
    };
    for (const uint64_t size : bench::sizes_for(kind)) {
      if (size > options_.largest) continue;  // see name_larger_sizes()
      if (!opened) {
        not_run(size, describe(opened.error()));
      } else if (const auto done = measure(*opened->space, kind, interface, size); !done) {
        not_run(size, describe(done.error()));
      }
    }
    if (!opened) return;
    if (kind == PageKind::k4K) measure_one_page(*opened->space, interface);
    if (options_.threads_size <= options_.largest)
      for (const int threads : options_.threads)
        measure_threads(*opened->space, kind, interface, threads);
  }

  // Unmapping must return the whole size, or something else was measured.
  static host::Result<void> map_and_unmap(vfio::AddressSpace& space, std::span<std::byte> memory,
                                          Times& times) {
    host::Result<void> mapped;
    times.map.push_back(
        microseconds([&] { mapped = space.map(kIova, memory, vfio::Access::kReadWrite); }));
    if (!mapped) return mapped;
    host::Result<uint64_t> unmapped = uint64_t{0};
    times.unmap.push_back(microseconds([&] { unmapped = space.unmap(kIova, memory.size()); }));
    if (!unmapped) return unmapped.error();
    if (*unmapped != memory.size()) return host::Error{0, "the kernel unmapped only a part"};
    return {};
  }

  // The first mapping of new memory is the untouched one; afterwards the memory is touched.
  host::Result<void> measure(vfio::AddressSpace& space, PageKind kind, Interface interface,
                             uint64_t size) {
    if (auto pool = bench::reserve(root_, kind, size); !pool) return pool;
    Times touched, untouched;
    for (int i = 0; i < (size < bench::kGibibyte ? kRounds : 1); ++i) {
      auto memory = GuestMemory::allocate(kind, size, Sharing::kPrivate);
      if (!memory) return memory.error();
      if (auto done = map_and_unmap(space, memory->bytes(), untouched); !done) return done;
      for (int round = touched.map.empty() ? kRounds : 0; round > 0; --round)
        if (auto done = map_and_unmap(space, memory->bytes(), touched); !done) return done;
    }
    report(kind, interface, size, touched, untouched);
    measured_.insert(interface);
    return size < bench::kGibibyte || interface != options_.interfaces.front()
               ? host::Result<void>()
               : measure_preallocated(space, kind, interface, size);
  }

  static std::string guest(uint64_t size, Interface interface) {
    return fmt::format("guest of {}, {}", bench::size_title(size), title(interface));
  }

  // With prealloc=on, QEMU touches the memory before it maps it. That costs the same with each
  // interface, so only one is measured.
  host::Result<void> measure_preallocated(vfio::AddressSpace& space, PageKind kind,
                                          Interface interface, uint64_t size) {
    auto memory = GuestMemory::allocate(kind, size, Sharing::kPrivate);
    if (!memory) return memory.error();
    Times times;
    const double touch = microseconds([&] { memory->touch(); });
    if (auto done = map_and_unmap(space, memory->bytes(), times); !done) return done;
    print({kStart,
           guest(size, interface) + ", prealloc=on",
           title(kind),
           touch + times.map[0],
           "us",
           {}});
    return {};
  }

  static void report(PageKind kind, Interface interface, uint64_t size, const Times& touched,
                     const Times& untouched) {
    const std::string where = row(size, kind), by = title(interface);
    print({kTouched, where, by + " map", median(touched.map), "us", {}});
    print({kTouched, where, by + " unmap", median(touched.unmap), "us", {}});
    print({kUntouched, where, by, median(untouched.map), "us", {}});
    if (size < bench::kGibibyte) return;
    print({kStart, guest(size, interface), title(kind), median(untouched.map), "us", {}});
  }

  // What a driver in a guest with an emulated IOMMU pays for each page.
  void measure_one_page(vfio::AddressSpace& space, Interface interface) {
    auto memory =
        GuestMemory::allocate(PageKind::k4K, bench::page_size(PageKind::k4K), Sharing::kPrivate);
    if (!memory) return;
    memory->touch();
    Times times;
    for (int i = 0; i < kOnePageRounds; ++i)
      if (!map_and_unmap(space, memory->bytes(), times)) return;
    print({kTouched,
           "one page, 4 KiB",
           fmt::format("{} map", title(interface)),
           median(times.map),
           "us",
           {}});
    print({kTouched,
           "one page, 4 KiB",
           fmt::format("{} unmap", title(interface)),
           median(times.unmap),
           "us",
           {}});
  }

  void measure_threads(vfio::AddressSpace& space, PageKind kind, Interface interface, int threads) {
    const uint64_t part = options_.threads_size / static_cast<uint64_t>(threads);
    const std::string where =
        fmt::format("{}, {}", row(options_.threads_size, kind),
                    threads == 1 ? "1 thread" : fmt::format("{} threads", threads));
    const auto time = part % bench::page_size(kind) == 0
                          ? map_in_threads(space, kind, threads, part)
                          : host::Error{0, "a thread's part would be smaller than a page"};
    if (time)
      print({kThreads, where, title(interface), *time, "us", {}});
    else
      print({kThreads, where, title(interface), {}, {}, describe(time.error())});
  }

  host::Result<double> map_in_threads(vfio::AddressSpace& space, PageKind kind, int threads,
                                      uint64_t part) {
    const uint64_t size = part * static_cast<uint64_t>(threads);
    if (const auto pool = bench::reserve(root_, kind, size); !pool) return pool.error();
    const auto memory = GuestMemory::allocate(kind, size, Sharing::kPrivate);
    if (!memory) return memory.error();
    std::vector<host::Result<void>> results(static_cast<size_t>(threads));
    const double time = microseconds([&] {
      std::vector<std::jthread> running;
      for (size_t i = 0; i < results.size(); ++i)
        running.emplace_back([&, i] {
          results[i] = space.map(kIova + i * part, memory->bytes().subspan(i * part, part),
                                 vfio::Access::kReadWrite);
        });
    });
    for (size_t i = 0; i < results.size(); ++i) (void)space.unmap(kIova + i * part, part);
    for (const auto& result : results)
      if (!result) return result.error();
    return time;
  }

  // Ours by the published method: for each round new memory, which is shared and touched, and the
  // mean of all rounds.
  host::Result<Times> by_published_method(PageKind kind) {
    if (const auto pool = bench::reserve(root_, kind, kPublishedSize); !pool) return pool.error();
    const auto opened = open(Interface::kType1);
    if (!opened) return opened.error();
    Times times;
    for (int i = 0; i < kRounds; ++i) {
      auto memory = GuestMemory::allocate(kind, kPublishedSize, Sharing::kShared);
      if (!memory) return memory.error();
      memory->touch();
      if (const auto done = map_and_unmap(*opened->space, memory->bytes(), times); !done)
        return done.error();
    }
    return times;
  }

  // Without a pool, one run has both of its results.
  host::Result<bench::PublishedResult> run_published(PageKind kind) {
    host::Command command = {options_.published, options_.address,
                             std::to_string(kPublishedSize / bench::kGibibyte)};
    const bool pool = kind == PageKind::k2M || kind == PageKind::k1G;
    if (pool)
      command.push_back(options_.hugetlbfs + "/" +
                        bench::kPageKindNames[static_cast<size_t>(kind)]);
    if (pool || without_pool_.empty()) {
      const auto output = host::output_of({.command = command, .limit = kPublishedLimit});
      if (!output) return output.error();
      auto found = bench::parse_published(*output);
      if (!found) return found.error();
      (pool ? with_pool_ : without_pool_) = std::move(*found);
    }
    const char* wanted = pool                     ? "HUGETLBFS"
                         : kind == PageKind::kThp ? "MADV_HUGEPAGE"
                                                  : "MAP_POPULATE";
    for (const bench::PublishedResult& result : pool ? with_pool_ : without_pool_)
      if (result.memory == wanted) return result;
    return host::Error{0, std::string("the published program printed no average of ") + wanted};
  }

  // Rates, as it prints them.
  void compare_with_published(PageKind kind) {
    const auto ours = by_published_method(kind);
    const auto theirs = run_published(kind);
    for (const char* step : {"map", "unmap"}) {
      const bool map = step == std::string("map");
      const auto show = [&](const char* whose, const auto& result, auto rate) {
        const std::string column = fmt::format("{} {}", whose, step);
        if (result)
          print({kPublished, title(kind), column, rate(), "GiB/s", {}});
        else
          print({kPublished, title(kind), column, {}, {}, describe(result.error())});
      };
      show("published", theirs, [&] { return map ? theirs->map : theirs->unmap; });
      show("ours", ours, [&] {
        const auto& times = map ? ours->map : ours->unmap;
        const double mean =
            std::accumulate(times.begin(), times.end(), 0.0) / static_cast<double>(times.size());
        return static_cast<double>(kPublishedSize) / bench::kGibibyte / (mean / 1e6);
      });
    }
  }

  const host::Root& root_;
  MapOptions options_;
  int group_;
  std::set<Interface> measured_;
  std::vector<bench::PublishedResult> with_pool_, without_pool_;
};

}  // namespace

int main(int argc, char** argv) {
  const auto options = bench::parse_map_options({argv + 1, argv + argc});
  if (!options)
    return std::fprintf(stderr, "map_speed: %s\n", describe(options.error()).c_str()), kUsage;
  const auto root = host::Root::open();
  const auto group =
      root ? host::iommu_group_of(*root, *host::PciAddress::parse(options->address)) : std::nullopt;
  if (!group)
    return std::fprintf(stderr, "map_speed: %s is in no IOMMU group\n", options->address.c_str()),
           1;
  return MapSpeed(*root, *options, *group).run() ? 0 : 1;
}
