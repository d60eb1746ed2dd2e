// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/capture/serials.h"

#include <cstdint>

#include "host/pci_serial.h"

namespace verify::capture {
namespace {

uint8_t byte_at(const std::string& bytes, size_t at) {
  return at < bytes.size() ? static_cast<uint8_t>(bytes[at]) : 0;
}

uint32_t dword_at(const std::string& bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value |= uint32_t{byte_at(bytes, at + i)} << 8 * i;
  return value;
}

std::string dword(uint32_t value) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8)
    bytes += static_cast<char>(static_cast<uint8_t>(value >> shift & 0xff));
  return bytes;
}

// The offset of the serial number; 0: not found. As in host::read_serial().
size_t find_serial(const std::string& bytes) {
  constexpr size_t kFirst = 0x100;
  size_t at = kFirst;
  for (int left = 480; left > 0 && at >= kFirst && at + 12 <= bytes.size(); --left) {
    const uint32_t header = dword_at(bytes, at);
    if (header == 0 || header == 0xffffffff) return 0;
    if ((header & 0xffff) == 3) return at + 4;
    at = header >> 20;
  }
  return 0;
}

// The offset of the VPD capability; 0: not found. The list begins at 0x34 (PCI 3.0, 6.7).
size_t find_product_data(const std::string& bytes) {
  constexpr size_t kPointer = 0x34, kFirst = 0x40;
  size_t at = byte_at(bytes, kPointer) & 0xfcU;
  for (int left = 48; left > 0 && at >= kFirst && at + 8 <= bytes.size(); --left) {
    if (byte_at(bytes, at) == 3) return at + 4;
    at = byte_at(bytes, at + 1) & 0xfcU;
  }
  return 0;
}

}  // namespace

std::string without_serials(std::string bytes, Anonymiser& anonymiser) {
  if (const size_t at = find_product_data(bytes); at != 0) bytes.replace(at, 4, dword(0));
  const size_t at = find_serial(bytes);
  if (at == 0) return bytes;
  const uint64_t serial = uint64_t{dword_at(bytes, at + 4)} << 32 | dword_at(bytes, at);
  const uint64_t made =
      host::parse_serial(anonymiser.pseudonym("serial", host::serial_str(serial))).value_or(0);
  return bytes.replace(
      at, 8, dword(static_cast<uint32_t>(made)) + dword(static_cast<uint32_t>(made >> 32)));
}

}  // namespace verify::capture
