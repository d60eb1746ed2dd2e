// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/probes/hda.h"

#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>

#include "verify/trial/probes/wait.h"

namespace verify {
namespace {

// Registers, HDA 1.0a, section 3.3, with the access widths of the specification.
enum Register : size_t {
  kGcap = 0x00,      // 16 bits; bit 0: 64-bit addresses
  kGctl = 0x08,      // 32; bit 0 CRST
  kStatests = 0x0e,  // 16; a bit for each codec
  kIntctl = 0x20,    // 32; bit 31 global, bit 30 controller
  kCorbBase = 0x40,  // 32 + 32
  kCorbWp = 0x48,    // 16
  kCorbRp = 0x4a,    // 16; bit 15 reset
  kCorbCtl = 0x4c,   // 8; bit 1 run
  kCorbSize = 0x4e,  // 8; bits 1:0 2 = 256 entries, bit 6: 256 entries are supported
  kRirbBase = 0x50,  // 32 + 32
  kRirbWp = 0x58,    // 16; bit 15 reset
  kRintCnt = 0x5a,   // 16
  kRirbCtl = 0x5c,   // 8; bit 0 interrupt, bit 1 run
  kRirbSts = 0x5d,   // 8; bit 0 response, bit 2 overrun; writing 1 clears
  kRirbSize = 0x5e,  // 8
};

constexpr uint32_t kGetParameter = 0xf00;         // of node 0 (7.3.3.1)
constexpr uint32_t kParameters[] = {0x00, 0x02};  // vendor id, revision id (7.3.4.1, 7.3.4.2)
constexpr uint8_t kBothStatus = 0x05;
constexpr int kAnswerMilliseconds = 50;  // 0.02 to 0.15 ms in QEMU; a codec frame takes 21 us

struct Response {
  uint32_t value;
  uint32_t extra;  // bits 3:0 codec, bit 4 unsolicited (4.4.2.1)
};

Response response_at(std::span<const std::byte> ring, size_t index) {
  volatile const uint32_t* words =
      reinterpret_cast<volatile const uint32_t*>(ring.data() + index * sizeof(Response));
  return {words[0], words[1]};
}

}  // namespace

template <typename T>
bool HdAudio::wait(size_t offset, T mask, T value, int milliseconds) {
  return wait_until(milliseconds, [&] { return (registers_.read<T>(offset) & mask) == value; });
}

// 3.3.7: both rings must have stopped before the controller is reset.
bool HdAudio::stop_rings() {
  registers_.write<uint32_t>(kIntctl, 0);
  registers_.write<uint8_t>(kCorbCtl, 0);
  registers_.write<uint8_t>(kRirbCtl, 0);
  return wait<uint8_t>(kCorbCtl, 2, 0, 50) && wait<uint8_t>(kRirbCtl, 2, 0, 50);
}

// 4.2.2: after reset, codecs report within 521 us; a link that sleeps takes longer.
bool HdAudio::leave_reset() {
  (void)stop_rings();  // the reset also stops a ring that is stuck
  registers_.write<uint32_t>(kGctl, 0);
  if (!wait<uint32_t>(kGctl, 1, 0, 200)) return false;
  pause_for(1000);
  registers_.write<uint32_t>(kGctl, 1);
  if (!wait<uint32_t>(kGctl, 1, 1, 200)) return false;
  pause_for(1000);
  return true;
}

// 4.4.1.3 and 4.4.2.2. RINTCNT also applies to polling: with RIRBCTL bit 0 clear, the controller
// stops for good after that many answers. QEMU's controller keeps its count of unacknowledged
// answers across resets: a process that is killed right after an answer leaves one, and with a
// RINTCNT of 1 no answer would ever arrive again. So RINTCNT is 255 until interrupts are counted;
// by then the first acknowledgement has cleared the count.
host::Result<void> HdAudio::set_up_rings(const ProbePages& pages, bool with_interrupts) {
  if (!stop_rings()) return host::Error{ETIMEDOUT, "stop the rings of the HD Audio controller"};
  for (const Register size : {kCorbSize, kRirbSize}) {
    if (registers_.read<uint8_t>(size) & 0x40) registers_.write<uint8_t>(size, 2);
    if ((registers_.read<uint8_t>(size) & 3) != 2)
      return host::Error{ENOTSUP, "an HD Audio controller without rings of 256 entries"};
  }
  const bool wide = registers_.read<uint16_t>(kGcap) & 1;
  if (!wide && ((pages.commands_iova | pages.answers_iova) >> 32) != 0)
    return host::Error{ERANGE, "an HD Audio controller with 32-bit addresses"};
  for (const auto& [base, iova] :
       {std::pair{kCorbBase, pages.commands_iova}, std::pair{kRirbBase, pages.answers_iova}}) {
    registers_.write<uint32_t>(base, static_cast<uint32_t>(iova));
    registers_.write<uint32_t>(base + 4, static_cast<uint32_t>(iova >> 32));
  }
  registers_.write<uint16_t>(kCorbWp, 0);
  registers_.write<uint16_t>(kCorbRp, 0x8000);
  (void)wait<uint16_t>(kCorbRp, 0x8000, 0x8000, 5);  // NVIDIA's controllers clear it at once
  registers_.write<uint16_t>(kCorbRp, 0);
  if (!wait<uint16_t>(kCorbRp, 0x8000, 0, 50))
    return host::Error{ETIMEDOUT, "reset the command ring of the HD Audio controller"};
  registers_.write<uint16_t>(kRirbWp, 0x8000);
  registers_.write<uint16_t>(kRintCnt, with_interrupts ? 1 : 0xff);
  registers_.write<uint8_t>(kRirbSts, kBothStatus);
  return {};
}

host::Result<void> HdAudio::start(const ProbePages& pages, bool with_interrupts) {
  if (!leave_reset()) return host::Error{ETIMEDOUT, "reset the HD Audio controller"};
  if (!wait_until(50, [&] { return registers_.read<uint16_t>(kStatests) != 0; }))
    return host::Error{ENOMEDIUM, "find a codec behind the HD Audio controller"};
  codec_ = static_cast<uint8_t>(std::countr_zero(registers_.read<uint16_t>(kStatests)));
  if (auto set = set_up_rings(pages, with_interrupts); !set) return set;
  write_pointer_ = 0;
  registers_.write<uint8_t>(kRirbCtl, 3);
  registers_.write<uint8_t>(kCorbCtl, 2);
  if (with_interrupts) registers_.write<uint32_t>(kIntctl, 0xc0000000);
  return {};
}

std::optional<uint64_t> HdAudio::ask(const ProbePages& pages, int question) {
  const size_t index = ++write_pointer_;
  const uint32_t verb = uint32_t{codec_} << 28 | kGetParameter << 8 | kParameters[question];
  std::memcpy(pages.commands.data() + index * sizeof(verb), &verb, sizeof(verb));
  const Response before = response_at(pages.answers, index);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  notify_doorbell();
  registers_.write<uint16_t>(kCorbWp, static_cast<uint16_t>(index));
  Response answer = before;
  const bool arrived = wait_until(kAnswerMilliseconds, [&] {
    answer = response_at(pages.answers, index);
    return answer.value != before.value && answer.extra == codec_;
  });
  // The status is set after the answer. If it were cleared too early, it would stay set and
  // suppress the next interrupt.
  if (arrived) {
    (void)wait<uint8_t>(kRirbSts, 1, 1, 5);
    notify_answer();
  }
  registers_.write<uint8_t>(kRirbSts, kBothStatus);
  if (!arrived) return std::nullopt;
  return answer.value;
}

void HdAudio::stop() {
  (void)stop_rings();
  registers_.write<uint8_t>(kRirbSts, kBothStatus);
  registers_.write<uint32_t>(kGctl, 0);
  (void)wait<uint32_t>(kGctl, 1, 0, 200);
}

}  // namespace verify
