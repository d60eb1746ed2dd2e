// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/module_file.h"

#include <gtest/gtest.h>

#include "tests/unit/module_samples.h"

namespace verify {
namespace {

using samples::kernel_module;

std::string fault(const std::string& module) {
  return initramfs::fault_of_module(module, "vfio_pci", "6.12.0");
}

TEST(ModuleFile, OfThisKernelIsAccepted) {
  EXPECT_EQ(fault(kernel_module("vfio_pci", "6.12.0")), "");
  EXPECT_EQ(fault(kernel_module("vfio-pci", "6.12.0") + "~Module signature appended~\n"), "");
}

TEST(ModuleFile, OfADifferentKernelOrNameIsRejected) {
  EXPECT_EQ(fault(kernel_module("vfio_pci", "6.12.0-x")), "is built for a different kernel");
  EXPECT_EQ(fault(kernel_module("vfio", "6.12.0")), "is a different module");
  EXPECT_EQ(fault(kernel_module(std::string("name=vfio_pci\0", 14))),
            "does not name its kernel (vermagic)");
  EXPECT_EQ(fault(samples::elf_header(ET_EXEC)), "is not a module for this processor");
  EXPECT_EQ(fault(samples::elf_header(ET_REL)), "is damaged or truncated");
  EXPECT_EQ(fault(samples::elf_relocatable({{.name = ".modinfo", .content = "x"}})),
            "lacks the symbol table or the module structure");
}

TEST(ModuleFile, TruncatedAnywhereIsRejected) {
  const std::string whole = kernel_module("vfio_pci", "6.12.0");
  for (size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(fault(whole.substr(0, length)), "") << length;
}

}  // namespace
}  // namespace verify
