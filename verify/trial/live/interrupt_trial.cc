// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/live/interrupt_trial.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include <linux/vfio.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "host/fd.h"
#include "host/text.h"

namespace verify {
namespace {

constexpr int kInterrupts = 3;
constexpr int kArrivalMilliseconds = 100;
constexpr int kEchoMilliseconds = 2;  // to notice an additional one

struct Kind {
  uint32_t index;
  const char* name;

  bool by_pin() const { return index == VFIO_PCI_INTX_IRQ_INDEX; }
};

// The chip of this function's interrupt in /proc/interrupts, while vfio has the interrupt.
std::string chip_of(const host::Root& root, const std::string& address) {
  const std::string text = root.read("/proc/interrupts", 16 << 20).value_or("");
  for (const std::string_view line : host::split(text, "\n")) {
    if (line.find("vfio-") == line.npos || line.find("(" + address + ")") == line.npos) continue;
    for (const std::string_view word : host::split(line))
      if (word.find("PCI-MSI") != word.npos || word.find("IO-APIC") != word.npos)
        return std::string(word);
  }
  return {};
}

// The number of interrupts since the last call; waits for the first.
int arrivals(const host::Fd& event, int milliseconds) {
  pollfd waiting = {.fd = event.get(), .events = POLLIN, .revents = 0};
  uint64_t count = 0;
  if (::poll(&waiting, 1, milliseconds) != 1 ||
      ::read(event.get(), &count, sizeof(count)) != sizeof(count))
    return 0;
  return static_cast<int>(count);
}

// Bit 10 of the command register disables INTx (PCI 3.0, 6.2.2). It is set while VFIO does not
// handle the interrupt: other devices of the host may share the pin.
void set_intx_enabled(const vfio::Device& device, bool enabled) {
  const auto command = device.read_config(0x04);
  if (!command) return;
  constexpr unsigned kIntxDisable = 0x400;
  (void)device.write_config(
      0x04, static_cast<uint16_t>(enabled ? *command & ~kIntxDisable : *command | kIntxDisable));
}

void count(const host::Root& root, const vfio::Device& device, const Kind& kind, Probe& probe,
           const std::string& address, const ProbePages& pages, LiveInterrupts& seen) {
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
    seen.chip = chip_of(root, address);
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
  constexpr Kind kKinds[] = {{VFIO_PCI_MSIX_IRQ_INDEX, "MSI-X"},
                             {VFIO_PCI_MSI_IRQ_INDEX, "MSI"},
                             {VFIO_PCI_INTX_IRQ_INDEX, "INTx"}};
  std::vector<LiveInterrupts> all;
  for (const Kind& kind : kKinds) {
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
