// SPDX-License-Identifier: GPL-2.0-or-later
//
// The words of the kernel's messages about IOMMUs, interrupts and PCI functions, and of
// vfio-early's messages. A capture leaves out words that are missing here, so that nothing leaks if
// a message has a different wording.
#pragma once

#include <string_view>

namespace verify::capture {

// Upper and lower case are the same.
bool is_vocabulary(std::string_view word);

}  // namespace verify::capture
