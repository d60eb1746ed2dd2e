// SPDX-License-Identifier: GPL-2.0-or-later
//
// A PCIe device serial number: 64 bits that the maker gave to this one piece of hardware, so that
// it tells apart two cards of one kind (PCIe 6.0, 7.9.3). Few graphics cards have one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/pci_address.h"
#include "host/root.h"

namespace host {

// "00-1b-21-ff-ff-ab-cd-ef", as lspci prints it; nothing if `text` is anything else.
std::optional<uint64_t> parse_serial(std::string_view text);
std::string serial_str(uint64_t serial);

// From the function's configuration space, a few dwords of it; nothing where it has none, or where
// the extended space may not be read (only root may). Wakes a sleeping device.
std::optional<uint64_t> read_serial(const Root& root, const PciAddress& address);

}  // namespace host
