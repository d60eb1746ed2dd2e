// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/interrupts/latency.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>

#include <sched.h>
#include <unistd.h>

#include "verify/trial/probes/wait.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kLimit{1000};
constexpr int kPauseMicroseconds = 200;  // until the waiting thread is blocked again
// A probe is started again after as many questions: its rings may have no place for more, and old
// answers in them could be taken for new ones. The rings of xHCI have 64 places.
constexpr int kQuestionsOfStart = 50;

struct Arrival {
  Clock::time_point time;
  uint64_t count = 0;
};

// A thread that is blocked in read(2).
class Waiter {
 public:
  explicit Waiter(const host::Fd& event) : event_(event), thread_([this] { run(); }) {
    verify::pause_for(kPauseMicroseconds);
  }
  ~Waiter() {
    stopped_ = true;
    const uint64_t one = 1;
    (void)!::write(event_.get(), &one, sizeof(one));
    thread_.join();
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // Nothing: no interrupt arrived within the limit.
  std::optional<Arrival> next() {
    if (!arrived_.try_acquire_for(kLimit)) return std::nullopt;
    const Arrival arrival = arrival_;
    verify::pause_for(kPauseMicroseconds);
    return arrival;
  }

 private:
  // With real-time priority it runs as soon as the interrupt wakes it, as on an idle processor. If
  // it cannot have that, the figures are of a busy one.
  void run() {
    const sched_param priority = {.sched_priority = 1};
    (void)::sched_setscheduler(0, SCHED_FIFO, &priority);
    uint64_t count = 0;
    while (::read(event_.get(), &count, sizeof(count)) == sizeof(count) && !stopped_) {
      arrival_ = {Clock::now(), count};
      arrived_.release();
    }
  }

  const host::Fd& event_;
  std::atomic<bool> stopped_ = false;
  std::counting_semaphore<> arrived_{0};
  Arrival arrival_;
  std::thread thread_;  // last: it uses the others
};

std::optional<Arrival> poll_for(const host::Fd& event) {
  const auto limit = Clock::now() + kLimit;
  uint64_t count = 0;
  while (::read(event.get(), &count, sizeof(count)) != sizeof(count))
    if (Clock::now() > limit) return std::nullopt;
  return Arrival{Clock::now(), count};
}

host::Result<double> latency(Clock::time_point began, const std::optional<Arrival>& arrival) {
  if (!arrival) return host::Error{ETIMEDOUT, "wait for an interrupt"};
  if (arrival->count != 1)
    return host::Error{0, std::to_string(arrival->count) + " interrupts for one answer"};
  return std::chrono::duration<double, std::micro>(arrival->time - began).count();
}

// Asks `count` questions. `next` returns the interrupt of each.
host::Result<Latencies> ask_all(verify::Probe& probe, const verify::ProbePages& pages, int count,
                                const std::function<std::optional<Arrival>()>& next,
                                const std::function<void()>& done) {
  Clock::time_point rung;
  std::optional<Arrival> arrival;
  probe.set_doorbell_callback([&] { rung = Clock::now(); });
  probe.set_answer_callback([&] { arrival = next(); });
  host::Result<Latencies> result = Latencies();
  for (int i = 0; i < count && result; ++i) {
    if (i % kQuestionsOfStart == 0) {
      std::fill(pages.answers.begin(), pages.answers.end(), std::byte{0xa5});
      if (const auto started = probe.start(pages, true); !started) {
        result = started.error();
        break;
      }
    }
    arrival.reset();
    if (!probe.ask(pages, i % 2)) {
      result = host::Error{ETIMEDOUT, "wait for an answer of the device"};
      break;
    }
    done();
    if (const auto time = latency(rung, arrival); time)
      result->push_back(*time);
    else
      result = time.error();
  }
  probe.set_doorbell_callback({});
  probe.set_answer_callback({});
  probe.stop();
  return result;
}

}  // namespace

host::Result<Latencies> latencies_of_waiting(verify::Probe& probe, const verify::ProbePages& pages,
                                             const host::Fd& event, int count,
                                             const std::function<void()>& done) {
  Waiter waiter(event);
  return ask_all(
      probe, pages, count, [&] { return waiter.next(); }, done);
}

host::Result<Latencies> latencies_of_polling(verify::Probe& probe, const verify::ProbePages& pages,
                                             const host::Fd& event, int count,
                                             const std::function<void()>& done) {
  return ask_all(
      probe, pages, count, [&] { return poll_for(event); }, done);
}

host::Result<Latencies> latencies_of_eventfd(const host::Fd& event, int count,
                                             const std::function<host::Result<void>()>& trigger) {
  Waiter waiter(event);
  Latencies latencies;
  for (int i = 0; i < count; ++i) {
    const auto began = Clock::now();
    if (const auto triggered = trigger(); !triggered) return triggered.error();
    const auto time = latency(began, waiter.next());
    if (!time) return time.error();
    latencies.push_back(*time);
  }
  return latencies;
}

}  // namespace bench
