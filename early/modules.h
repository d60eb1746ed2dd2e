// SPDX-License-Identifier: GPL-2.0-or-later
//
// Kernel modules through libkmod: loading one, with its dependencies and options, and looking one
// up. Of modprobe.d(5), options, aliases and softdeps count, but no install command is run: it may
// take cards that nobody configured. A softdep is not loaded if it is a driver of PCI devices other
// than vfio-pci: it would bind them.
#pragma once

#include <string>

#include "host/pci_address.h"
#include "host/result.h"
#include "host/root.h"

namespace early {

// `name` may be a module, an alias, or a driver with the name of its module ("vfio-pci" for
// vfio_pci). Success if it is loaded or built in already. ENOENT: the running kernel has no such
// module. EPERM: `root` is not the running machine's.
// `options` go to the module itself, and only if it is not loaded yet.
host::Result<void> load_module(const host::Root& root, const std::string& name,
                               const std::string& options = {});

// load_module() in a child, for which the caller waits at most `milliseconds`. Loading a driver
// takes until its probes of all functions that it matches have returned; such a probe may hang, or
// wait for another that hangs. ETIMEDOUT: the kernel may still load the module later, and probe.
host::Result<void> load_module_within(int milliseconds, const host::Root& root,
                                      const std::string& name, const std::string& options = {});

// Loads the host's modules for a device, by its modalias, as udev does: all that match and are not
// blacklisted. Stops waiting after a minute.
void load_host_modules(const host::Root& root, const std::string& modalias);

// The PCI driver of a loaded module, "vfio-pci" for vfio_pci; "" if there is none.
std::string driver_of_module(const host::Root& root, const std::string& module);

// The VFIO driver for a function: the variant driver that modules.alias has for "vfio_pci:" and the
// function's modalias, else vfio-pci. If the variant driver is not loaded yet, this is the name of
// its module, which is also the name of the driver in every kernel so far (KBUILD_MODNAME). Also
// vfio-pci if modules.alias cannot be read within two seconds.
std::string variant_driver(const host::Root& root, const host::PciAddress& address);

}  // namespace early
