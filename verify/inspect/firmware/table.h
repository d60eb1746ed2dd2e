// SPDX-License-Identifier: GPL-2.0-or-later
//
// The firmware's description of the IOMMUs: the ACPI tables DMAR (Intel VT-d specification, chapter
// 8), IVRS (AMD I/O Virtualization Technology specification 48882, 5.2) and VIOT (ACPI 6.5,
// 5.2.33), in one form. Parsing needs no kernel, trusts no value in the table, and always ends. A
// malformed structure becomes a Fault; structures that were read before it are kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "host/pci_path.h"

namespace verify::firmware {

// An error in the table.
struct Fault {
  size_t offset = 0;      // in the table
  std::string structure;  // "RMRR", "device scope of RMRR", "header"
  std::string what;
};

// A flag that is set: its name in the specification, and its meaning.
struct Flag {
  const char* name;
  const char* words;
};

// Bus, device and function in one number, as in the header of a request (PCIe 6.0, 2.2.4.2).
using RequesterId = uint16_t;

// The devices that a structure applies to.
struct DeviceScope {
  size_t offset = 0;
  const char* kind = "";  // "endpoint", "bridge", "range", "IOAPIC", …: see the parsers
  uint16_t segment = 0;
  // DMAR names a device by its path, which does not change if buses are renumbered.
  std::optional<host::PciPath> path;
  // IVRS and VIOT name devices by bus, device and function: the first and the last.
  std::optional<std::pair<RequesterId, RequesterId>> devices;
  std::optional<RequesterId> alias;  // the id that the IOMMU sees instead of theirs
  std::optional<uint8_t> id;         // of the I/O APIC, HPET or ACPI device
  std::string name;                  // of an ACPI device: "AMDI0020" or its path
  uint32_t settings = 0;             // the flags or data setting of the entry, not interpreted
};

// Another field of a structure.
struct Detail {
  const char* name;
  uint64_t value;
  bool hex = false;  // a bit field or an address, shown in hexadecimal
};

// One structure of a table.
struct Structure {
  enum class Role { kUnit, kReserved, kOther };

  Role role = Role::kOther;
  std::string name;  // "DRHD", "IVHD 11h"
  size_t offset = 0;
  size_t length = 0;
  std::optional<uint16_t> segment;
  std::optional<uint64_t> base;   // of a unit's registers, or of reserved memory
  std::optional<uint64_t> limit;  // the last byte of reserved memory
  uint32_t raw_flags = 0;
  std::vector<Flag> flags;
  std::vector<DeviceScope> scopes;
  std::optional<RequesterId> device;  // a unit that is a PCI function itself
  std::vector<Detail> details;
  std::string text;  // of ANDD: the ACPI object
};

struct Table {
  std::string signature;  // "DMAR"
  size_t length = 0;
  uint8_t revision = 0;
  std::string oem;  // "LENOVO TP-N2I"
  uint32_t raw_flags = 0;
  std::vector<Flag> flags;
  std::vector<Detail> details;
  std::vector<Structure> structures;  // in the table's order
  std::vector<Fault> faults;

  bool has(std::string_view flag) const;
};

// The tables that describe IOMMUs.
inline constexpr const char* kSignatures[] = {"DMAR", "IVRS", "VIOT"};

// The bytes are untrusted.
Table parse_table(std::span<const uint8_t> bytes);

// "0000:00:1f.3".
std::string requester_str(uint16_t segment, RequesterId id);

}  // namespace verify::firmware
