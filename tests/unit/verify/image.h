// SPDX-License-Identifier: GPL-2.0-or-later
//
// Images of each kind, with the files that vfio-early needs in them, and their findings.
#pragma once

#include <array>
#include <cstdio>
#include <map>
#include <string>

#include <elf.h>

#include "initramfs/cpio_writer.h"
#include "initramfs/module_index.h"
#include "tests/unit/fake_tree.h"
#include "tests/unit/module_samples.h"
#include "tests/unit/verify/healthy.h"
#include "tests/unit/verify/init_samples.h"
#include "verify/check/image.h"
#include "verify/inspect/image/shipped_files.h"
#include "verify/inspect_machine.h"

namespace verify {

inline constexpr const char* kConfiguration = "[gaming]\naddress = 0000:01:00\n";
inline constexpr const char* kModules = "lib/modules/6.1.0-fake/";

inline std::string pipe_through(const FakeTree& tree, const std::string& command,
                                const std::string& input) {
  const_cast<FakeTree&>(tree).file("/input", input);
  FILE* pipe = ::popen((command + " < " + tree.directory().string() + "/input").c_str(), "r");
  std::string output;
  std::array<char, 4096> buffer;
  while (const size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
    output.append(buffer.data(), count);
  ::pclose(pipe);
  return output;
}

using Files = std::map<std::string, std::string>;

inline bool is_program(const std::string& path) {
  return path == "init" || path.ends_with("vfio-early") || path.ends_with("/sh") ||
         path.ends_with("/systemd") || path.find("init-top/") != path.npos;
}

inline std::string archive_of(const Files& files) {
  initramfs::Cpio cpio;
  for (const auto& [path, text] : files) cpio.file(path, text, is_program(path) ? 0755 : 0644);
  return std::move(cpio).finish();
}

inline std::string module_of(const std::string& release, const std::string& name = "vfio_pci") {
  return samples::kernel_module(name, release);
}

inline std::string shipped(const std::string& name) {
  return std::string(shipped_text(name));
}

// modules.dep.bin.
inline std::string module_index() {
  initramfs::ModuleIndex index;
  index.add("vfio_pci", "kernel/vfio-pci.ko: kernel/vfio.ko");
  index.add("vfio", "kernel/vfio.ko:");
  index.add("vfio_iommu_type1", "kernel/vfio_iommu_type1.ko: kernel/vfio.ko");
  return index.bytes();
}

// The files of every image with vfio-early.
inline Files common_files() {
  return {{"usr/bin/vfio-early", samples::elf_header(ET_EXEC)},
          {"bin/sh", samples::elf_header(ET_EXEC)},
          {"etc/vfio-early.conf", kConfiguration},
          {std::string(kModules) + "kernel/vfio-pci.ko", module_of("6.1.0-fake")},
          {std::string(kModules) + "kernel/vfio.ko", module_of("6.1.0-fake", "vfio")},
          {std::string(kModules) + "kernel/vfio_iommu_type1.ko",
           module_of("6.1.0-fake", "vfio_iommu_type1")},
          {std::string(kModules) + "modules.builtin", "kernel/fs/ext4.ko\n"},
          {std::string(kModules) + "modules.builtin.modinfo", "ext4.license=GPL"},
          {std::string(kModules) + "modules.dep.bin", module_index()},
          {std::string(kModules) + "modules.dep",
           "kernel/vfio-pci.ko: kernel/vfio.ko\nkernel/vfio.ko:\n"
           "kernel/vfio_iommu_type1.ko: kernel/vfio.ko\n"}};
}

inline Files init_top(const std::string& first, const std::string& second) {
  Files files = common_files();
  files["init"] = samples::kInitramfsToolsInit;
  files["scripts/functions"] = samples::kInitramfsToolsLibrary;
  files["scripts/init-top/" + first] = files["scripts/init-top/" + second] = "#!/bin/sh\n";
  for (const std::string point : {"init-top", "init-bottom", "local-premount"})
    files["scripts/" + point + "/00-vfio-early"] =
        shipped("initramfs-tools/scripts/" + point + "/00-vfio-early");
  files["scripts/init-top/ORDER"] =
      "/scripts/init-top/" + first + " \"$@\"\n/scripts/init-top/" + second + " \"$@\"\n";
  return files;
}

inline Files mkinitcpio(const std::string& hooks) {
  Files files = common_files();
  files["init"] = samples::kMkinitcpioInit;
  files["init_functions"] = samples::kMkinitcpioLibrary;
  files["hooks/vfio-early"] = shipped("mkinitcpio/hooks/vfio-early");
  files["config"] = "MODULES=\"\"\nEARLYHOOKS=\"" + hooks +
                    "\"\nHOOKS=\"vfio-early\"\nLATEHOOKS=\"vfio-early\"\n";
  return files;
}

inline Files dracut(const std::string& hook) {
  Files files = common_files();
  files["init"] = samples::kDracutInit;
  files["lib/dracut-lib.sh"] = samples::kDracutLibrary;
  const std::string hooks = "usr/lib/dracut/hooks/", ours = "dracut/50vfio-early/vfio-early-";
  files[hooks + hook] = shipped(ours + "gate.sh");
  files[hooks + "pre-trigger/00-vfio-early-resume.sh"] = shipped(ours + "resume.sh");
  files[hooks + "pre-pivot/99-vfio-early-join.sh"] = shipped(ours + "join.sh");
  return files;
}

inline Files supplement() {
  Files files;
  for (auto& [path, text] : common_files())
    if (path != "usr/bin/vfio-early")
      files["vfio-early.d/" + path.substr(path.starts_with("usr/") ? 4 : 0)] = text;
  files["vfio-early"] = samples::elf_header(ET_EXEC);
  return files;
}

// Files and links, with the directories of the links.
inline std::string archive_with_links(const Files& files, const Files& links) {
  initramfs::Cpio directories;
  for (const auto& [path, target] : links)
    if (path.find('/') != path.npos) directories.directory(path.substr(0, path.rfind('/')));
  std::string archive = archive_of(files) + std::move(directories).finish();
  const auto add = [&](const std::string& path, const std::string& target, unsigned mode) {
    char header[111];
    std::snprintf(header, sizeof header,
                  "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1, mode, 0, 0, 1, 0,
                  static_cast<unsigned>(target.size()), 0, 0, 0, 0,
                  static_cast<unsigned>(path.size() + 1), 0);
    const auto align = [&] { archive.resize((archive.size() + 3) / 4 * 4, '\0'); };
    archive += header + path + '\0';
    align();
    archive += target;
    align();
  };
  for (const auto& [path, target] : links) add(path, target, 0120777);
  add("TRAILER!!!", "", 0);
  return archive;
}

class VerifyImage : public testing::Test {
 protected:
  VerifyImage() {
    tree_.iommu();
    tree_.function("0000:01:00.0", "1234:1111", "38000");
    tree_.function("0000:02:00.0", "1234:1111", "38000");
    tree_.file("/etc/vfio-early.conf", kConfiguration);
  }

  Findings image_findings(const std::string& bytes) const {
    const host::Root root = tree_.root();
    const auto configuration = config::read_configuration(root, config::kConfigurationFile);
    const auto inspection = inspect(root, configuration, {config::kConfigurationFile, {}, false});
    return run_image_checks(read_image_facts(BootConfiguration(root), "image", bytes, configuration,
                                             config::kConfigurationFile, *inspection));
  }

  // The status of the first finding with this id that is not a pass, else "pass". Sets `message_`
  // to its evidence and remedy.
  std::string status(const std::string& bytes, const std::string& id) {
    std::string worst = "none";
    for (const Finding& finding : image_findings(bytes)) {
      if (finding.id != id || (worst != "none" && worst != "pass")) continue;
      worst = status_name(finding.status);
      message_ = finding.evidence + " " + finding.remedy.str();
    }
    return worst;
  }

  FakeTree tree_;
  std::string message_;
};

}  // namespace verify
