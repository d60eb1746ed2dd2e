// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/live/fault_log.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <unistd.h>

#include "host/kernel_log.h"
#include "host/text.h"

namespace verify {
namespace {

// The text after `label`, up to the next of `ends`.
std::optional<std::string_view> after(std::string_view line, std::string_view label,
                                      std::string_view ends) {
  const size_t found = line.find(label);
  if (found == line.npos) return std::nullopt;
  line.remove_prefix(found + label.size());
  return line.substr(0, line.find_first_of(ends));
}

std::optional<uint64_t> hexadecimal(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "[01:00.1]", and with its domain since Linux 7.3: "[0000:01:00.1]".
std::optional<IommuFault> parse_intel(std::string_view line) {
  const auto device = after(line, "Request device [", "]");
  const auto address_text = after(line, "fault addr ", " ");
  const auto address = address_text ? hexadecimal(*address_text) : std::nullopt;
  if (!device || !address) return std::nullopt;
  return IommuFault{std::string(*device), line.find("[DMA Write") != line.npos, *address};
}

// The device is before the message, as in drivers' messages, or in the message if the kernel does
// not know the device. Whether it was a write is unknown: bit 5 of the flags, RW, is valid only for
// a page that is present (AMD IOMMU specification 3.09, 2.5.3).
std::optional<IommuFault> parse_amd(std::string_view line) {
  if (line.find("IO_PAGE_FAULT") == line.npos) return std::nullopt;
  const auto address_text = after(line, " address=", " ]");
  const auto address = address_text ? hexadecimal(*address_text) : std::nullopt;
  if (!address) return std::nullopt;
  auto device = after(line, " device=", " ]");
  if (!device) {
    const std::string_view head = line.substr(0, line.find(": AMD-Vi"));
    device = head.substr(head.rfind(' ') + 1);
  }
  return IommuFault{std::string(*device), std::nullopt, *address};
}

// "virtio_iommu virtio3: page fault from EP 257 at 0x123600000 [W]". The number is the device's
// requester id if a single PCI segment begins at endpoint 0, as in QEMU's VIOT: bits 15 to 8 are
// the bus, 7 to 3 the device (viommu_fault_handler in drivers/iommu/virtio-iommu.c).
std::optional<IommuFault> parse_virtio(std::string_view line) {
  const auto endpoint = after(line, " fault from EP ", " ");
  const auto address_text = after(line, " at ", " ");
  const auto address = address_text ? hexadecimal(*address_text) : std::nullopt;
  const auto id = endpoint ? host::parse_number(*endpoint, 10, 0xffff) : std::nullopt;
  if (!id || !address) return std::nullopt;
  return IommuFault{fmt::format("{:02x}:{:02x}.{}", *id >> 8, *id >> 3 & 0x1f, *id & 7),
                    after(line, " [", "]").value_or("").find('W') != std::string_view::npos,
                    *address};
}

}  // namespace

std::optional<IommuFault> parse_fault(std::string_view line) {
  if (line.find("DMAR: [DMA ") != line.npos) return parse_intel(line);
  if (line.find("AMD-Vi: Event logged") != line.npos) return parse_amd(line);
  if (line.starts_with("virtio_iommu ")) return parse_virtio(line);
  return std::nullopt;
}

// A device without a domain, "01:00.1", may be in any domain.
bool IommuFault::is_write_by(std::string_view function, uint64_t page, uint64_t size) const {
  const bool without_domain = device.find(':') == device.rfind(':');
  const std::string_view name =
      without_domain ? function.substr(std::min(function.find(':'), function.size() - 1) + 1)
                     : function;
  return !device.empty() && name == device && written.value_or(true) && address >= page &&
         address - page < size;
}

// A log that cannot be read has no lines. This is not an error.
FaultLog FaultLog::open(const host::Root& root, std::string address) {
  auto log = host::open_kernel_log(root);
  if (!log) return {host::Fd(), std::move(address)};
  (void)::lseek(log->get(), 0, SEEK_END);
  return {std::move(*log), std::move(address)};
}

std::vector<std::string> FaultLog::new_lines() {
  std::vector<std::string> lines;
  if (!log_.valid()) return lines;
  const auto new_lines = host::read_new_lines(log_);
  if (new_lines)
    for (const host::LogLine& line : *new_lines) lines.push_back(line.text);
  return lines;
}

std::string FaultLog::find_write_fault(uint64_t page, uint64_t size) {
  for (std::string& line : new_lines())
    if (const auto fault = parse_fault(line); fault && fault->is_write_by(address_, page, size))
      return std::move(line);
  return {};
}

}  // namespace verify
