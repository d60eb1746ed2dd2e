// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/live/interrupt_trial.h"

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

// What /proc/interrupts calls the chip of this function's interrupt while vfio has it.
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

// How many came since the last time; waits for the first.
int arrivals(const host::Fd& event) {
  pollfd waiting = {.fd = event.get(), .events = POLLIN, .revents = 0};
  uint64_t count = 0;
  if (::poll(&waiting, 1, kArrivalMilliseconds) != 1 ||
      ::read(event.get(), &count, sizeof(count)) != sizeof(count))
    return 0;
  return static_cast<int>(count);
}

void count(const host::Root& root, const vfio::Device& device, uint32_t index, Probe& probe,
           const std::string& address, const ProbePages& pages, LiveInterrupts& interrupts) {
  const host::Fd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (const auto taken = device.take_interrupt(index, event); !taken) {
    interrupts.obstacle = taken.error();
    return;
  }
  interrupts.expected = kInterrupts;
  if (probe.start(pages, true)) {
    interrupts.chip = chip_of(root, address);
    for (int i = 0; i < kInterrupts; ++i) {
      (void)probe.ask(pages, i % 2);
      interrupts.counted += arrivals(event);
    }
  }
  probe.stop();
  (void)device.release_interrupts(index);
}

}  // namespace

LiveInterrupts try_interrupts(const host::Root& root, const vfio::Device& device, Probe& probe,
                              const std::string& address, const ProbePages& pages) {
  constexpr std::pair<uint32_t, const char*> kKinds[] = {{VFIO_PCI_MSIX_IRQ_INDEX, "MSI-X"},
                                                         {VFIO_PCI_MSI_IRQ_INDEX, "MSI"}};
  LiveInterrupts interrupts;
  for (const auto& [index, kind] : kKinds) {
    if (device.interrupts(index).value_or(0) == 0) continue;
    interrupts.kind = kind;
    count(root, device, index, probe, address, pages, interrupts);
    break;
  }
  return interrupts;
}

}  // namespace verify
