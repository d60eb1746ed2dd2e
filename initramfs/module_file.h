// SPDX-License-Identifier: GPL-2.0-or-later
//
// Checks that the kernel does before it loads a module: load_module() and elf_validity_cache_copy()
// in kernel/module/main.c.
#pragma once

#include <string>
#include <string_view>

namespace initramfs {

// Why the kernel `release` would not load `module`, an ELF file, as the module `name` ("vfio_pci");
// "": no fault found.
std::string fault_of_module(std::string_view module, std::string_view name,
                            std::string_view release);

}  // namespace initramfs
