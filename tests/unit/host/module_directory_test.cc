// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the modules of a kernel are, also on NixOS and Guix System.
#include "host/module_directory.h"

#include "host/module_aliases.h"
#include "tests/unit/fake_tree.h"

namespace host {
namespace {

constexpr const char* kRelease = "6.12.1";

TEST(ModuleDirectory, IsTheFirstThatExists) {
  FakeTree tree;
  const auto found = [&] { return find_module_directory(tree.root(), kRelease); };
  EXPECT_EQ(found(), "/lib/modules/6.12.1");
  for (const char* directory :
       {"/run/booted-system/kernel/lib/modules/6.12.1",
        "/nix/var/nix/profiles/system/kernel-modules/lib/modules/6.12.1",
        "/run/booted-system/kernel-modules/lib/modules/6.12.1", "/lib/modules/6.12.1"}) {
    tree.file(directory + std::string("/modules.alias"), "");
    EXPECT_EQ(found(), directory);
  }
}

TEST(ModuleDirectory, HasTheAliases) {
  FakeTree tree;
  EXPECT_FALSE(ModuleAliases::read(tree.root(), kRelease));
  tree.file("/run/booted-system/kernel-modules/lib/modules/6.12.1/modules.alias",
            "alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau\n");
  EXPECT_TRUE(ModuleAliases::read(tree.root(), kRelease));
}

}  // namespace
}  // namespace host
