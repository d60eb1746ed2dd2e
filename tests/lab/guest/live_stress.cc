// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: live_stress ADDRESS runs COUNT        runs the live trial COUNT times
//        live_stress ADDRESS kills COUNT SEED  kills the trial COUNT times, at points drawn from
//                                             SEED; after each kill, the trial must pass
//        live_stress ADDRESS stray             the negative test: one trial in which the device may
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

#include "tests/lab/guest/live_function.h"
#include "verify/trial/live/interrupt_trial.h"
#include "verify/trial/live/trial_runner.h"
#include "vfio/pages.h"

namespace {

constexpr size_t kCanaryBytes = 16 << 20;
constexpr uint64_t kCanaryPattern = 0x636865657263686b;
constexpr size_t kMinPasses = 9;  // tests/boot/live_fixture.h: kLiveCheckIds

int fail(const host::Error& error) {
  std::printf("%s\n", describe(error).c_str());
  return 1;
}

// Each page of canaries differs from its neighbour, so that a copied page is detected.
class Canaries {
 public:
  explicit Canaries(std::span<std::byte> memory)
      : words_(reinterpret_cast<uint64_t*>(memory.data()), memory.size() / sizeof(uint64_t)) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] = kCanaryPattern ^ i;
  }

  size_t changed() const {
    size_t count = 0;
    for (size_t i = 0; i < words_.size(); ++i) count += words_[i] != (kCanaryPattern ^ i);
    return count;
  }

 private:
  std::span<uint64_t> words_;
};

// Gives the device `page` instead of every page that it may write.
class StrayAddressSpace : public vfio::AddressSpace {
 public:
  StrayAddressSpace(vfio::AddressSpace& real, std::span<std::byte> page)
      : real_(real), page_(page) {}

  host::Result<std::vector<vfio::IovaRange>> ranges() const override { return real_.ranges(); }
  host::Result<void> map(uint64_t iova, std::span<std::byte> memory, vfio::Access access) override {
    const bool stray = access != vfio::Access::kRead && memory.size() == page_.size();
    return real_.map(iova, stray ? page_ : memory, access);
  }
  host::Result<uint64_t> unmap(uint64_t iova, uint64_t size) override {
    return real_.unmap(iova, size);
  }

 private:
  vfio::AddressSpace& real_;
  std::span<std::byte> page_;
};

class StressTest {
 public:
  StressTest(const host::Root& root, const live::Subject& subject, std::span<std::byte> memory)
      : root_(root), subject_(subject), memory_(memory), canaries_(memory) {}

  int runs(int count) {
    for (int i = 0; i < count; ++i) try_once("run " + std::to_string(i + 1));
    return print_result(std::to_string(count) + " runs");
  }

  int kills(int count, unsigned seed) {
    std::mt19937 random(seed);
    if (!try_once("the first run")) return 1;
    const int longest = std::max(milliseconds_.front(), 1) * 1000;
    int not_killed = 0;
    for (int killed = 0; killed < count;) {
      const auto wait = static_cast<useconds_t>(random() % static_cast<unsigned>(longest));
      if (!kill_after(wait)) {
        if (++not_killed > 10 * count) return fail({0, "the trial ends before it can be killed"});
        continue;
      }
      try_once("after kill " + std::to_string(++killed) + ", at " + std::to_string(wait) + " us");
    }
    return print_result(std::to_string(count) + " kills drawn from seed " + std::to_string(seed));
  }

  int stray() {
    verify::LiveStep step = {};
    const auto opened = verify::open_device(root_, verify::Backend::kType1, subject_.group,
                                            subject_.function.address, {}, step);
    if (!opened) return fail(opened.error());
    const auto probe = verify::make_probe(opened->device(), subject_.function);
    if (!probe) return fail(probe.error());
    StrayAddressSpace space(*opened->space, memory_.last(vfio::Pages::page_size()));
    verify::LiveTrial trial;
    const auto nothing = [](const verify::ProbePages&) {
      return std::vector<verify::LiveInterrupts>{};
    };
    (void)verify::run_trial(root_, space, **probe, {.count_interrupts = nothing}, trial);
    return print_result("a stray page");
  }

 private:
  verify::LiveTrial run_live_trial() const {
    return verify::try_live(root_, verify::Backend::kType1, subject_.group, subject_.function,
                            subject_.members);
  }

  // If anything is wrong, prints it and returns false.
  bool try_once(const std::string& when) {
    const verify::LiveTrial trial = run_live_trial();
    milliseconds_.push_back(trial.milliseconds);
    kind_ = trial.kind;
    bool ok = true;
    size_t passes = 0;
    for (const verify::Finding& finding : live::judge(trial)) {
      passes += finding.status == verify::Status::kPass;
      if (finding.status == verify::Status::kPass || finding.status == verify::Status::kSkip)
        continue;
      std::printf("%s: %s %s: %s\n", when.c_str(), finding.id.c_str(), status_name(finding.status),
                  finding.evidence.c_str());
      ok = false;
    }
    if (passes < kMinPasses) std::printf("%s: only %zu passes\n", when.c_str(), passes);
    if (canaries_.changed() > 0) std::printf("%s: a canary was changed\n", when.c_str());
    ok &= passes >= kMinPasses && canaries_.changed() == 0;
    passed_ += ok;
    return ok;
  }

  // Returns whether the child was still running.
  bool kill_after(useconds_t microseconds) const {
    const pid_t child = ::fork();
    if (child == 0) {
      (void)run_live_trial();
      ::_exit(0);
    }
    ::usleep(microseconds);
    (void)::kill(child, SIGKILL);
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
           WTERMSIG(status) == SIGKILL;
  }

  int print_result(const std::string& what) {
    const size_t changed = canaries_.changed();
    std::sort(milliseconds_.begin(), milliseconds_.end());
    std::printf("measured: live_stress: %s of %s: %zu of %zu trials passed", what.c_str(),
                kind_.c_str(), passed_, milliseconds_.size());
    if (!milliseconds_.empty())
      std::printf(", a trial takes %d ms, at most %d", milliseconds_[milliseconds_.size() / 2],
                  milliseconds_.back());
    std::printf("; of %zu MiB of canaries, %zu words were changed\n", kCanaryBytes >> 20, changed);
    return changed == 0 && passed_ == milliseconds_.size() ? 0 : 1;
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
  const auto memory = vfio::Pages::allocate(kCanaryBytes);
  if (!memory) return fail(memory.error());

  StressTest stress_test(*root, *subject, memory->bytes());
  if (mode == "runs" && count > 0) return stress_test.runs(count);
  if (mode == "kills" && count > 0 && argc == 5)
    return stress_test.kills(count, static_cast<unsigned>(std::strtoul(argv[4], nullptr, 10)));
  if (mode == "stray") return stress_test.stray();
  return fail({0, "usage: live_stress ADDRESS runs COUNT | kills COUNT SEED | stray"});
}
