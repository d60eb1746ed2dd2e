// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/hardware/rom.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "verify/inspect/hardware/bars.h"

namespace verify::hardware {
namespace {

// PCI Firmware 3.3, 5.1: images begin at multiples of 512 bytes, which is also the unit of their
// lengths.
constexpr size_t kBlock = 512;
// A ROM with more images is damaged.
constexpr size_t kMaxImages = 64;

// The head of an image (PCI Firmware 3.3, 5.1.1; for UEFI: UEFI 2.10, 14.4.2, table 14.10).
constexpr size_t kHeaderSize = 0x1c, kEfiSignatureAt = 0x04, kMachineAt = 0x0a, kDataAt = 0x18;
constexpr uint16_t kSignature = 0xaa55;
constexpr uint32_t kEfiSignature = 0x0ef1;

// Its data structure (PCI Firmware 3.3, 5.1.3).
constexpr size_t kDataSize = 0x18, kVendorAt = 0x04, kDeviceAt = 0x06, kLengthAt = 0x10,
                 kCodeTypeAt = 0x14, kIndicatorAt = 0x15;
constexpr uint32_t kDataSignature = 0x52494350;  // "PCIR"
constexpr uint8_t kLastImage = 0x80;

template <size_t kSize>
struct Piece {
  std::array<uint8_t, kSize> bytes = {};

  // The offset is a template parameter: an offset past the end does not compile.
  template <size_t kAt>
  uint16_t u16() const {
    static_assert(kAt + 2 <= kSize);
    return static_cast<uint16_t>(bytes[kAt] | bytes[kAt + 1] << 8);
  }
  template <size_t kAt>
  uint32_t u32() const {
    return u16<kAt>() | static_cast<uint32_t>(u16<kAt + 2>()) << 16;
  }
};

const char* code_name(uint8_t code_type) {
  switch (code_type) {
    case kBiosCode:
      return "BIOS";
    case kOpenFirmwareCode:
      return "Open Firmware";
    case kUefiCode:
      return "UEFI";
    default:
      return nullptr;
  }
}

const char* machine_name(uint16_t machine) {
  switch (machine) {
    case kX64:
      return "x64";
    case 0x014c:
      return "32-bit x86";
    case 0xaa64:
      return "ARM64";
    case 0x0ebc:
      return "EFI byte code";
    default:
      return "another processor";
  }
}

class Walk {
 public:
  Walk(const RomBytes& bytes, size_t size) : bytes_(bytes), size_(size) {}

  Rom all() {
    std::optional<size_t> at = 0;
    while (at && rom_.images.size() < kMaxImages) at = image(*at);
    if (at) fail(*at, fmt::format("follows {} other images, and is not read", kMaxImages));
    return std::move(rom_);
  }

 private:
  void fail(size_t at, const std::string& what) {
    rom_.fault = fmt::format("the image at {:#x} {}", at, what);
  }

  template <size_t kSize>
  bool get(size_t at, Piece<kSize>& piece) const {
    return at <= size_ && kSize <= size_ - at && bytes_(at, piece.bytes);
  }

  // Reads an image. Returns the offset of the next one; nothing at the end of the chain.
  std::optional<size_t> image(size_t at) {
    Piece<kHeaderSize> header;
    const bool is_readable = get(at, header);
    const bool has_signature = is_readable && header.u16<0>() == kSignature;
    // Some vendors do not mark the last image. The kernel, too, ends the chain here then.
    if (!has_signature && at != 0) return std::nullopt;
    if (!is_readable) return fail(at, "cannot be read"), std::nullopt;
    if (!has_signature)
      return fail(at, fmt::format("begins with {:02x} {:02x}, not with 55 aa", header.bytes[0],
                                  header.bytes[1])),
             std::nullopt;
    Piece<kDataSize> data;
    if (!get(at + header.u16<kDataAt>(), data) || data.u32<0>() != kDataSignature)
      return fail(at, "has no data structure (PCIR)"), std::nullopt;
    const size_t length = data.u16<kLengthAt>() * kBlock;
    if (length == 0 || length > size_ - at)
      return fail(at, fmt::format("has an invalid length of {} bytes; {} bytes are left", length,
                                  size_ - at)),
             std::nullopt;
    RomImage image = {.offset = at,
                      .bytes = length,
                      .vendor = data.u16<kVendorAt>(),
                      .device = data.u16<kDeviceAt>(),
                      .code_type = data.bytes[kCodeTypeAt],
                      .machine = {}};
    if (image.code_type == kUefiCode && header.u32<kEfiSignatureAt>() == kEfiSignature)
      image.machine = header.u16<kMachineAt>();
    rom_.images.push_back(image);
    if (data.bytes[kIndicatorAt] & kLastImage) return std::nullopt;
    return at + length;
  }

  const RomBytes& bytes_;
  size_t size_;
  Rom rom_;
};

}  // namespace

std::string RomImage::str() const {
  const char* name = code_name(code_type);
  return fmt::format("{}{}{}, {}", name ? name : fmt::format("code type {:#04x}", code_type),
                     machine ? " for " : "", machine ? machine_name(*machine) : "",
                     size_text(bytes));
}

bool Rom::holds(uint8_t code_type) const {
  return std::any_of(images.begin(), images.end(),
                     [&](const RomImage& image) { return image.code_type == code_type; });
}

bool Rom::has_uefi_for(uint16_t machine) const {
  return std::any_of(images.begin(), images.end(),
                     [&](const RomImage& image) { return image.machine == machine; });
}

Rom parse_rom(const RomBytes& bytes, size_t size) {
  return Walk(bytes, size).all();
}

Rom parse_rom(std::span<const uint8_t> bytes) {
  return parse_rom(
      [&](size_t at, std::span<uint8_t> to) {
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), to.size(), to.begin());
        return true;
      },
      bytes.size());
}

}  // namespace verify::hardware
