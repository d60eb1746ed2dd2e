// SPDX-License-Identifier: GPL-2.0-or-later
//
// The supplementary image, read by other programs: cpio, gzip, and modprobe for the indexes.
#include "early/image.h"

#include <array>
#include <cstdio>

#include <sys/wait.h>

#include "early/boot_loader.h"
#include "initramfs/cpio_writer.h"
#include "initramfs/decompress.h"
#include "tests/unit/fake_tree.h"

namespace early {
namespace {

constexpr const char* kRelease = "6.1.0-fake";
constexpr const char* kTree = "/lib/modules/6.1.0-fake";

std::string output_of(const std::string& command) {
  FILE* pipe = ::popen(("PATH=$PATH:/usr/sbin:/sbin; " + command + " 2>&1").c_str(), "r");
  std::string output;
  std::array<char, 4096> buffer;
  while (const size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
    output.append(buffer.data(), count);
  ::pclose(pipe);
  return output;
}

class ImageTest : public testing::Test {
 protected:
  // The output of `command` with `input` on its standard input.
  std::string pipe_through(const std::string& command, const std::string& input) {
    tree_.file("/input", input);
    return output_of("cd " + tree_.directory().string() + " && { " + command + "; } < input");
  }

  FakeTree& module(const std::string& path, const std::string& text) {
    return tree_.file(std::string(kTree) + "/" + path, text);
  }

  FakeTree tree_;
};

initramfs::Cpio small_archive() {
  initramfs::Cpio cpio;
  cpio.file("a/b/file", "text\n", 0755);
  cpio.file("a/empty", "");
  cpio.directory("a/proc");
  return cpio;
}

TEST_F(ImageTest, CpioReadsOurArchive) {
  const std::string archive = small_archive().finish();
  EXPECT_EQ(archive.size() % 512, 0u);
  EXPECT_EQ(pipe_through("cpio -it --quiet", archive), "a\na/b\na/b/file\na/empty\na/proc\n");
  EXPECT_EQ(
      pipe_through("cpio -iu --quiet -d a/b/file && cat a/b/file && stat -c %A a/b/file", archive),
      "text\n-rwxr-xr-x\n");
  EXPECT_EQ(archive, small_archive().finish()) << "the same content is the same archive";
}

TEST_F(ImageTest, FilesAreAlignedToFourBytes) {
  for (size_t length = 1; length < 12; ++length) {
    initramfs::Cpio cpio;
    cpio.file(std::string(length, 'n'), std::string(length * 3, 't'));
    cpio.file("last", "x");
    EXPECT_EQ(pipe_through("cpio -it --quiet", std::move(cpio).finish()),
              std::string(length, 'n') + "\nlast\n");
  }
}

TEST_F(ImageTest, GzipUnpacksStoredData) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{65535}, size_t{65536}, size_t{200'000}}) {
    const std::string gzip = initramfs::stored_gzip(std::string(size, 'x') + "end");
    EXPECT_EQ(gzip.size() % 512, 0u);
    EXPECT_EQ(pipe_through("tail -c +5 | gzip -dcq", gzip), std::string(size, 'x') + "end") << size;
  }
}

TEST_F(ImageTest, ModulesAreUnpackedOrRefused) {
  const std::string module =
      "\x7f"
      "ELF" +
      std::string(700'000, 'm') + "~Module signature appended~";
  for (const char* tool : {"cat", "gzip -c", "xz -c", "zstd -qc"}) {
    const std::string packed = pipe_through(tool, module);
    const auto unpacked = initramfs::decompress(packed, "m.ko");
    ASSERT_TRUE(unpacked) << tool;
    EXPECT_EQ(*unpacked, module) << tool;
    if (tool == std::string("cat")) continue;
    EXPECT_FALSE(initramfs::decompress(packed.substr(0, packed.size() / 2), "m.ko")) << tool;
    EXPECT_FALSE(initramfs::decompress(packed.substr(0, 7), "m.ko")) << tool;
  }
}

// modprobe, which uses libkmod, finds the modules in the image.
TEST_F(ImageTest, ModprobeFindsTheModulesInOurIndexes) {
  module("modules.dep",
         "kernel/vfio-pci.ko: kernel/core.ko\nkernel/core.ko:\nkernel/type1.ko: kernel/core.ko\n"
         "kernel/variant-x.ko: kernel/core.ko\nkernel/other.ko:\n");
  module("modules.softdep", "softdep core post: type1 absent\nsoftdep other pre: core\n");
  module("modules.alias", "alias vfio_pci:v0000*d0000-x* variant_x\nalias pci:v* other\n");
  module("modules.builtin", "kernel/vfio_builtin.ko\nkernel/ext4.ko\n");
  for (const char* name : {"vfio-pci", "core", "type1", "variant-x"})
    module("kernel/" + std::string(name) + ".ko", "vermagic=6.1.0-fake SMP");
  const auto picked =
      initramfs::pick_modules(tree_.root(), kTree, kRelease, {"vfio_pci", "variant_x"});
  ASSERT_TRUE(picked) << describe(picked.error());
  EXPECT_EQ(picked->modules, (std::vector<std::string>{"core", "type1", "variant_x", "vfio_pci"}));

  FakeTree image;
  for (const auto& file : picked->files)
    image.file(std::string(kTree) + "/" + file.path, file.text);
  const std::string directory = image.directory().string();
  const auto depends = [&](const std::string& name) {
    std::string text = output_of("modprobe -C /dev/null -d " + directory + " -S " + kRelease +
                                 " --show-depends " + name);
    for (size_t at; (at = text.find(directory + kTree + std::string("/"))) != text.npos;)
      text.erase(at, directory.size() + std::string(kTree).size() + 1);
    return text;
  };
  EXPECT_EQ(depends("vfio-pci"),
            "insmod kernel/core.ko \ninsmod kernel/core.ko \ninsmod kernel/type1.ko \n"
            "insmod kernel/vfio-pci.ko \n");
  EXPECT_EQ(depends("vfio_pci:v00001234d0000-xyz").substr(0, 22), "insmod kernel/core.ko ");
  EXPECT_NE(depends("vfio_pci:v00001234d0000-xyz").find("variant-x.ko"), std::string::npos);
  EXPECT_EQ(depends("vfio_builtin"), "builtin vfio_builtin\n");
  EXPECT_NE(depends("other").find("not found"), std::string::npos) << depends("other");
}

// With --root or --modules, the directory may come from any user.
TEST_F(ImageTest, LongModuleListsAreAccepted) {
  constexpr int kModules = 20'000;
  std::string dependencies = "kernel/vfio-pci.ko: kernel/m0.ko\n";
  for (int i = 0; i < kModules; ++i)
    dependencies +=
        "kernel/m" + std::to_string(i) + ".ko: kernel/m" + std::to_string(i + 1) + ".ko\n";
  module("modules.dep", dependencies + "kernel/m20000.ko:\n");
  EXPECT_EQ(initramfs::pick_modules(tree_.root(), kTree, kRelease, {"vfio_pci"}).error().code,
            ENOENT)
      << "no module of the chain is there";

  module("modules.dep", "kernel/vfio-pci.ko:\n")
      .file(std::string(kTree) + "/kernel/vfio-pci.ko", "vermagic=6.1.0-fake SMP");
  module("modules.alias",
         "alias " + std::string(200'000, 'x') + " vfio_pci\nalias short vfio_pci\n");
  const auto picked = initramfs::pick_modules(tree_.root(), kTree, kRelease, {"vfio_pci"});
  ASSERT_TRUE(picked) << describe(picked.error());
  for (const auto& file : picked->files) EXPECT_LT(file.text.size(), 10'000u) << file.path;
}

TEST_F(ImageTest, ModulePathOutsideTreeIsIgnored) {
  for (const char* path :
       {"../../../escaped.ko", "kernel/../../escaped.ko", "/escaped.ko", "./escaped.ko"}) {
    module("modules.dep", std::string(path) + ":\nkernel/vfio-pci.ko: " + path + "\n");
    module("kernel/vfio-pci.ko", "vermagic=6.1.0-fake SMP");
    const auto picked =
        initramfs::pick_modules(tree_.root(), kTree, kRelease, {"vfio_pci", "escaped"});
    ASSERT_FALSE(picked) << path;
    EXPECT_EQ(picked.error().code, ENOENT);
    const auto without = initramfs::pick_modules(tree_.root(), kTree, kRelease, {"vfio_pci"});
    ASSERT_TRUE(without) << path;
    EXPECT_EQ(without->modules, std::vector<std::string>{"vfio_pci"});
  }
}

TEST_F(ImageTest, AModuleOfAnotherKernelIsRefused) {
  module("modules.dep", "kernel/vfio-pci.ko:\n")
      .file(std::string(kTree) + "/kernel/vfio-pci.ko", "vermagic=6.1.0-fake2 SMP");
  const auto picked = initramfs::pick_modules(tree_.root(), kTree, kRelease, {"vfio_pci"});
  ASSERT_FALSE(picked);
  EXPECT_EQ(picked.error().code, ENOEXEC);
  EXPECT_FALSE(initramfs::pick_modules(tree_.root(), kTree, kRelease, {"absent"}));
}

TEST_F(ImageTest, TopLevelHasOnlyOurNames) {
  const std::string image =
      pack_image({.program = "program",
                  .files = {{"/etc/vfio-early.conf", "[a]\n"}},
                  .release = kRelease,
                  .modules = {.files = {{"kernel/a.ko", "a"}}, .modules = {}}});
  EXPECT_EQ(pipe_through("cpio -it --quiet | cut -d/ -f1 | sort -u", image),
            "vfio-early\nvfio-early.d\n");
  EXPECT_EQ(
      pipe_through("cpio -i --quiet --to-stdout vfio-early.d/lib/modules/6.1.0-fake/kernel/a.ko",
                   image),
      "a");
}

TEST_F(ImageTest, LoadInstructionsNameFileAndParameter) {
  for (const char* name : {"grub", "systemd-boot", "refind", "uki", "limine", "nixos", "other"})
    for (const bool secure : {false, true}) {
      const auto loader = parse_boot_loader(name);
      ASSERT_TRUE(loader);
      const std::string text = loading_instructions(*loader, secure, "/boot/x.img", kRelease);
      EXPECT_NE(text.find("x.img"), std::string::npos) << text;
      EXPECT_NE(text.find("rdinit=/vfio-early"), std::string::npos) << text;
      EXPECT_EQ(text.find("ukify") != text.npos, name == std::string("uki")) << text;
      EXPECT_EQ(text.find("KEY") != text.npos, secure && name == std::string("uki")) << text;
    }
  EXPECT_FALSE(parse_boot_loader("lilo"));
}

}  // namespace
}  // namespace early
