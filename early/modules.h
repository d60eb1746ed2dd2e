// SPDX-License-Identifier: GPL-2.0-or-later
//
// Kernel modules through libkmod: loading one, with its dependencies, softdeps and modprobe.d
// options, and looking one up.
#pragma once

#include <string>

#include "host/pci_address.h"
#include "host/result.h"
#include "host/root.h"

namespace early {

// `name` may be a module, an alias, or a driver whose module is named alike ("vfio-pci" for
// vfio_pci). Loaded or built in already is success. ENOENT: there is no such module for the
// running kernel. EPERM: `root` is not the running machine's.
// `options` go to the module itself, and only if it is not loaded yet.
host::Result<void> load_module(const host::Root& root, const std::string& name,
                               const std::string& options = {});

// load_module in a child, which is waited for at most `milliseconds`. A driver is loaded when its
// probe of every function that it matches has returned; such a probe may hang, or wait for another
// that hangs. ETIMEDOUT: the kernel may still load the module later, and probe.
host::Result<void> load_module_within(int milliseconds, const host::Root& root,
                                      const std::string& name, const std::string& options = {});

// Loads what the host has for a device, by its modalias, as udev would: all that match, but none
// that is blacklisted. Given up after a minute.
void load_host_modules(const host::Root& root, const std::string& modalias);

// The driver that a loaded module brought for PCI, "vfio-pci" of vfio_pci; "" if there is none.
std::string driver_of_module(const host::Root& root, const std::string& module);

// What drives a function of this kind for VFIO: a variant driver for which modules.alias has
// "vfio_pci:" and the function's kind, else vfio-pci. Before a variant is loaded its module's name
// stands for it, which is the driver's own in every kernel so far (KBUILD_MODNAME). Also
// vfio-pci if modules.alias cannot be read within two seconds.
std::string variant_driver(const host::Root& root, const host::PciAddress& address);

}  // namespace early
