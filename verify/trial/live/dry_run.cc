// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/live/dry_run.h"

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "verify/trial/dma_trial.h"
#include "verify/trial/live/pagemap.h"
#include "verify/trial/probes/wait.h"
#include "vfio/pages.h"

namespace verify {
namespace {

using vfio::Access;

constexpr uint64_t kMemorySize = 2 << 20;  // the kernel most likely has so much contiguous memory
constexpr auto kUntouched = std::byte{0x5a};
constexpr int kSettleMicroseconds = 20'000;  // for a write in flight

// A mapping that ends with this object.
class ScopedMapping {
 public:
  ScopedMapping(vfio::AddressSpace& space, uint64_t iova, std::span<std::byte> memory,
                Access access)
      : space_(space),
        iova_(iova),
        size_(memory.size()),
        done_(size_ == 0 || space.map(iova, memory, access).has_value()) {}
  ~ScopedMapping() {
    if (done_ && size_ != 0) (void)space_.unmap(iova_, size_);
  }
  ScopedMapping(const ScopedMapping&) = delete;
  ScopedMapping& operator=(const ScopedMapping&) = delete;

  explicit operator bool() const { return done_; }

 private:
  vfio::AddressSpace& space_;
  const uint64_t iova_;
  const uint64_t size_;
  const bool done_;
};

// The physical address of `memory`, if it can be mapped at the same address: kMemorySize bytes from
// `pinned` on are already in use. Never above 4 GiB: a device that wrongly claims to reach these
// addresses may hang. dma.high tests them last.
std::optional<uint64_t> usable_physical_address(const host::Root& root,
                                                const std::vector<vfio::IovaRange>& ranges,
                                                uint64_t pinned,
                                                std::span<const std::byte> memory) {
  const auto physical = contiguous_physical_address(root, memory);
  if (!physical || *physical + memory.size() > uint64_t{1} << 32 ||
      (*physical + memory.size() > pinned && *physical < pinned + kMemorySize))
    return std::nullopt;
  const bool is_mappable =
      std::any_of(ranges.begin(), ranges.end(), [&](const vfio::IovaRange& range) {
        return range.contains(*physical) && range.contains(*physical + memory.size() - 1);
      });
  return is_mappable ? physical : std::nullopt;
}

// `physical_page` is the memory at the physical address `pages.answers_iova`.
DryRun run_probe(vfio::AddressSpace& space, Probe& probe, const ProbePages& pages,
                 std::span<std::byte> physical_page) {
  const ScopedMapping commands(space, pages.commands_iova, pages.commands, Access::kRead),
      answers(space, pages.answers_iova, pages.answers, Access::kReadWrite),
      scratch(space, pages.scratch_iova, pages.scratch, Access::kReadWrite);
  if (!commands || !answers || !scratch) return DryRun::kNotPerformed;
  std::fill(physical_page.begin(), physical_page.end(), kUntouched);
  const bool answered = probe.start(pages, false) && probe.ask(pages, 0).value_or(0) != 0;
  if (!answered) pause_for(kSettleMicroseconds);
  probe.stop();
  const bool untouched = std::all_of(physical_page.begin(), physical_page.end(),
                                     [](std::byte byte) { return byte == kUntouched; });
  if (!untouched) return DryRun::kBypassed;
  return answered ? DryRun::kTranslated : DryRun::kNoAnswer;
}

}  // namespace

DryRun perform_dry_run(const host::Root& root, vfio::AddressSpace& space, Probe& probe) {
  const auto ranges = space.ranges();
  const auto memory = vfio::Pages::allocate_huge(kMemorySize);
  if (!ranges || !memory || probe.scratch_size() > kMemorySize / 2) return DryRun::kNotPerformed;
  const auto spare_iova = free_iova(*ranges, kMemorySize);
  if (!spare_iova) return DryRun::kNotPerformed;
  // Also mapped at an address that the device does not get. This pins the memory: otherwise the
  // kernel might move it after its physical address was read.
  const ScopedMapping pinned(space, *spare_iova, memory->bytes(), Access::kRead);
  if (!pinned) return DryRun::kNotPerformed;

  const size_t page = vfio::Pages::page_size();
  const auto part = [&](size_t first, size_t size) {
    return memory->bytes().subspan(first * page, size);
  };
  const auto physical = [&](std::span<const std::byte> own_memory) {
    return usable_physical_address(root, *ranges, *spare_iova, own_memory);
  };
  const std::span<std::byte> physical_page = part(2, page), scratch = part(3, probe.scratch_size());
  const auto commands_at = physical(part(0, page)), answers_at = physical(physical_page),
             scratch_at = scratch.empty() ? uint64_t{0} : physical(scratch);
  if (!commands_at || !answers_at || !scratch_at) return DryRun::kNotPerformed;
  return run_probe(space, probe,
                   {.commands_iova = *commands_at,
                    .answers_iova = *answers_at,
                    .scratch_iova = *scratch_at,
                    .commands = part(0, page),
                    .answers = part(1, page),
                    .scratch = scratch},
                   physical_page);
}

}  // namespace verify
