// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: interrupt_speed WHERE COUNT ADDRESS…
//
// Measures how long interrupts of functions take to user space, with each kind of interrupt that a
// function has. WHERE names the machine in the table. Prints the figures of bench/measurements.h,
// and a line about posted interrupts. Exit status: 0, or 1 if something was not measured, or 64 for
// wrong arguments. Runs as root in a guest: bench/parts/interrupts.
#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <sys/eventfd.h>

#include "bench/interrupts/latency.h"
#include "bench/interrupts/posted.h"
#include "bench/measurements.h"
#include "host/iommu_group.h"
#include "host/pci_function.h"
#include "verify/trial/dma_trial.h"
#include "verify/trial/live/interrupt_kinds.h"
#include "verify/trial/live/opened_device.h"
#include "verify/trial/probes/probe.h"
#include "vfio/pages.h"

namespace {

constexpr int kUsage = 64;
constexpr int kMaxCount = 100'000;
constexpr uint64_t kPageDistance = 0x10000;  // between the pages

using verify::InterruptKind;

// The pages of a probe, mapped until the address space is closed.
struct MappedPages {
  vfio::Pages memory;
  verify::ProbePages pages;
};

host::Result<MappedPages> map_pages(vfio::AddressSpace& space, const verify::Probe& probe) {
  const size_t page = vfio::Pages::page_size();
  const auto ranges = space.ranges();
  if (!ranges) return ranges.error();
  const auto iova =
      verify::free_iova(*ranges, std::bit_ceil(2 * kPageDistance + probe.scratch_size()));
  if (!iova) return host::Error{ENOSPC, "find a free IOVA for the device"};
  auto memory = vfio::Pages::allocate(2 * page + probe.scratch_size());
  if (!memory) return memory.error();
  const auto bytes = memory->bytes();
  MappedPages mapped = {.memory = std::move(*memory),
                        .pages = {.commands_iova = *iova,
                                  .answers_iova = *iova + kPageDistance,
                                  .scratch_iova = *iova + 2 * kPageDistance,
                                  .commands = bytes.first(page),
                                  .answers = bytes.subspan(page, page),
                                  .scratch = bytes.subspan(2 * page)}};
  const auto& pages = mapped.pages;
  if (auto done = space.map(pages.commands_iova, pages.commands, vfio::Access::kRead); !done)
    return done.error();
  if (auto done = space.map(pages.answers_iova, pages.answers, vfio::Access::kReadWrite); !done)
    return done.error();
  if (pages.scratch.empty()) return mapped;
  if (auto done = space.map(pages.scratch_iova, pages.scratch, vfio::Access::kReadWrite); !done)
    return done.error();
  return mapped;
}

class InterruptSpeed {
 public:
  InterruptSpeed(const host::Root& root, std::string where, int count)
      : root_(root), table_("Interrupts, " + std::move(where)), count_(count) {}

  bool run(const host::PciFunction& function) {
    const std::string address = function.address.str();
    const auto group = host::iommu_group_of(root_, function.address);
    if (!group) return refuse(address, host::Error{ENOENT, "find the IOMMU group"});
    verify::LiveStep step = {};
    const auto opened =
        verify::open_device(root_, verify::Backend::kType1, *group, function.address, {}, step);
    if (!opened) return refuse(address, opened.error());
    const auto probe = verify::make_probe(opened->device(), function);
    if (!probe) return refuse(address, probe.error());
    const auto mapped = map_pages(*opened->space, **probe);
    if (!mapped) return refuse((*probe)->kind(), mapped.error());
    bool measured = true;
    for (const InterruptKind& kind : verify::kInterruptKinds)
      if (opened->device().interrupts(kind.index).value_or(0) > 0)
        measured &= measure(opened->device(), **probe, kind, mapped->pages, address);
    std::puts(line_of(bench::posted_interrupts(root_, function.address)).c_str());
    return measured;
  }

 private:
  void print(const std::string& row, const char* column, std::optional<double> value,
             const std::string& reason = {}) const {
    std::puts(bench::line_of({table_, row, column, value, "us", reason}).c_str());
  }

  bool refuse(const std::string& row, const host::Error& error) const {
    print(row, "p50", {}, describe(error));
    return false;
  }

  bool measure(const vfio::Device& device, verify::Probe& probe, const InterruptKind& kind,
               const verify::ProbePages& pages, const std::string& address) const {
    if (kind.by_pin()) verify::set_intx_enabled(device, true);
    const std::string row = fmt::format("{}, {}", probe.kind(), kind.name);
    const auto unmask = [&] {
      if (kind.by_pin()) (void)device.unmask_interrupt(kind.index);
    };
    bool measured = with_eventfd(device, kind, 0, [&](const host::Fd& event) {
      std::printf("%s: %s: %s\n", table_.c_str(), row.c_str(),
                  verify::interrupt_chip(root_, address).c_str());
      return show(row, "eventfd alone", bench::latencies_of_eventfd(event, count_, [&] {
                    return device.trigger_interrupt(kind.index);
                  }));
    });
    measured &= with_eventfd(device, kind, 0, [&](const host::Fd& event) {
      return show(row, "to a waiting thread",
                  bench::latencies_of_waiting(probe, pages, event, count_, unmask));
    });
    measured &= with_eventfd(device, kind, EFD_NONBLOCK, [&](const host::Fd& event) {
      return show(row, "to a polling thread",
                  bench::latencies_of_polling(probe, pages, event, count_, unmask));
    });
    if (kind.by_pin()) verify::set_intx_enabled(device, false);
    return measured;
  }

  template <class Work>
  bool with_eventfd(const vfio::Device& device, const InterruptKind& kind, int flags,
                    const Work& work) const {
    const host::Fd event(::eventfd(0, EFD_CLOEXEC | flags));
    if (!event.valid()) return refuse(kind.name, {errno, "create an eventfd"});
    if (const auto enabled = device.enable_interrupt(kind.index, event); !enabled)
      return refuse(kind.name, enabled.error());
    const bool measured = work(event);
    (void)device.disable_interrupts(kind.index);
    return measured;
  }

  bool show(const std::string& row, const char* what,
            const host::Result<bench::Latencies>& latencies) const {
    for (const int percent : {50, 99}) {
      const std::string column = fmt::format("{} p{}", what, percent);
      if (latencies)
        print(row, column.c_str(), bench::percentile(*latencies, percent));
      else
        print(row, column.c_str(), {}, describe(latencies.error()));
    }
    return latencies.has_value();
  }

  const host::Root& root_;
  std::string table_;
  int count_;
};

}  // namespace

int main(int argc, char** argv) {
  int count = 0;
  if (argc >= 3) std::from_chars(argv[2], argv[2] + std::strlen(argv[2]), count);
  if (argc < 4 || count < 1 || count > kMaxCount)
    return std::fprintf(stderr, "usage: interrupt_speed WHERE COUNT ADDRESS…\n"), kUsage;
  const auto root = host::Root::open();
  const auto functions = root ? host::read_pci_functions(*root) : root.error();
  if (!functions)
    return std::fprintf(stderr, "interrupt_speed: %s\n", describe(functions.error()).c_str()), 1;
  InterruptSpeed speed(*root, argv[1], count);
  bool measured = true;
  for (int i = 3; i < argc; ++i) {
    const auto wanted = host::PciAddress::parse(argv[i]);
    const auto found = std::find_if(functions->begin(), functions->end(), [&](const auto& each) {
      return wanted && each.address == *wanted;
    });
    if (found == functions->end())
      return std::fprintf(stderr, "interrupt_speed: no function at %s\n", argv[i]), kUsage;
    measured &= speed.run(*found);
  }
  return measured ? 0 : 1;
}
