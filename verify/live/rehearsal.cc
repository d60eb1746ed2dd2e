// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/live/rehearsal.h"

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "verify/dma_trial.h"
#include "verify/live/pagemap.h"
#include "verify/probes/wait.h"
#include "vfio/pages.h"

namespace verify {
namespace {

using vfio::Access;

constexpr uint64_t kPiece = 2 << 20;  // the kernel most likely has so much contiguous memory
constexpr auto kUntouched = std::byte{0x5a};
constexpr int kSettleMicroseconds = 20'000;  // for a write in flight

// A mapping that ends with this object.
class Mapped {
 public:
  Mapped(vfio::AddressSpace& space, uint64_t iova, std::span<std::byte> memory, Access access)
      : space_(space),
        iova_(iova),
        size_(memory.size()),
        done_(size_ == 0 || space.map(iova, memory, access).has_value()) {}
  ~Mapped() {
    if (done_ && size_ != 0) (void)space_.unmap(iova_, size_);
  }
  Mapped(const Mapped&) = delete;
  Mapped& operator=(const Mapped&) = delete;

  explicit operator bool() const { return done_; }

 private:
  vfio::AddressSpace& space_;
  const uint64_t iova_;
  const uint64_t size_;
  const bool done_;
};

// The physical address of `memory`, if it can be mapped at the same address: kPiece bytes from
// `pinned` on are already in use. Never above 4 GiB: a device that wrongly claims to reach these
// addresses may hang. dma.high tests them last.
std::optional<uint64_t> place_of(const host::Root& root, const std::vector<vfio::IovaRange>& ranges,
                                 uint64_t pinned, std::span<const std::byte> memory) {
  const auto place = physical_piece(root, memory);
  if (!place || *place + memory.size() > uint64_t{1} << 32 ||
      (*place + memory.size() > pinned && *place < pinned + kPiece))
    return std::nullopt;
  const bool may = std::any_of(ranges.begin(), ranges.end(), [&](const vfio::IovaRange& range) {
    return range.contains(*place) && range.contains(*place + memory.size() - 1);
  });
  return may ? place : std::nullopt;
}

// `really_there` is the memory at the physical address `pages.answers_iova`.
Rehearsal play(vfio::AddressSpace& space, Probe& probe, const ProbePages& pages,
               std::span<std::byte> really_there) {
  const Mapped commands(space, pages.commands_iova, pages.commands, Access::kRead),
      answers(space, pages.answers_iova, pages.answers, Access::kReadWrite),
      scratch(space, pages.scratch_iova, pages.scratch, Access::kReadWrite);
  if (!commands || !answers || !scratch) return Rehearsal::kNotHeld;
  std::fill(really_there.begin(), really_there.end(), kUntouched);
  const bool answered = probe.start(pages, false) && probe.ask(pages, 0).value_or(0) != 0;
  if (!answered) pause_for(kSettleMicroseconds);
  probe.stop();
  const bool untouched = std::all_of(really_there.begin(), really_there.end(),
                                     [](std::byte byte) { return byte == kUntouched; });
  if (!untouched) return Rehearsal::kWentPast;
  return answered ? Rehearsal::kKept : Rehearsal::kSilent;
}

}  // namespace

Rehearsal rehearse(const host::Root& root, vfio::AddressSpace& space, Probe& probe) {
  const auto ranges = space.ranges();
  const auto memory = vfio::Pages::allocate_huge(kPiece);
  if (!ranges || !memory || probe.scratch_size() > kPiece / 2) return Rehearsal::kNotHeld;
  const auto aside = free_iova(*ranges, kPiece);
  if (!aside) return Rehearsal::kNotHeld;
  // Also mapped at an address that the device does not get. This pins the memory: otherwise the
  // kernel might move it after its physical address was read.
  const Mapped pinned(space, *aside, memory->bytes(), Access::kRead);
  if (!pinned) return Rehearsal::kNotHeld;

  const size_t page = vfio::Pages::page_size();
  const auto part = [&](size_t first, size_t size) {
    return memory->bytes().subspan(first * page, size);
  };
  const auto place = [&](std::span<const std::byte> memory_of_ours) {
    return place_of(root, *ranges, *aside, memory_of_ours);
  };
  const std::span<std::byte> really_there = part(2, page), scratch = part(3, probe.scratch_size());
  const auto commands_at = place(part(0, page)), answers_at = place(really_there),
             scratch_at = scratch.empty() ? uint64_t{0} : place(scratch);
  if (!commands_at || !answers_at || !scratch_at) return Rehearsal::kNotHeld;
  return play(space, probe,
              {.commands_iova = *commands_at,
               .answers_iova = *answers_at,
               .scratch_iova = *scratch_at,
               .commands = part(0, page),
               .answers = part(1, page),
               .scratch = scratch},
              really_there);
}

}  // namespace verify
