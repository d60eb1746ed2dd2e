// SPDX-License-Identifier: GPL-2.0-or-later
//
// An option ROM: a chain of images, each for another kind of firmware (PCI Firmware 3.3, 5.1). The
// ROM is untrusted: the parser accepts no image outside of it, and limits the number of images.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace verify::hardware {

// Code types of the PCI data structure (PCI Firmware 3.3, 5.1.3).
inline constexpr uint8_t kBiosCode = 0, kOpenFirmwareCode = 1, kUefiCode = 3;

struct RomImage {
  size_t offset = 0;
  size_t bytes = 0;
  uint16_t vendor = 0;
  uint16_t device = 0;
  uint8_t code_type = 0;
  std::optional<uint16_t> machine;  // of a UEFI driver: its processor type (PE/COFF)

  std::string str() const;  // "UEFI for x64, 56 KiB"
};

// The processor type of 64-bit x86 (PE/COFF, "Machine Types").
inline constexpr uint16_t kX64 = 0x8664;

struct Rom {
  std::vector<RomImage> images;
  std::string fault;  // the first error, which ends the chain; "": none

  bool holds(uint8_t code_type) const;
  bool has_uefi_for(uint16_t machine) const;
};

// Copies the bytes at `at`; false if not all of them could be read. With this function, little more
// than the headers is read: a ROM is slow.
using RomBytes = std::function<bool(size_t at, std::span<uint8_t> to)>;

Rom parse_rom(const RomBytes& bytes, size_t size);
Rom parse_rom(std::span<const uint8_t> bytes);

}  // namespace verify::hardware
