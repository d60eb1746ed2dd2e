// SPDX-License-Identifier: GPL-2.0-or-later
//
// The overrides that driverctl(8) has saved: /etc/driverctl.d has a file for each device,
// "pci-0000:03:00.0", with the name of its driver. driverctl's unit writes it to driver_override
// when udev adds the device, also over another value.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/pci_address.h"
#include "host/result.h"
#include "host/root.h"

namespace host {

struct DriverctlOverride {
  std::string device;
  std::string driver;  // "none": the device gets no driver; "": the file is ignored

  // nullopt: it is not a PCI function.
  std::optional<PciAddress> address() const;
  std::string file() const;
};

// ENOENT: nothing was ever saved. Fails if one of the files cannot be read.
Result<std::vector<DriverctlOverride>> read_driverctl(const Root& root);

}  // namespace host
