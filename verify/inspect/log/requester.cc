// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/log/requester.h"

#include <charconv>

#include <fmt/format.h>

namespace verify {
namespace {

// The number after the first `label` in the line.
std::optional<uint64_t> number_after(std::string_view line, std::string_view label, int base) {
  const size_t at = line.find(label);
  if (at == line.npos) return std::nullopt;
  const std::string_view digits = line.substr(at + label.size());
  uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (error != std::errc()) return std::nullopt;
  return number;
}

std::string address_of(uint64_t requester) {
  return fmt::format("{:02x}:{:02x}.{:x}", requester >> 8 & 0xff, requester >> 3 & 0x1f,
                     requester & 7);
}

}  // namespace

std::optional<std::string> requester_in(std::string_view line, std::string_view next) {
  std::optional<uint64_t> id;
  // qi_dump_fault in drivers/iommu/intel/dmar.c: "DMAR: VT-d detected Invalidation Time-out Error:
  // SID 100".
  if (line.starts_with("DMAR: VT-d detected ")) id = number_after(line, " SID ", 16);
  // viommu_fault_handler in drivers/iommu/virtio-iommu.c; an endpoint ID is a requester ID (VIOT).
  else if (line.starts_with("virtio_iommu "))
    id = number_after(line, " fault from EP ", 10);
  // arm_smmu_evtq_thread in drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: "event 0x10 received:",
  // then four words. The upper half of the first is the stream ID, in which IORT usually has the
  // requester ID.
  else if (line.starts_with("arm-smmu-v3 ") && line.find(": event 0x") != line.npos) {
    id = number_after(next, "0x", 16);
    if (id) id = *id >> 32;
  }
  if (!id) return std::nullopt;
  return address_of(*id & 0xffff);
}

}  // namespace verify
