// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/probes/nvme.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "verify/trial/probes/wait.h"

namespace verify {
namespace {

// 3.1.3.
enum Register : size_t {
  kCapabilities = 0x00,  // 64 bits; 31:24 time limit in 500 ms, 35:32 doorbell stride, 51:48
                         // smallest page
  kConfiguration = 0x14,
  kStatus = 0x1c,  // bit 0 ready, bit 1 fatal
  kQueueSizes = 0x24,
  kSubmissions = 0x28,
  kCompletions = 0x30,
  kDoorbells = 0x1000,
};

// 3.1.3.5: enabled, pages of 4 KiB, entries of 64 and 16 bytes.
constexpr uint32_t kEnabled = 4 << 20 | 6 << 16 | 1;
constexpr uint32_t kReady = 1, kFatal = 2;

struct Command {  // 3.3.3.1
  uint8_t opcode;
  uint8_t flags;
  uint16_t identifier;
  uint32_t unused[9];
  uint32_t specific[6];
};
static_assert(sizeof(Command) == 64);

struct Completion {  // 3.3.3.2
  uint32_t value;
  uint32_t reserved;
  uint32_t queue;
  uint16_t identifier;
  uint16_t status;  // bit 0 phase
};

constexpr size_t kEntries = 16;  // of each queue; the phase changes when the queue wraps
constexpr uint8_t kGetFeatures = 0x0a;
constexpr uint32_t kNumberOfQueues = 0x07;
constexpr uint16_t kIdentifiers[] = {0x5601, 0x5602};
constexpr int kAnswerMilliseconds = 50;  // 0.2 to 0.4 in QEMU

// The controller writes the word with the phase last, so it is read first.
Completion completion_at(std::span<const std::byte> queue, size_t index) {
  const std::byte* entry = queue.data() + index * sizeof(Completion);
  constexpr size_t kLast = offsetof(Completion, identifier);
  const uint32_t last = *reinterpret_cast<const volatile uint32_t*>(entry + kLast);
  std::atomic_thread_fence(std::memory_order_acquire);
  Completion completion = {};
  std::memcpy(&completion, entry, kLast);
  std::memcpy(reinterpret_cast<std::byte*>(&completion) + kLast, &last, sizeof(last));
  return completion;
}

}  // namespace

// 3.1: low half first, for controllers that do not support 64-bit accesses.
void Nvme::write_address(size_t offset, uint64_t value) {
  write<uint32_t>(offset, static_cast<uint32_t>(value));
  write<uint32_t>(offset + 4, static_cast<uint32_t>(value >> 32));
}

// 3.1.3.1: CAP.TO is the worst case.
bool Nvme::wait_ready(uint32_t value) const {
  const int limit = 500 * std::max(1, static_cast<int>(read<uint32_t>(kCapabilities) >> 24));
  return wait_until(limit, [&] {
    const uint32_t status = read<uint32_t>(kStatus);
    return (status & kReady) == value || (value != 0 && (status & kFatal));
  });
}

bool Nvme::disable() {
  write<uint32_t>(kConfiguration, read<uint32_t>(kConfiguration) & ~1u);
  return wait_ready(0);
}

// 3.1.3.1, CAP.DSTRD: the completion doorbell of queue 0.
size_t Nvme::completion_doorbell() const {
  return kDoorbells + (size_t{4} << (read<uint32_t>(kCapabilities + 4) & 0xf));
}

// 3.5.1. The interrupt masks (3.1.3.3) must not be accessed with MSI-X, so they are never written:
// a caller that wants no interrupts enables none in VFIO.
host::Result<void> Nvme::start(const ProbePages& pages, bool) {
  if (read<uint32_t>(kCapabilities) == UINT32_MAX)
    return host::Error{EIO, "read the registers of the NVMe controller"};
  if (read<uint32_t>(kCapabilities + 4) >> 16 & 0xf)
    return host::Error{ENOTSUP, "an NVMe controller without pages of 4 KiB"};
  if (!registers_.holds(completion_doorbell(), sizeof(uint32_t)))
    return host::Error{ENOTSUP, "an NVMe controller with a large doorbell stride"};
  if (!disable()) return host::Error{ETIMEDOUT, "disable the NVMe controller"};
  std::fill(pages.commands.begin(), pages.commands.end(), std::byte{0});
  write<uint32_t>(kQueueSizes, (kEntries - 1) << 16 | (kEntries - 1));
  write_address(kSubmissions, pages.commands_iova);
  write_address(kCompletions, pages.answers_iova);
  write<uint32_t>(kConfiguration, kEnabled);
  if (!wait_ready(kReady) || (read<uint32_t>(kStatus) & kFatal))
    return host::Error{ETIMEDOUT, "enable the NVMe controller"};
  submitted_ = 0;
  completion_ = 0;
  return {};
}

// The queues wrap after 16 entries: fewer questions than that are possible after one start.
std::optional<uint64_t> Nvme::ask(const ProbePages& pages, int question) {
  if (submitted_ + 1u >= kEntries) return std::nullopt;
  Command command = {};
  command.opcode = kGetFeatures;
  command.identifier = kIdentifiers[question];
  command.specific[0] = kNumberOfQueues;
  std::memcpy(pages.commands.data() + submitted_ * sizeof(command), &command, sizeof(command));
  std::atomic_thread_fence(std::memory_order_seq_cst);
  notify_doorbell();
  write<uint32_t>(kDoorbells, ++submitted_);
  Completion completion = {};
  const bool arrived = wait_until(kAnswerMilliseconds, [&] {
    completion = completion_at(pages.answers, completion_);
    const bool ours = completion.identifier == command.identifier && completion.status == 1;
    return ours || (read<uint32_t>(kStatus) & kFatal);
  });
  if (!arrived || completion.identifier != command.identifier || completion.status != 1)
    return std::nullopt;
  notify_answer();
  write<uint32_t>(completion_doorbell(), static_cast<uint32_t>(++completion_));
  return uint64_t{completion.identifier} << 32 | completion.value;
}

void Nvme::stop() {
  if (read<uint32_t>(kCapabilities) != UINT32_MAX) (void)disable();
}

}  // namespace verify
