// SPDX-License-Identifier: GPL-2.0-or-later
//
// The function that a message of an IOMMU driver means by a requester ID: bus, device and function
// in 16 bits (PCIe 6.0, 2.2.6.2). Most messages have the address in words; these have a number.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace verify {

// The end of a PCI address, "01:00.0"; nullopt: the line has no requester ID. `next` is the line
// after it: SMMUv3 logs an event in several lines, and kernels before 6.14 name no device.
std::optional<std::string> requester_in(std::string_view line, std::string_view next);

}  // namespace verify
