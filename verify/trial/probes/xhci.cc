// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/probes/xhci.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>

#include "verify/trial/probes/wait.h"

namespace verify {
namespace {

// From the start of BAR 0 (5.3).
enum CapabilityRegister : size_t {
  kCapLength = 0x00,   // bits 7:0
  kHcsParams1 = 0x04,  // bits 31:24 ports
  kHcsParams2 = 0x08,  // scratchpads: bits 25:21 high, 31:27 low
  kHccParams1 = 0x10,  // bit 0 64-bit addresses, bits 31:16 extended capabilities, in words
  kDoorbells = 0x14,
  kRuntime = 0x18,
};

// From CAPLENGTH (5.4).
enum OperationalRegister : size_t {
  kUsbCmd = 0x00,    // bit 0 run, bit 1 reset, bit 2 interrupts
  kUsbSts = 0x04,    // bit 0 halted, bit 2 host system error, bit 3 event interrupt, bit 11 not
                     // ready, bit 12 host controller error
  kPageSize = 0x08,  // bit n: 4 KiB << n
  kCommandRing = 0x18,
  kDcbaa = 0x30,
  kConfig = 0x38,  // bits 7:0 slots
  kPorts = 0x400,  // PORTSC of each, bit 0 connected; 16 bytes apart
};

// From RTSOFF + 20h: interrupter 0 (5.5.2).
enum InterrupterRegister : size_t {
  kManagement = 0x00,  // bit 0 pending, writing 1 clears; bit 1 enable
  kModeration = 0x04,
  kTableSize = 0x08,
  kTable = 0x10,
  kDequeue = 0x18,  // bit 3 busy, writing 1 clears
};

constexpr uint32_t kRun = 1, kReset = 2, kInterrupts = 4;
constexpr uint32_t kHalted = 1, kEventInterrupt = 1 << 3, kNotReady = 1 << 11;
constexpr uint32_t kBroken = 1 << 2 | 1 << 12;

// Offsets in the page of commands, which the controller only reads. The device context array has
// room for all 255 slots, so that other data is never read as a slot.
constexpr size_t kContexts = 0x400, kEventTable = 0xc00;
constexpr size_t kCommands = kContexts / 16;

// 6.4: a TRB is 16 bytes; the last word holds cycle (bit 0), type (15:10) and slot (31:24).
struct Trb {
  uint64_t pointer;
  uint32_t status;  // of an event, bits 31:24: completion code
  uint32_t control;
};
constexpr uint32_t kCycle = 1;
constexpr uint32_t kQuestions[] = {23 << 10 | kCycle,             // No Op (6.4.3.1)
                                   1 << 24 | 10 << 10 | kCycle};  // Disable Slot 1 (6.4.3.3)
constexpr uint32_t kFirstEventType = 32, kCompletion = 33, kLastEventType = 39;  // table 6-91

constexpr int kAnswerMilliseconds = 50;  // 0.03 to 0.2 ms in QEMU
constexpr int kHaltMilliseconds = 50;    // 5.4.1.1: within 16
constexpr int kResetMilliseconds = 1000;
constexpr int kPortMilliseconds = 100;

size_t events(const ProbePages& pages) {
  return pages.answers.size() / sizeof(Trb);
}

uint32_t type_of(uint32_t control) {
  return control >> 10 & 0x3f;
}

// The controller writes the word with the cycle bit last, so it is read first.
Trb event_at(std::span<const std::byte> ring, size_t index) {
  const std::byte* position = ring.data() + index * sizeof(Trb);
  Trb event = {};
  event.control = *reinterpret_cast<const volatile uint32_t*>(position + offsetof(Trb, control));
  std::atomic_thread_fence(std::memory_order_acquire);
  std::memcpy(&event, position, offsetof(Trb, control));
  return event;
}

// Also false for the bytes that the page is filled with before the test.
bool has_arrived(const Trb& event) {
  const uint32_t type = type_of(event.control);
  return (event.control & kCycle) && type >= kFirstEventType && type <= kLastEventType;
}

void put(std::span<std::byte> memory, size_t offset, const void* what, size_t size) {
  std::memcpy(memory.data() + offset, what, size);
}

}  // namespace

Xhci::Xhci(vfio::RegionMemory registers) : registers_(std::move(registers)) {
  operational_ = read(kCapLength) & 0xff;
  interrupter_ = (read(kRuntime) & ~0x1fu) + 0x20;
  doorbell_ = read(kDoorbells) & ~0x3u;
  if (!has_registers()) return;
  // Read only once: the memory layout depends on them, and a broken controller could return other
  // values later.
  const uint32_t parameters = read(kHcsParams2), sizes = read(operational_ + kPageSize) & 0xffff;
  scratchpads_ = (parameters >> 21 & 0x1f) << 5 | parameters >> 27;
  page_size_ = size_t{4096} << (sizes ? std::countr_zero(sizes) : 0);
}

// All bits of a removed device read as 1.
bool Xhci::has_registers() const {
  return operational_ >= 0x20 && read(kHcsParams1) != UINT32_MAX &&
         operational_ + kPorts <= registers_.size() &&
         interrupter_ + kDequeue + 8 <= registers_.size() && doorbell_ + 4 <= registers_.size();
}

// 5.1: low half first.
void Xhci::write_address(size_t offset, uint64_t value) {
  write(offset, static_cast<uint32_t>(value));
  write(offset + 4, static_cast<uint32_t>(value >> 32));
}

bool Xhci::wait(size_t offset, uint32_t mask, uint32_t value, int milliseconds) const {
  return wait_until(milliseconds, [&] { return (read(offset) & mask) == value; });
}

// 4.22.1, 7.1: USB Legacy Support, which is capability 1. Waits at most a second until the firmware
// releases the controller, and disables the firmware's interrupts.
void Xhci::take_ownership() {
  constexpr uint32_t kFirmware = 1 << 16, kOurs = 1 << 24, kReserved = 0x000e1fee;
  size_t position = size_t{4} * (read(kHccParams1) >> 16);
  for (int hops = 0; position != 0 && position + 8 <= registers_.size() && hops < 64; ++hops) {
    const uint32_t head = read(position);
    if ((head & 0xff) == 1) {
      write(position, head | kOurs);
      (void)wait(position, kFirmware, 0, 1000);
      write(position + 4, (read(position + 4) & kReserved) | 0xe0000000);
      return;
    }
    const size_t next = head >> 8 & 0xff;
    if (next == 0) return;
    position += next * 4;
  }
}

// 4.2, 5.4.1: the controller must be halted before it is reset, and ready before other writes.
bool Xhci::reset() {
  write(operational_ + kUsbCmd, 0);
  (void)wait(operational_ + kUsbSts, kHalted, kHalted, kHaltMilliseconds);
  write(operational_ + kUsbCmd, kReset);
  pause_for(1000);  // Intel's controllers hang if they are read at once
  return wait(operational_ + kUsbCmd, kReset, 0, kResetMilliseconds) &&
         wait(operational_ + kUsbSts, kNotReady, 0, kResetMilliseconds);
}

// 4.20: the pages for the controller's own use, and the array of their addresses, which it reads.
size_t Xhci::scratch_size() const {
  if (scratchpads_ == 0) return 0;
  return (scratchpads_ + (scratchpads_ * 8 + page_size_ - 1) / page_size_) * page_size_;
}

void Xhci::prepare_memory(const ProbePages& pages) const {
  std::fill(pages.commands.begin(), pages.commands.end(), std::byte{0});
  const uint64_t table[] = {pages.answers_iova, events(pages)};  // 6.5
  put(pages.commands, kEventTable, table, sizeof(table));
  if (pages.scratch.empty()) return;
  put(pages.commands, kContexts, &pages.scratch_iova, sizeof(pages.scratch_iova));
  const size_t first = pages.scratch.size() - scratchpads_ * page_size_;
  for (size_t i = 0; i < scratchpads_; ++i) {
    const uint64_t pad = pages.scratch_iova + first + i * page_size_;
    put(pages.scratch, i * sizeof(pad), &pad, sizeof(pad));
  }
}

// 4.2: ERSTBA is written last, because the controller then reads the table.
void Xhci::set_addresses(const ProbePages& pages) {
  write(operational_ + kConfig, 1);
  write_address(operational_ + kDcbaa, pages.commands_iova + kContexts);
  write_address(operational_ + kCommandRing, pages.commands_iova | kCycle);
  write(interrupter_ + kTableSize, 1);
  write_address(interrupter_ + kDequeue, pages.answers_iova | 8);
  write_address(interrupter_ + kTable, pages.commands_iova + kEventTable);
  write(interrupter_ + kModeration, 0);
}

// 4.19.2: a port with a connected device sends one event, and no other until its change bits are
// cleared. The event is consumed here, so that it is not counted as the interrupt of an answer.
void Xhci::consume_port_events(const ProbePages& pages) {
  const size_t ports = read(kHcsParams1) >> 24;
  bool connected = false;
  for (size_t i = 0; i < ports; ++i) {
    const size_t port = operational_ + kPorts + i * 16;
    connected |= port + 4 <= registers_.size() && (read(port) & 1);
  }
  if (connected) pause_for(kPortMilliseconds * 1000);
  while (event_ + 1 < events(pages) && has_arrived(event_at(pages.answers, event_))) ++event_;
  acknowledge(pages);
}

host::Result<void> Xhci::start(const ProbePages& pages, bool with_interrupts) {
  if (!has_registers())
    return host::Error{EIO, "find the registers of the USB controller in its BAR"};
  const bool wide = read(kHccParams1) & 1;
  if (!wide && ((pages.commands_iova | pages.answers_iova | pages.scratch_iova) >> 32) != 0)
    return host::Error{ERANGE, "a USB controller with 32-bit addresses"};
  take_ownership();
  if (!reset()) return host::Error{ETIMEDOUT, "reset the USB controller"};
  command_ = event_ = 0;
  prepare_memory(pages);
  set_addresses(pages);
  write(operational_ + kUsbCmd, kRun);
  if (!wait(operational_ + kUsbSts, kHalted, 0, kHaltMilliseconds))
    return host::Error{ETIMEDOUT, "start the USB controller"};
  if (!with_interrupts) return {};
  consume_port_events(pages);
  write(interrupter_ + kManagement, 3);
  write(operational_ + kUsbCmd, kRun | kInterrupts);
  return {};
}

// The completion code of the event for `command`. Other events, such as those of ports, are
// skipped.
std::optional<uint32_t> Xhci::next_event(const ProbePages& pages, uint64_t command) {
  for (; event_ < events(pages); ++event_) {
    Trb event = {};
    const bool arrived = wait_until(kAnswerMilliseconds, [&] {
      event = event_at(pages.answers, event_);
      return has_arrived(event) || (read(operational_ + kUsbSts) & kBroken);
    });
    if (!arrived || !has_arrived(event)) return std::nullopt;
    if (type_of(event.control) != kCompletion || event.pointer != command) continue;
    ++event_;
    return event.status >> 24;
  }
  return std::nullopt;
}

// 5.5.2.1, 4.17.2: the pending bit must be cleared before the dequeue pointer is written, otherwise
// the interrupt of the next event is lost.
void Xhci::acknowledge(const ProbePages& pages) {
  write(operational_ + kUsbSts, kEventInterrupt);
  write(interrupter_ + kManagement, read(interrupter_ + kManagement) | 1);
  write_address(interrupter_ + kDequeue, (pages.answers_iova + event_ * sizeof(Trb)) | 8);
}

std::optional<uint64_t> Xhci::ask(const ProbePages& pages, int question) {
  if (command_ + 1 >= kCommands) return std::nullopt;  // the entry after the last must stay zero
  const size_t position = command_++ * sizeof(Trb);
  const Trb trb = {.pointer = 0, .status = 0, .control = kQuestions[question]};
  put(pages.commands, position, &trb, sizeof(trb));
  std::atomic_thread_fence(std::memory_order_seq_cst);
  notify_doorbell();
  write(doorbell_, 0);
  const auto code = next_event(pages, pages.commands_iova + position);
  if (code) notify_answer();
  acknowledge(pages);
  if (!code) return std::nullopt;
  return *code;
}

void Xhci::stop() {
  if (has_registers()) (void)reset();
}

}  // namespace verify
