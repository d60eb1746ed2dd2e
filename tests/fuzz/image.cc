// SPDX-License-Identifier: GPL-2.0-or-later
//
// An initramfs: the tree of its files is consistent, and every check has a finding.
#include "early/cpio.h"
#include "early/module_index.h"
#include "tests/fuzz/judge.h"
#include "tests/fuzz/samples.h"
#include "tests/fuzz/target.h"
#include "tests/unit/init_samples.h"
#include "verify/image_checks.h"
#include "verify/image_contents.h"

namespace fuzz {
namespace {

constexpr const char* kCalls =
    "#!/bin/sh\n/usr/bin/vfio-early gate > /dev/null 2>&1\n/usr/bin/vfio-early bind &\n";

std::string archive(const Files& files) {
  early::Cpio cpio;
  for (const auto& [path, text] : files)
    cpio.file(path, text, path.find("bin/") != path.npos ? 0755 : 0644);
  return std::move(cpio).finish();
}

Files common() {
  const std::string modules = "lib/modules/6.12.0-fake/", release = "6.12.0-fake";
  early::ModuleIndex index;
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
  files["init"] = samples::kToolsInit;
  files["scripts/functions"] = samples::kToolsLibrary;
  files["scripts/init-top/00-vfio-early"] = kCalls;
  files["scripts/init-top/ORDER"] = "/scripts/init-top/00-vfio-early \"$@\"\n";
  return archive(files);
}

std::string mkinitcpio() {
  Files files = common();
  files["init"] = samples::kMkinitcpioInit;
  files["init_functions"] = samples::kMkinitcpioLibrary;
  files["hooks/vfio-early"] = std::string("run_earlyhook() {\n") + kCalls + "}\n";
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
void hold_contents(std::string_view bytes) {
  const verify::ImageContents contents = verify::read_image(bytes);
  for (const auto& [path, file] : contents.files) {
    const size_t slash = path.rfind('/');
    if (slash != path.npos) hold(contents.files.at(path.substr(0, slash)).directory);
    hold(!path.empty() && path.back() != '/' && file.head.size() <= verify::kImageHead);
    hold(!file.directory || (file.text.empty() && file.link.empty() && !file.regular));
    hold(contents.find(path) == &file);
  }
}

void parse(std::string_view bytes) {
  hold_contents(bytes);
  static const host::Root kRoot = make_tree(machine_tree());
  static const auto kConfiguration = plan::read_configuration(kRoot, plan::kConfigurationFile);
  static const auto kMachine = *verify::inspect(kRoot, kConfiguration, {.live = false});
  const auto inspection = verify::inspect_image(kRoot, "image", bytes, kConfiguration,
                                                plan::kConfigurationFile, kMachine);
  const verify::Findings findings = verify::run_image_checks(inspection);
  hold(findings.size() >= verify::image_checks().size());
  hold_formats(kMachine, findings);
}

const Target kTarget("image", samples, parse);

}  // namespace
}  // namespace fuzz
