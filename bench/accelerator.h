// SPDX-License-Identifier: GPL-2.0-or-later
//
// The accelerator that QEMU can use on this machine.
#pragma once

#include <string>

namespace bench {

// "kvm" if the processor supports virtualisation and the kernel can create a virtual machine; else
// "tcg". Both are needed: firmware can disable the processor's support, and on some rented machines
// the kernel creates a virtual machine in which no guest boots.
std::string likely_accelerator();

}  // namespace bench
