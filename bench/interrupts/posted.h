// SPDX-License-Identifier: GPL-2.0-or-later
//
// Posted interrupts: the IOMMU writes a device's interrupt into the memory of a running guest, and
// neither the host's kernel nor an eventfd sees it. KVM uses them where the IOMMU and the processor
// have them.
#pragma once

#include <string>

#include "host/pci_address.h"
#include "host/root.h"

namespace bench {

enum class Posted { kNotReported, kUnsupported, kSupported };

struct PostedInterrupts {
  Posted support = Posted::kNotReported;
  std::string source;  // the file of sysfs with the answer; "": not reported
};

// Of the IOMMU of the function. Intel: bit 59 of the capability register (VT-d 4.0, 11.4.2, PI).
// AMD: bits 23:21 of the extended features, not zero (AMD I/O Virtualization 3.08, 3.4.11, GAMSup).
PostedInterrupts posted_interrupts(const host::Root& root, const host::PciAddress& address);

// One line for the report, without the end of the line.
std::string line_of(const PostedInterrupts& posted);

}  // namespace bench
