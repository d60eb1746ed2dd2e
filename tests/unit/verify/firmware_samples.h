// SPDX-License-Identifier: GPL-2.0-or-later
//
// Firmware tables built from the specifications, byte by byte, with one of each structure. For the
// tests, and as seeds for the fuzzer.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace samples {

using Bytes = std::vector<uint8_t>;

// Numbers are little-endian: number<2>(0x1234) is 34 12.
class TableBytes {
 public:
  explicit TableBytes(std::string_view signature) {
    text(signature, 4).number<4>(0).number<2>(1).text("VFIOET", 6).text("SAMPLE", 8);
    number<4>(1).text("HAND", 4).number<4>(1);
  }

  template <int kWidth>
  TableBytes& number(uint64_t value) {
    for (int i = 0; i < kWidth; ++i) bytes_.push_back(static_cast<uint8_t>(value >> 8 * i));
    return *this;
  }
  TableBytes& bytes(std::initializer_list<uint8_t> more) {
    bytes_.insert(bytes_.end(), more);
    return *this;
  }
  TableBytes& text(std::string_view text, size_t length) {
    for (size_t i = 0; i < length; ++i)
      bytes_.push_back(i < text.size() ? static_cast<uint8_t>(text[i]) : 0);
    return *this;
  }

  // Returns the table with its length and checksum.
  Bytes done() const {
    Bytes table = bytes_;
    for (size_t i = 0; i < 4; ++i) table[4 + i] = static_cast<uint8_t>(table.size() >> 8 * i);
    uint8_t sum = 0;
    for (const uint8_t byte : table) sum = static_cast<uint8_t>(sum + byte);
    table[9] = static_cast<uint8_t>(-sum);
    return table;
  }

 private:
  Bytes bytes_;
};

// VT-d, chapter 8: each of the seven structures, and each of the five device scopes.
inline Bytes dmar() {
  TableBytes table("DMAR");
  table.bytes({38, 7}).text("", 10);
  // DRHD, segment 1, 4 pages of registers.
  table.bytes({0, 0, 32, 0, 1, 2, 1, 0}).number<8>(0xfed91000);
  table.bytes({3, 8, 0, 0, 2, 0xf0, 0x1f, 0}).bytes({4, 8, 0, 0, 1, 0xf0, 0x0f, 0});
  // RMRR with an endpoint two bridges down, and with a bridge and everything below it.
  table.bytes({1, 0, 44, 0, 0, 0, 0, 0}).number<8>(0x7c000000).number<8>(0x7dffffff);
  table.bytes({1, 12, 0, 0, 0, 0, 0x1c, 4, 0, 0, 3, 1}).bytes({2, 8, 0, 0, 0, 0, 1, 0});
  table.bytes({2, 0, 8, 0, 1, 0, 0, 0});                                      // ATSR
  table.bytes({3, 0, 20, 0, 0, 0, 0, 0}).number<8>(0xfed91000).number<4>(1);  // RHSA
  table.bytes({4, 0, 20, 0, 0, 0, 0, 1}).text("\\_SB.I2C0", 12);              // ANDD
  table.bytes({5, 0, 16, 0, 1, 0, 0, 0}).bytes({1, 8, 0, 0, 0, 0, 2, 0});     // SATC
  table.bytes({6, 0, 16, 0, 0, 0, 0, 0}).bytes({5, 8, 1, 0, 1, 0, 0x15, 0});  // SIDP
  return table.done();
}

// AMD IOMMU, 5.2.2: the three IVHD types with each entry, and the three IVMD types.
inline Bytes ivrs() {
  TableBytes table("IVRS");
  table.number<4>(0x00203043).number<8>(0);
  table.bytes({0x10, 0xb0, 52, 0, 2, 0, 0x40, 0}).number<8>(0xfdf00000).number<2>(0).number<2>(0);
  table.number<4>(0x80048f6f);
  table.bytes({3, 8, 0, 0}).bytes({4, 0xfe, 0xff, 0});                       // a range
  table.bytes({0x43, 0, 0xff, 0, 0, 0xa5, 0, 0}).bytes({4, 0xff, 0xff, 0});  // one with an alias
  table.bytes({0x48, 0, 0, 0xd7, 0x21, 0xa0, 0, 1});                         // an I/O APIC
  table.bytes({0x11, 0, 60, 0, 2, 0, 0x40, 0}).number<8>(0xfdf00000).number<2>(0).number<2>(0);
  table.number<4>(0x40200).number<8>(0x206d73ef22254ade).number<8>(0);
  table.bytes({1, 0, 0, 0}).bytes({2, 0x18, 1, 0}).bytes({0, 0, 0, 0});
  table.bytes({0x42, 0x20, 1, 0, 0, 0x28, 1, 0});  // one device with an alias
  table.bytes({0x40, 0, 85, 0, 2, 0, 0x40, 0}).number<8>(0xfdf00000).number<2>(1).number<2>(0);
  table.number<4>(0).number<8>(0x206d73ef22254ade).number<8>(0x10);
  table.bytes({0x46, 0x30, 1, 0, 1, 0, 0, 0}).bytes({0x40, 0, 0, 0, 0, 0, 0, 0});
  table.bytes({0xf0, 0xa5, 0, 0x40})
      .text("AMDI0020", 8)
      .text("", 8)
      .bytes({2, 7})
      .text("\\_SB.F0", 7);
  table.bytes({0x20, 1, 32, 0}).number<4>(0).number<8>(0).number<8>(0x1000).number<8>(0x1000);
  table.bytes({0x21, 8, 32, 0}).bytes({0x18, 1, 0, 0}).number<8>(0).number<8>(0x7c000000);
  table.number<8>(0x2000000);
  table.bytes({0x22, 7, 32, 0}).bytes({0x20, 1, 0x27, 1}).number<8>(0).number<8>(0x7000);
  table.number<8>(0x1000);
  return table.done();
}

// ACPI 6.5, 5.2.33: the four nodes.
inline Bytes viot() {
  TableBytes table("VIOT");
  table.number<2>(4).number<2>(48).number<8>(0);
  table.bytes({3, 0, 16, 0, 0, 0, 0x10, 0}).number<8>(0);
  table.bytes({4, 0, 16, 0, 0, 0, 0, 0}).number<8>(0xfeb00000);
  table.bytes({1, 0, 24, 0}).number<4>(0).bytes({0, 0, 0, 0, 0, 0, 0xff, 0, 48, 0}).text("", 6);
  table.bytes({2, 0, 24, 0}).number<4>(7).number<8>(0xfeb10000).bytes({64, 0}).text("", 6);
  return table.done();
}

}  // namespace samples
