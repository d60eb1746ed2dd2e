// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/probes/edu.h"

#include <atomic>
#include <cerrno>
#include <cstring>

#include "verify/trial/probes/wait.h"

namespace verify {
namespace {

enum Register : size_t {
  kIdentity = 0x00,
  kInterruptStatus = 0x24,
  kAcknowledge = 0x64,
  kSource = 0x80,
  kDestination = 0x88,
  kCount = 0x90,
  kCommand = 0x98,
};

constexpr uint64_t kStart = 1, kToMemory = 2, kInterrupt = 4;
constexpr uint64_t kBuffer = 0x40000;
constexpr uint64_t kAddressLimit = uint64_t{1} << 28;  // higher address bits are silently ignored
constexpr uint64_t kNumbers[] = {0x6f6e65206f662074, 0x77656c7665207468};
constexpr int kCopyMilliseconds = 500;  // the device takes 100 by its own clock

}  // namespace

bool Edu::wait_idle() const {
  return wait_until(kCopyMilliseconds,
                    [&] { return (registers_.read<uint64_t>(kCommand) & kStart) == 0; });
}

bool Edu::copy(uint64_t from, uint64_t to, uint64_t command) {
  registers_.write<uint64_t>(kSource, from);
  registers_.write<uint64_t>(kDestination, to);
  registers_.write<uint64_t>(kCount, sizeof(kNumbers[0]));
  registers_.write<uint64_t>(kCommand, command | kStart);
  return wait_idle();
}

host::Result<void> Edu::start(const ProbePages& pages, bool with_interrupts) {
  if ((registers_.read<uint32_t>(kIdentity) & 0xffff) != 0x00ed)
    return host::Error{EIO, "read the registers of the edu device"};
  if (pages.commands_iova >= kAddressLimit || pages.answers_iova >= kAddressLimit)
    return host::Error{ERANGE, "an edu device with 28-bit addresses"};
  if (!wait_idle()) return host::Error{ETIMEDOUT, "wait for the edu device"};
  std::memcpy(pages.commands.data(), kNumbers, sizeof(kNumbers));
  with_interrupts_ = with_interrupts;
  answer_ = 0;
  return {};
}

std::optional<uint64_t> Edu::ask(const ProbePages& pages, int question) {
  const uint64_t number = kNumbers[question];
  const size_t offset = answer_++ % (pages.answers.size() / sizeof(number)) * sizeof(number);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!copy(pages.commands_iova + static_cast<size_t>(question) * sizeof(number), kBuffer, 0))
    return std::nullopt;
  notify_doorbell();
  const bool copied =
      copy(kBuffer, pages.answers_iova + offset, kToMemory | (with_interrupts_ ? kInterrupt : 0));
  if (copied) notify_answer();
  registers_.write<uint32_t>(kAcknowledge, registers_.read<uint32_t>(kInterruptStatus));
  uint64_t answer = 0;
  std::memcpy(&answer, pages.answers.data() + offset, sizeof(answer));
  if (!copied || answer != number) return std::nullopt;
  return answer;
}

void Edu::stop() {
  (void)wait_idle();
  registers_.write<uint32_t>(kAcknowledge, registers_.read<uint32_t>(kInterruptStatus));
}

}  // namespace verify
