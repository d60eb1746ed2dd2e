// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/probes/virtio_gpu.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "verify/trial/probes/wait.h"

namespace verify {
namespace {

// The common configuration (4.1.4.3).
enum Register : size_t {
  kOfferedSelect = 0x00,
  kOffered = 0x04,
  kAcceptedSelect = 0x08,
  kAccepted = 0x0c,
  kConfigVector = 0x10,  // 16 bits
  kStatus = 0x14,        // 8
  kQueue = 0x16,         // 16; selects the queue of the registers below
  kQueueSize = 0x18,     // 16
  kQueueVector = 0x1a,   // 16
  kQueueEnable = 0x1c,   // 16
  kQueueNotify = 0x1e,   // 16
  kDescriptors = 0x20,   // 64, as are the next two
  kAvailable = 0x28,
  kUsed = 0x30,
  kEnd = 0x38,
};

constexpr uint8_t kAcknowledge = 1, kDriver = 2, kDriverOk = 4, kFeaturesOk = 8;  // 2.1
constexpr uint32_t kVersion1 = 1 << 0, kAccessPlatform = 1 << 1;  // of bits 32 to 63 (6)
constexpr uint16_t kNoVector = 0xffff;

// The entries of the split virtqueue (2.7). Each question uses the first two.
constexpr uint16_t kEntries = 8;
struct Descriptor {  // 2.7.5
  uint64_t address;
  uint32_t length;
  uint16_t flags;
  uint16_t next;
};
constexpr uint16_t kNext = 1, kWrite = 2;
struct Used {  // 2.7.8, without the ring, which is not read
  uint16_t flags;
  uint16_t index;
};
// Offsets in the page of commands, which begins with the descriptors, and in the page of answers,
// which begins with the used ring.
constexpr size_t kAvailableOffset = 0x80, kRequestOffset = 0x100, kResponseOffset = 0x100;

// 5.7.6.7: a request of either kind, and the head of a response.
struct Header {
  uint32_t type;
  uint32_t flags;
  uint64_t fence;
  uint32_t context;
  uint32_t ring;
};
struct Request {
  Header header;
  uint32_t resource;  // of Resource Unref
  uint32_t padding;
};
constexpr uint32_t kFence = 1;
constexpr uint32_t kGetDisplayInfo = 0x0100, kResourceUnref = 0x0102;
constexpr uint32_t kDisplayInfo = 0x1101, kInvalidResource = 0x1203;
constexpr uint32_t kDisplayInfoSize = 24 + 16 * 24;  // VIRTIO_GPU_MAX_SCANOUTS rectangles
struct Question {
  uint32_t type, length, answer;
  uint64_t fence;
};
constexpr Question kQuestions[] = {{kGetDisplayInfo, sizeof(Header), kDisplayInfo, 0x67707520},
                                   {kResourceUnref, sizeof(Request), kInvalidResource, 0x67707521}};

constexpr int kAnswerMilliseconds = 50;  // 0.2 to 0.6 in QEMU
constexpr int kResetMilliseconds = 500;

// The vendor capabilities (4.1.4).
enum Type : uint8_t { kCommonType = 1, kNotifyType = 2, kInterruptType = 3 };
struct Capability {
  uint8_t type = 0;
  uint8_t bar = 0;
  uint32_t offset = 0, length = 0;
  uint32_t multiplier = 0;  // of kNotifyType
};

host::Result<uint32_t> read_word(const vfio::Device& device, uint32_t offset) {
  const auto low = device.read_config(offset), high = device.read_config(offset + 2);
  if (!low) return low.error();
  if (!high) return high.error();
  return uint32_t{*high} << 16 | *low;
}

host::Result<Capability> read_capability(const vfio::Device& device, uint32_t position) {
  const auto head = read_word(device, position), bar = read_word(device, position + 4),
             offset = read_word(device, position + 8), length = read_word(device, position + 12),
             multiplier = read_word(device, position + 16);
  for (const auto* word : {&head, &bar, &offset, &length, &multiplier})
    if (!*word) return word->error();
  return Capability{static_cast<uint8_t>(*head >> 24), static_cast<uint8_t>(*bar & 0xff), *offset,
                    *length, *multiplier};
}

// The first of that type (4.1.4.1): the device prefers it to later ones.
host::Result<Capability> find_capability(const vfio::Device& device, Type type) {
  constexpr uint8_t kVendor = 0x09;
  auto position = device.read_config(0x34);
  for (int hops = 0; position && (*position & 0xfc) != 0 && hops < 64; ++hops) {
    const uint32_t here = *position & 0xfc;
    const auto head = device.read_config(here);
    if (!head) return head.error();
    if ((*head & 0xff) == kVendor) {
      auto capability = read_capability(device, here);
      if (!capability || capability->type == type) return capability;
    }
    position = static_cast<uint16_t>(*head >> 8);
  }
  return host::Error{ENOTSUP, "a virtio GPU without the structures of virtio 1.0"};
}

host::Result<VirtioGpu::Structure> open_structure(const vfio::Device& device,
                                                  const Capability& capability, size_t least) {
  if (capability.bar > 5 || capability.length < least)
    return host::Error{EIO, "find the registers of the virtio GPU in its BAR"};
  const auto region = device.region(capability.bar);
  if (!region) return region.error();
  const size_t end = size_t{capability.offset} + capability.length;
  auto memory = device.map(*region, end);
  if (!memory) return memory.error();
  return VirtioGpu::Structure{std::move(*memory), capability.offset};
}

template <typename T>
void put(std::span<std::byte> page, size_t position, const T& what) {
  std::memcpy(page.data() + position, &what, sizeof(what));
}

}  // namespace

host::Result<std::unique_ptr<Probe>> VirtioGpu::make(const vfio::Device& device) {
  const auto common = find_capability(device, kCommonType),
             notify = find_capability(device, kNotifyType),
             interrupt = find_capability(device, kInterruptType);
  for (const auto* capability : {&common, &notify, &interrupt})
    if (!*capability) return capability->error();
  auto registers = open_structure(device, *common, kEnd),
       doorbells = open_structure(device, *notify, 2),
       status = open_structure(device, *interrupt, 1);
  for (const auto* structure : {&registers, &doorbells, &status})
    if (!*structure) return structure->error();
  return std::unique_ptr<Probe>(std::make_unique<VirtioGpu>(
      std::move(*registers), std::move(*doorbells), std::move(*status), notify->multiplier));
}

void VirtioGpu::write_address(size_t offset, uint64_t value) {
  write<uint32_t>(offset, static_cast<uint32_t>(value));
  write<uint32_t>(offset + 4, static_cast<uint32_t>(value >> 32));
}

// 4.1.4.3.2: the reset is complete when the status reads as 0.
bool VirtioGpu::reset() {
  write<uint8_t>(kStatus, 0);
  return wait_until(kResetMilliseconds, [&] { return read<uint8_t>(kStatus) == 0; });
}

// 3.1.1, steps 2 to 6.
host::Result<void> VirtioGpu::negotiate_features() {
  write<uint8_t>(kStatus, kAcknowledge);
  write<uint8_t>(kStatus, kAcknowledge | kDriver);
  write<uint32_t>(kOfferedSelect, 1);
  constexpr uint32_t kWanted = kVersion1 | kAccessPlatform;
  const uint32_t offered = read<uint32_t>(kOffered);
  if (!(offered & kVersion1)) return host::Error{ENOTSUP, "a virtio GPU older than virtio 1.0"};
  bypasses_iommu_ = !(offered & kAccessPlatform);
  if (bypasses_iommu_) return host::Error{0, "the virtio GPU bypasses the IOMMU"};
  for (const uint32_t half : {0u, 1u}) {
    write<uint32_t>(kAcceptedSelect, half);
    write<uint32_t>(kAccepted, half == 0 ? 0 : kWanted);
  }
  write<uint8_t>(kStatus, kAcknowledge | kDriver | kFeaturesOk);
  if (!(read<uint8_t>(kStatus) & kFeaturesOk))
    return host::Error{EIO, "negotiate features with the virtio GPU"};
  return {};
}

// 4.1.5.1.3.
host::Result<void> VirtioGpu::set_up_queue(const ProbePages& pages, bool with_interrupts) {
  std::fill(pages.commands.begin(), pages.commands.end(), std::byte{0});
  put(pages.commands, kAvailableOffset, static_cast<uint16_t>(with_interrupts ? 0 : 1));
  write<uint16_t>(kConfigVector, kNoVector);
  write<uint16_t>(kQueue, 0);  // controlq (5.7.2)
  if (read<uint16_t>(kQueueSize) < kEntries)
    return host::Error{ENOTSUP, "a virtio GPU with a queue of fewer than 8 entries"};
  write<uint16_t>(kQueueSize, kEntries);
  write<uint16_t>(kQueueVector, with_interrupts ? 0 : kNoVector);
  doorbell_ = notify_.offset + size_t{read<uint16_t>(kQueueNotify)} * multiplier_;
  if (doorbell_ + 2 > notify_.memory.size())
    return host::Error{EIO, "find the doorbell of the virtio GPU in its BAR"};
  write_address(kDescriptors, pages.commands_iova);
  write_address(kAvailable, pages.commands_iova + kAvailableOffset);
  write_address(kUsed, pages.answers_iova);
  write<uint16_t>(kQueueEnable, 1);
  return {};
}

host::Result<void> VirtioGpu::start(const ProbePages& pages, bool with_interrupts) {
  if (!reset()) return host::Error{ETIMEDOUT, "reset the virtio GPU"};
  if (auto agreed = negotiate_features(); !agreed) return agreed;
  if (auto set = set_up_queue(pages, with_interrupts); !set) return set;
  write<uint8_t>(kStatus, kAcknowledge | kDriver | kFeaturesOk | kDriverOk);
  submitted_ = 0;
  return {};
}

// Both descriptors are free again when the answer has arrived, so each question uses the same ones.
std::optional<uint64_t> VirtioGpu::ask(const ProbePages& pages, int question) {
  const Question& wanted = kQuestions[question];
  const Header header = {wanted.type, kFence, wanted.fence, 0, 0};
  put(pages.commands, kRequestOffset, Request{header, /*resource=*/UINT32_MAX, 0});
  put(pages.commands, 0, Descriptor{pages.commands_iova + kRequestOffset, wanted.length, kNext, 1});
  put(pages.commands, sizeof(Descriptor),
      Descriptor{pages.answers_iova + kResponseOffset, kDisplayInfoSize, kWrite, 0});
  std::atomic_thread_fence(std::memory_order_seq_cst);
  put(pages.commands, kAvailableOffset + 2,
      ++submitted_);  // all entries of its ring are descriptor 0
  std::atomic_thread_fence(std::memory_order_seq_cst);
  notify_doorbell();
  notify_.memory.write<uint16_t>(doorbell_, 0);

  const auto* used = reinterpret_cast<const volatile Used*>(pages.answers.data());
  if (!wait_until(kAnswerMilliseconds, [&] { return used->index == submitted_; }))
    return std::nullopt;
  std::atomic_thread_fence(std::memory_order_acquire);
  Header answer = {};
  std::memcpy(&answer, pages.answers.data() + kResponseOffset, sizeof(answer));
  notify_answer();
  (void)interrupt_.memory.read<uint8_t>(interrupt_.offset);  // 4.1.4.5: reading deasserts the pin
  if (answer.type != wanted.answer || answer.fence != wanted.fence) return std::nullopt;
  return uint64_t{answer.type} << 32 | answer.fence;
}

void VirtioGpu::stop() {
  (void)reset();
}

}  // namespace verify
