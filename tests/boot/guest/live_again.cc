// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: live_again ADDRESS runs COUNT        runs the live trial COUNT times
//        live_again ADDRESS kills COUNT SEED  kills the trial COUNT times, at points drawn from
//                                             SEED; after each kill, the trial must pass
//        live_again ADDRESS stray             the negative test: one trial in which the device may
//                                             write to a page of canaries
//
// Memory next to the trial's own contains canaries, which are checked after every trial. Exits with
// 1 if a trial did not pass or a canary was changed, and prints "measured: …".
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/boot/guest/live_function.h"
#include "verify/live/interrupt_trial.h"
#include "verify/live/stage.h"
#include "vfio/pages.h"

namespace {

constexpr size_t kCanaries = 16 << 20;
constexpr uint64_t kSong = 0x636865657263686b;
constexpr size_t kLeastPasses = 9;  // tests/boot/live_story.h: kLiveIds

int fail(const host::Error& error) {
  std::printf("%s\n", describe(error).c_str());
  return 1;
}

// Each page of canaries differs from its neighbour, so that a copied page is detected.
class Canaries {
 public:
  explicit Canaries(std::span<std::byte> memory)
      : words_(reinterpret_cast<uint64_t*>(memory.data()), memory.size() / sizeof(uint64_t)) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] = kSong ^ i;
  }

  size_t silent() const {
    size_t count = 0;
    for (size_t i = 0; i < words_.size(); ++i) count += words_[i] != (kSong ^ i);
    return count;
  }

 private:
  std::span<uint64_t> words_;
};

// Gives the device `page` instead of every page that it may write.
class StraySpace : public vfio::AddressSpace {
 public:
  StraySpace(vfio::AddressSpace& whole, std::span<std::byte> page) : whole_(whole), page_(page) {}

  host::Result<std::vector<vfio::IovaRange>> ranges() const override { return whole_.ranges(); }
  host::Result<void> map(uint64_t iova, std::span<std::byte> memory, vfio::Access access) override {
    const bool stray = access != vfio::Access::kRead && memory.size() == page_.size();
    return whole_.map(iova, stray ? page_ : memory, access);
  }
  host::Result<uint64_t> unmap(uint64_t iova, uint64_t size) override {
    return whole_.unmap(iova, size);
  }

 private:
  vfio::AddressSpace& whole_;
  std::span<std::byte> page_;
};

class Again {
 public:
  Again(const host::Root& root, const live::Subject& subject, std::span<std::byte> memory)
      : root_(root), subject_(subject), memory_(memory), canaries_(memory) {}

  int runs(int count) {
    for (int i = 0; i < count; ++i) try_once("run " + std::to_string(i + 1));
    return conclude(std::to_string(count) + " runs");
  }

  int kills(int count, unsigned seed) {
    std::mt19937 random(seed);
    if (!try_once("the first run")) return 1;
    const int longest = std::max(milliseconds_.front(), 1) * 1000;
    int late = 0;
    for (int killed = 0; killed < count;) {
      const auto wait = static_cast<useconds_t>(random() % static_cast<unsigned>(longest));
      if (!kill_after(wait)) {
        if (++late > 10 * count) return fail({0, "the trial ends before it can be killed"});
        continue;
      }
      try_once("after kill " + std::to_string(++killed) + ", at " + std::to_string(wait) + " us");
    }
    return conclude(std::to_string(count) + " kills drawn from seed " + std::to_string(seed));
  }

  int stray() {
    const auto opened = verify::open_device(root_, verify::Backend::kType1, subject_.group,
                                            subject_.function.address, {});
    if (!opened) return fail(opened.error());
    const auto probe = verify::make_probe(opened->device(), subject_.function);
    if (!probe) return fail(probe.error());
    StraySpace space(*opened->space, memory_.last(vfio::Pages::page_size()));
    verify::LiveTrial trial;
    const auto nothing = [](const verify::ProbePages&) {
      return std::vector<verify::LiveInterrupts>{};
    };
    (void)verify::play_on_stage(root_, space, **probe, {.count_interrupts = nothing}, trial);
    return conclude("a stray page");
  }

 private:
  verify::LiveTrial play() const {
    return verify::try_live(root_, verify::Backend::kType1, subject_.group, subject_.function,
                            subject_.members);
  }

  // If anything is wrong, prints it and returns false.
  bool try_once(const std::string& when) {
    const verify::LiveTrial trial = play();
    milliseconds_.push_back(trial.milliseconds);
    kind_ = trial.kind;
    bool well = true;
    size_t passes = 0;
    for (const verify::Finding& finding : live::judge(trial)) {
      passes += finding.status == verify::Status::kPass;
      if (finding.status == verify::Status::kPass || finding.status == verify::Status::kSkip)
        continue;
      std::printf("%s: %s %s: %s\n", when.c_str(), finding.id.c_str(), status_name(finding.status),
                  finding.evidence.c_str());
      well = false;
    }
    if (passes < kLeastPasses) std::printf("%s: only %zu passes\n", when.c_str(), passes);
    if (canaries_.silent() > 0) std::printf("%s: a canary is silent\n", when.c_str());
    well &= passes >= kLeastPasses && canaries_.silent() == 0;
    passed_ += well;
    return well;
  }

  // Returns whether the child was still running.
  bool kill_after(useconds_t microseconds) const {
    const pid_t child = ::fork();
    if (child == 0) {
      (void)play();
      ::_exit(0);
    }
    ::usleep(microseconds);
    (void)::kill(child, SIGKILL);
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
           WTERMSIG(status) == SIGKILL;
  }

  int conclude(const std::string& what) {
    const size_t silent = canaries_.silent();
    std::sort(milliseconds_.begin(), milliseconds_.end());
    std::printf("measured: live_again: %s of %s: %zu of %zu trials passed", what.c_str(),
                kind_.c_str(), passed_, milliseconds_.size());
    if (!milliseconds_.empty())
      std::printf(", a trial takes %d ms, at most %d", milliseconds_[milliseconds_.size() / 2],
                  milliseconds_.back());
    std::printf("; of %zu MiB of canaries, %zu words were changed\n", kCanaries >> 20, silent);
    return silent == 0 && passed_ == milliseconds_.size() ? 0 : 1;
  }

  const host::Root& root_;
  const live::Subject& subject_;
  std::span<std::byte> memory_;
  const Canaries canaries_;
  std::string kind_ = "the device";
  std::vector<int> milliseconds_;
  size_t passed_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc > 2 ? argv[2] : "";
  const int count = argc > 3 ? std::atoi(argv[3]) : 0;
  const auto root = host::Root::open();
  if (!root) return fail(root.error());
  const auto subject = live::find(*root, argc > 1 ? argv[1] : "");
  if (!subject) return fail(subject.error());
  const auto memory = vfio::Pages::allocate(kCanaries);
  if (!memory) return fail(memory.error());

  Again again(*root, *subject, memory->bytes());
  if (mode == "runs" && count > 0) return again.runs(count);
  if (mode == "kills" && count > 0 && argc == 5)
    return again.kills(count, static_cast<unsigned>(std::strtoul(argv[4], nullptr, 10)));
  if (mode == "stray") return again.stray();
  return fail({0, "usage: live_again ADDRESS runs COUNT | kills COUNT SEED | stray"});
}
