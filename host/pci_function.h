// SPDX-License-Identifier: GPL-2.0-or-later
//
// A PCI function as sysfs describes it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/pci_address.h"
#include "host/pci_path.h"
#include "host/result.h"
#include "host/root.h"

namespace host {

// Vendor, device and their subsystem counterparts, each 16 bits (PCI 3.0, 6.2.1 and 6.2.4).
struct PciId {
  uint16_t vendor = 0;
  uint16_t device = 0;
  uint16_t subvendor = 0;
  uint16_t subdevice = 0;

  auto operator<=>(const PciId&) const = default;

  // "10de:1b81", without the subsystem; nullopt if `text` has another form.
  static std::optional<PciId> parse(std::string_view text);
  std::string str() const;
};

// A host bridge, or a bridge to another bus (0604, 0607, 0609). It stays with the host, whatever
// else its group holds. Other functions of base class 06 have the header of an endpoint and can be
// claimed: NVSwitch (0680) for example.
bool is_bridge(uint32_t class_code);

// vfio-pci, or one of its variant drivers (mlx5_vfio_pci, xe-vfio-pci).
bool is_vfio_driver(std::string_view driver);

// pci-stub keeps a function from other drivers, and does not use it (drivers/pci/pci-stub.c).
bool is_stub_driver(std::string_view driver);

// Either: a driver that keeps a function for a guest, or from all drivers. It does no DMA for the
// host.
bool is_claiming_driver(std::string_view driver);

// A setting that keeps drivers from a display.
struct DriverObstacle {
  std::string module;   // "i915"; "": all graphics drivers
  std::string setting;  // "blacklist i915", "module_blacklist=i915,xe", "nomodeset"
  std::string where;    // "/etc/modprobe.d/x.conf:4", or ModuleOption::kCommandLine
};

struct PciFunction {
  PciAddress address;
  PciId id;
  uint32_t class_code = 0;  // 24 bits: base class, subclass, programming interface
  std::string driver;       // the bound driver; "": none

  // Read only if requested: see Details in host/machine.h.
  std::optional<PciPath> path;
  std::optional<uint64_t> serial;
  std::optional<int> group;     // its IOMMU group
  bool has_host_driver = true;  // false: none is bound, and none would be loaded
  // Why has_host_driver is false; empty then: no module of the kernel matches.
  std::vector<DriverObstacle> obstacles;
  bool boot_display = false;  // the firmware's output is on it (boot_vga)
  bool lacks_group = false;   // see find_functions_without_group() in host/machine.h

  // Of a virtual function (SR-IOV): the function whose driver created it.
  std::optional<PciAddress> physical_function;

  std::string class_str() const;  // "030000"
  // Does the class code begin with `prefix`, of 2, 4 or 6 hexadecimal digits?
  bool is_class(std::string_view prefix) const;
  bool is_bridge() const { return host::is_bridge(class_code); }
  bool is_virtual() const { return physical_function.has_value(); }
};

// All PCI functions, sorted by name. One small read for each: `uevent` has ids, class and driver
// together and, unlike `config`, does not wake a sleeping device.
Result<std::vector<PciFunction>> read_pci_functions(const Root& root);

// One function. ENODATA: its `uevent` has no class or no id.
Result<PciFunction> read_pci_function(const Root& root, const PciAddress& address);

// The bound driver; "" if there is none.
std::string driver_of(const Root& root, const PciAddress& address);

// The value of driver_override, the only driver that may bind; "" if it is not set (the kernel
// shows "(null)").
std::string override_of(const Root& root, const PciAddress& address);

}  // namespace host
