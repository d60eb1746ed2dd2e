// SPDX-License-Identifier: GPL-2.0-or-later
//
// An initramfs: the tree of its files is consistent, and every check has a finding.
#include "verify/check/image.h"

#include "initramfs/contents.h"
#include "initramfs/cpio_writer.h"
#include "initramfs/module_index.h"
#include "tests/fuzz/judge.h"
#include "tests/fuzz/samples.h"
#include "tests/fuzz/target.h"
#include "tests/unit/verify/init_samples.h"
#include "verify/inspect_machine.h"

namespace fuzz {
namespace {

constexpr const char* kHookScript =
    "#!/bin/sh\n/usr/bin/vfio-early gate > /dev/null 2>&1\n/usr/bin/vfio-early bind &\n";

std::string archive(const Files& files) {
  initramfs::Cpio cpio;
  for (const auto& [path, text] : files)
    cpio.file(path, text, path.find("bin/") != path.npos ? 0755 : 0644);
  return std::move(cpio).finish();
}

Files common() {
  const std::string modules = "lib/modules/6.12.0-fake/", release = "6.12.0-fake";
  initramfs::ModuleIndex index;
  index.add("vfio_pci", "kernel/vfio-pci.ko: kernel/vfio_iommu_type1.ko.xz");
  return {{"usr/bin/vfio-early", elf_program()},
          {"etc/vfio-early.conf", "[gaming]\naddress = 0000:01:00\n"},
          {modules + "kernel/vfio-pci.ko", elf_module("vfio_pci", release)},
          {modules + "kernel/vfio_iommu_type1.ko.xz",
           compressed(elf_module("vfio_iommu_type1", release), "xz")},
          {modules + "modules.builtin.modinfo", std::string("ext4.license=GPL\0x.alias=pci:*", 31)},
          {modules + "modules.dep.bin", index.bytes()},
          {modules + "modules.dep", "kernel/vfio-pci.ko: kernel/vfio_iommu_type1.ko.xz\n"}};
}

std::string initramfs_tools() {
  Files files = common();
  files["init"] = samples::kInitramfsToolsInit;
  files["scripts/functions"] = samples::kInitramfsToolsLibrary;
  files["scripts/init-top/00-vfio-early"] = kHookScript;
  files["scripts/init-top/ORDER"] = "/scripts/init-top/00-vfio-early \"$@\"\n";
  return archive(files);
}

std::string mkinitcpio() {
  Files files = common();
  files["init"] = samples::kMkinitcpioInit;
  files["init_functions"] = samples::kMkinitcpioLibrary;
  files["hooks/vfio-early"] = std::string("run_earlyhook() {\n") + kHookScript + "}\n";
  files["config"] = "MODULES=\"\"\nEARLYHOOKS=\"vfio-early udev\"\n";
  files["etc/cmdline.d/x.conf"] = "vfio_early=off\n";
  return archive(files);
}

std::vector<std::string> samples() {
  const std::string image = initramfs_tools();
  std::vector<std::string> all = {
      image, mkinitcpio(),
      archive({{"kernel/x86/microcode/AuthenticAMD.bin", "x"}}) + std::string(8, '\0') +
          compressed(image, "zstd"),
      unified_image({{".cmdline", "quiet rdinit=/vfio-early"}, {".initrd", image}})};
  for (const char* compression : kCompressions) all.push_back(compressed(image, compression));
  return all;
}

// Every file has its directory, and directories have no content.
void check_contents(std::string_view bytes) {
  const initramfs::ImageContents contents = initramfs::read_image(bytes);
  for (const auto& [path, file] : contents.files) {
    const size_t slash = path.rfind('/');
    if (slash != path.npos) require(contents.files.at(path.substr(0, slash)).directory);
    require(!path.empty() && path.back() != '/' && file.head.size() <= initramfs::kImageHead);
    require(!file.directory || (file.text.empty() && file.link.empty() && !file.regular));
    require(contents.find(path) == &file);
  }
}

void parse(std::string_view bytes) {
  check_contents(bytes);
  static const host::Root kRoot = make_tree(machine_tree());
  static const auto kConfiguration = config::read_configuration(kRoot, config::kConfigurationFile);
  static const auto kMachine = *verify::inspect(kRoot, kConfiguration, {.live = false});
  const auto inspection =
      verify::read_image_facts(verify::BootConfiguration(kRoot), "image", bytes, kConfiguration,
                               config::kConfigurationFile, kMachine);
  const verify::Findings findings = verify::run_image_checks(inspection);
  require(findings.size() >= verify::image_checks().size());
  check_formats(kMachine, findings);
}

const Target kTarget("image", samples, parse);

}  // namespace
}  // namespace fuzz
