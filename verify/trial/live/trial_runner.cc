// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/live/trial_runner.h"

#include <algorithm>
#include <bit>
#include <cerrno>

#include <fmt/format.h>

#include "verify/trial/dma_trial.h"
#include "verify/trial/live/dry_run.h"
#include "verify/trial/live/fault_log.h"
#include "verify/trial/live/pagemap.h"
#include "verify/trial/probes/wait.h"
#include "vfio/pages.h"

namespace verify {
namespace {

using vfio::Access;
using vfio::Pages;

constexpr auto kUntouched = std::byte{0xa5};
constexpr int kSettleMicroseconds = 20'000;  // for a write in flight
constexpr uint64_t kPageDistance = 0x10000;  // between the pages

void fill(std::span<std::byte> page) {
  std::fill(page.begin(), page.end(), kUntouched);
}

bool is_untouched(std::span<const std::byte> page) {
  return std::all_of(page.begin(), page.end(), [](std::byte byte) { return byte == kUntouched; });
}

class TrialRunner {
 public:
  TrialRunner(const host::Root& root, vfio::AddressSpace& space, Probe& probe, LiveTrial& trial,
              const Pages& pages)
      : root_(root),
        space_(space),
        probe_(probe),
        trial_(trial),
        faults_(FaultLog::open(root, trial.address)) {
    const size_t size = Pages::page_size();
    page_.commands = pages.bytes().first(size);
    page_.answers = pages.bytes().subspan(size, size);
    page_.scratch = pages.bytes().subspan(3 * size);
    other_ = pages.bytes().subspan(2 * size, size);
    set_iova(trial.iova);
  }
  ~TrialRunner() {
    probe_.stop();
    unmap_all();
  }
  TrialRunner(const TrialRunner&) = delete;
  TrialRunner& operator=(const TrialRunner&) = delete;

  // The size of the address range for all pages, which begins at a multiple of its size.
  static uint64_t extent(const Probe& probe) {
    return std::bit_ceil(2 * kPageDistance + probe.scratch_size());
  }

  host::Result<void> run(std::optional<uint64_t> high, const CountInterrupts& count_interrupts) {
    if (auto mapped = map_all(); !mapped) return mapped;
    fill(page_.answers);
    if (auto started = probe_.start(page_, false); !started) return started;
    for (const int question : {0, 1, 0, 1})
      trial_.answers.push_back(probe_.ask(page_, question).value_or(0));
    const bool again = still_answers();
    trial_.stopped_answering = !again && answered();
    if (!again) return {};
    deny();
    trial_.interrupts = count_interrupts(page_);
    if (high) trial_.high = try_at(*high);  // last: the device may hang
    return {};
  }

 private:
  void set_iova(uint64_t iova) {
    page_.commands_iova = iova;
    page_.answers_iova = iova + kPageDistance;
    page_.scratch_iova = iova + 2 * kPageDistance;
  }
  host::Result<void> map_all() {
    if (auto mapped = space_.map(page_.commands_iova, page_.commands, Access::kRead); !mapped)
      return mapped;
    if (!page_.scratch.empty())
      if (auto mapped = space_.map(page_.scratch_iova, page_.scratch, Access::kReadWrite); !mapped)
        return mapped;
    return map_answers(page_.answers, Access::kReadWrite);
  }
  host::Result<void> map_answers(std::span<std::byte> page, Access access) {
    return space_.map(page_.answers_iova, page, access);
  }
  void unmap_answers() { (void)space_.unmap(page_.answers_iova, page_.answers.size()); }
  // An error if they are still mapped: the device may write there then, which proves nothing.
  host::Result<void> revoke_answers() {
    const auto unmapped = space_.unmap(page_.answers_iova, page_.answers.size());
    if (!unmapped) return unmapped.error();
    if (*unmapped != page_.answers.size())
      return host::Error{0, fmt::format("the kernel unmapped only {} of {} bytes", *unmapped,
                                        page_.answers.size())};
    return {};
  }
  void unmap_scratch() {
    if (!page_.scratch.empty()) (void)space_.unmap(page_.scratch_iova, page_.scratch.size());
  }

  void unmap_all() {
    unmap_answers();
    unmap_scratch();
    (void)space_.unmap(page_.commands_iova, page_.commands.size());
  }

  // Tests with all pages at `iova`, and then maps them at the previous address again.
  HighAddress try_at(uint64_t iova) {
    HighAddress high = {.iova = iova, .answered = false, .not_tried = {}};
    unmap_all();
    set_iova(iova);
    auto ready = map_all();
    if (ready) ready = probe_.start(page_, false);
    if (!ready) high.not_tried = ready.error();
    high.answered = ready && still_answers();
    probe_.stop();
    unmap_all();
    set_iova(trial_.iova);
    (void)map_all();
    return high;
  }

  bool answered() const {
    return std::any_of(trial_.answers.begin(), trial_.answers.end(),
                       [](uint64_t answer) { return answer != 0; });
  }

  // Resets the device, and asks for the first two answers again.
  bool still_answers() {
    fill(page_.answers);
    if (!probe_.start(page_, false)) return false;
    const auto first = probe_.ask(page_, 0), second = probe_.ask(page_, 1);
    return first && second && trial_.answers.size() > 1 && *first == trial_.answers[0] &&
           *second == trial_.answers[1] && *first != *second;
  }

  // Asks a question whose answer must not arrive in `watched`. Returns whether `watched` changed.
  bool changes(const ProbePages& pages, std::span<std::byte> watched) {
    (void)probe_.ask(pages, 0);
    pause_for(kSettleMicroseconds);
    return !is_untouched(watched);
  }

  // `deny` takes the device's access away, and returns whether memory changed nevertheless; an
  // error if the access could not be taken away. Afterwards all is mapped as before.
  NegativeTest run_negative_test(uint64_t forbidden,
                                 const std::function<host::Result<bool>()>& deny) {
    NegativeTest negative_test;
    negative_test.before = still_answers();
    faults_.skip();
    const host::Result<bool> changed = deny();
    negative_test.fault = faults_.find_write_fault(forbidden, Pages::page_size());
    if (!changed) negative_test.not_tried = changed.error();
    negative_test.changed = changed.value_or(false);
    unmap_answers();
    const bool mapped = map_answers(page_.answers, Access::kReadWrite).has_value();
    negative_test.after = mapped && still_answers();
    return negative_test;
  }

  // As changes(), after a reset and with the answers at `iova`.
  host::Result<bool> changes_at(uint64_t iova) {
    ProbePages pages = page_;
    pages.answers_iova = iova;
    fill(page_.answers);
    if (const auto started = probe_.start(pages, false); !started) return started.error();
    return changes(pages, page_.answers);
  }

  void deny() {
    const uint64_t here = page_.answers_iova;
    trial_.unmapped = run_negative_test(here, [&]() -> host::Result<bool> {
      if (const auto taken = revoke_answers(); !taken) return taken.error();
      return changes_at(here);
    });
    trial_.readonly = run_negative_test(here, [&]() -> host::Result<bool> {
      if (const auto taken = revoke_answers(); !taken) return taken.error();
      if (const auto mapped = map_answers(page_.answers, Access::kRead); !mapped)
        return mapped.error();
      return changes_at(here);
    });
    trial_.revoked = run_negative_test(here, [&]() -> host::Result<bool> {
      // The device is still running since still_answers().
      if (const auto taken = revoke_answers(); !taken) return taken.error();
      fill(page_.answers);
      return changes(page_, page_.answers);
    });
    const auto physical = physical_address(root_, page_.answers);
    if (physical && is_free_address(*physical))
      trial_.physical = run_negative_test(*physical, [&] { return changes_at(*physical); });
    trial_.remapped = run_negative_test(here, [&] { return remap(); });
  }

  // Is no page of this process mapped at that address?
  bool is_free_address(uint64_t address) const {
    const auto apart = [&](uint64_t iova, size_t size) {
      return address + page_.answers.size() <= iova || iova + size <= address;
    };
    return apart(page_.commands_iova, page_.commands.size()) &&
           apart(page_.answers_iova, page_.answers.size()) &&
           apart(page_.scratch_iova, page_.scratch.size());
  }

  // Maps another page at the same address. Returns whether the previous page changed.
  host::Result<bool> remap() {
    if (const auto taken = revoke_answers(); !taken) return taken.error();
    fill(page_.answers);
    fill(other_);
    if (const auto mapped = map_answers(other_, Access::kReadWrite); !mapped) return mapped.error();
    ProbePages pages = page_;
    pages.answers = other_;
    const auto started = probe_.start(pages, false);
    const auto answer = started ? probe_.ask(pages, 0) : std::nullopt;
    pause_for(kSettleMicroseconds);
    trial_.arrived_at_new_page = answer && *answer == trial_.answers[0];
    return !is_untouched(page_.answers);
  }

  const host::Root& root_;
  vfio::AddressSpace& space_;
  Probe& probe_;
  LiveTrial& trial_;
  FaultLog faults_;
  ProbePages page_;
  std::span<std::byte> other_;
};

}  // namespace

host::Result<void> run_trial(const host::Root& root, vfio::AddressSpace& space, Probe& probe,
                             const TrialHooks& trial_hooks, LiveTrial& trial) {
  const auto ranges = space.ranges();
  if (!ranges) return ranges.error();
  const uint64_t extent = TrialRunner::extent(probe);
  const auto iova = free_iova(*ranges, extent), high = high_iova(*ranges, extent);
  if (!iova) return host::Error{ENOSPC, "find a free IOVA for the device"};
  trial.iova = *iova;
  // The dry run comes first: below 4 GiB, a device that bypasses the IOMMU would write to the
  // host's own memory.
  trial.dry_run = perform_dry_run(root, space, probe);
  trial.bypasses_iommu = trial.dry_run == DryRun::kBypassed;
  if (trial.bypasses_iommu)
    return host::Error{0, fmt::format("the {} bypasses the IOMMU", probe.kind())};
  // It may not accept the addresses of the dry run; it is reset before it gets others.
  if (trial.dry_run == DryRun::kNoAnswer) trial_hooks.reset();
  const auto pages = Pages::allocate(3 * Pages::page_size() + probe.scratch_size());
  if (!pages) return pages.error();
  const auto done =
      TrialRunner(root, space, probe, trial, *pages).run(high, trial_hooks.count_interrupts);
  trial.bypasses_iommu = probe.bypasses_iommu();
  if (!done) return done;
  trial.superpages = try_superpages(root, space, trial.address);
  return {};
}

}  // namespace verify
