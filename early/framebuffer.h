// SPDX-License-Identifier: GPL-2.0-or-later
//
// Boot framebuffers over the BARs of a claimed function. Of class 0300, vfio-pci removes them when
// it binds (vfio_pci_vga_init in drivers/vfio/pci/vfio_pci_core.c); of any other class they stay,
// and every access of a guest to such a BAR fails with EBUSY.
//
// What is done about it, and nothing else: the driver of an efifb or vesafb is unbound, after the
// virtual consoles were moved away. A BOOTFB outlives that. Where the owner says `framebuffer =
// force`, and from Linux 6.11 on, vmwgfx is made to probe the function: it has the kernel remove
// the BOOTFB, then finds that this is no card of its kind. Older kernels use memory after it was
// freed then (b49420d6a1ae of Linux 6.11), as they do after a remove and rescan; a native driver
// would have initialised the card.
//
// What it looked at is always looked at again: the record has what was there and what is left.
#pragma once

#include "host/root.h"
#include "plan/record.h"

namespace early {

// Before anything is bound: notes what lies over the functions' BARs, and takes a BOOTFB away where
// that was asked for.
void find_framebuffers(const host::Root& root, plan::Record& record);

// Once the function is bound: releases what is still there, and says what became of it.
void release_framebuffer(const host::Root& root, plan::FunctionRecord& function);

}  // namespace early
