// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/live/interrupt_trial.h"

#include <algorithm>
#include <cerrno>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "host/fd.h"
#include "verify/trial/live/interrupt_kinds.h"

namespace verify {
namespace {

constexpr int kInterrupts = 3;
constexpr int kArrivalMilliseconds = 100;
constexpr int kEchoMilliseconds = 2;  // to notice an additional one

// The number of interrupts since the last call; waits for the first.
int arrivals(const host::Fd& event, int milliseconds) {
  pollfd waiting = {.fd = event.get(), .events = POLLIN, .revents = 0};
  uint64_t count = 0;
  if (::poll(&waiting, 1, milliseconds) != 1 ||
      ::read(event.get(), &count, sizeof(count)) != sizeof(count))
    return 0;
  return static_cast<int>(count);
}

void count(const host::Root& root, const vfio::Device& device, const InterruptKind& kind,
           Probe& probe, const std::string& address, const ProbePages& pages,
           LiveInterrupts& seen) {
  const host::Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event.valid()) {
    seen.obstacle = host::Error{errno, "create an eventfd"};
    return;
  }
  if (const auto taken = device.enable_interrupt(kind.index, event); !taken) {
    seen.obstacle = taken.error();
    return;
  }
  seen.expected = kInterrupts;
  std::fill(pages.answers.begin(), pages.answers.end(), std::byte{0xa5});
  probe.set_answer_callback([&] { seen.counted += arrivals(event, kArrivalMilliseconds); });
  if (const auto started = probe.start(pages, true); !started) {
    seen.obstacle = started.error();
  } else {
    seen.chip = interrupt_chip(root, address);
    for (int i = 0; i < kInterrupts; ++i) {
      // A missing answer is not a lost interrupt.
      if (!probe.ask(pages, i % 2))
        seen.obstacle = host::Error{ETIMEDOUT, "get an answer while interrupts are counted"};
      if (kind.by_pin()) (void)device.unmask_interrupt(kind.index);
      seen.counted += arrivals(event, kEchoMilliseconds);
    }
  }
  probe.set_answer_callback({});
  probe.stop();
  (void)device.disable_interrupts(kind.index);
}

}  // namespace

std::vector<LiveInterrupts> try_interrupts(const host::Root& root, const vfio::Device& device,
                                           Probe& probe, const std::string& address,
                                           const ProbePages& pages) {
  std::vector<LiveInterrupts> all;
  for (const InterruptKind& kind : kInterruptKinds) {
    if (device.interrupts(kind.index).value_or(0) == 0) continue;
    LiveInterrupts& seen = all.emplace_back();
    seen.kind = kind.name;
    if (kind.by_pin()) set_intx_enabled(device, true);
    count(root, device, kind, probe, address, pages, seen);
    if (kind.by_pin()) set_intx_enabled(device, false);
  }
  return all;
}

}  // namespace verify
