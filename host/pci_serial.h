// SPDX-License-Identifier: GPL-2.0-or-later
//
// A PCIe device serial number: 64 bits that the vendor assigns to each device. It distinguishes two
// cards of the same model (PCIe 6.0, 7.9.3). Few graphics cards have one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/pci_address.h"
#include "host/root.h"

namespace host {

// "00-1b-21-ff-ff-ab-cd-ef", as lspci prints it; nullopt if `text` has another form.
std::optional<uint64_t> parse_serial(std::string_view text);
std::string serial_str(uint64_t serial);

// Reads it from the function's configuration space. nullopt: the function has none, or the caller
// may not read the extended space (only root may). Wakes a sleeping device.
std::optional<uint64_t> read_serial(const Root& root, const PciAddress& address);

}  // namespace host
