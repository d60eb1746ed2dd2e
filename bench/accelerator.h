// SPDX-License-Identifier: GPL-2.0-or-later
//
// What runs a guest's instructions here.
#pragma once

#include <string>

namespace bench {

// "kvm" where the processor can virtualise and the kernel makes a virtual machine when it is asked
// to, "tcg" everywhere else. Neither alone proves it: firmware switches the one off, and in rented
// machines there is a kernel that makes one, in which no guest ever comes up.
std::string likely_accelerator();

}  // namespace bench
