// SPDX-License-Identifier: GPL-2.0-or-later
//
// Boot framebuffers over the BARs of a claimed function. If the class is 0300, vfio-pci removes
// them when it binds (vfio_pci_vga_init in drivers/vfio/pci/vfio_pci_core.c). Otherwise they stay,
// and every access of a guest to such a BAR fails with EBUSY.
//
// Only this is done about them: the driver of the framebuffer, such as efifb or vesafb, is unbound
// after the virtual consoles were moved away. A BOOTFB remains after that. With `framebuffer =
// force`, and from Linux 6.11 on, vmwgfx is made to probe the function: it lets the kernel remove
// the BOOTFB, and then fails because the card is not VMware's. Older kernels would use freed memory
// then (see b49420d6a1ae of Linux 6.11), as after a remove and rescan; a native driver would
// initialise the card.
//
// The result is always read again: the record has what was there and what is left.
#pragma once

#include "host/root.h"
#include "record/record.h"

namespace early {

// Before anything is bound: records the boot framebuffers over the functions' BARs, and removes a
// BOOTFB if the configuration says so.
void find_framebuffers(const host::Root& root, record::Record& record);

// After the function is bound: releases the boot framebuffers that are left, and logs the result.
void release_framebuffer(const host::Root& root, record::FunctionRecord& function);

}  // namespace early
