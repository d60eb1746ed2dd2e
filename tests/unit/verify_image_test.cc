// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-verify image on images that are made here with other programs: its findings for each kind,
// and its robustness against any bytes.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

#include <elf.h>

#include "early/cpio.h"
#include "early/module_index.h"
#include "tests/unit/fake_tree.h"
#include "tests/unit/init_samples.h"
#include "tests/unit/module_samples.h"
#include "verify/checks.h"
#include "verify/image_checks.h"
#include "verify/next_image.h"
#include "verify/shipped_files.h"
#include "verify/unified_image.h"

namespace verify {
namespace {

constexpr const char* kConfiguration = "[gaming]\naddress = 0000:01:00\n";
constexpr const char* kModules = "lib/modules/6.1.0-fake/";
constexpr const char* kCompressors[] = {
    "cat", "gzip -c", "xz --check=crc32 -c", "zstd -qc", "lz4 -lqc", "bzip2 -c", "lzma -c"};

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string through(const FakeTree& tree, const std::string& command, const std::string& input) {
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

bool is_program(const std::string& path) {
  return path == "init" || path.ends_with("vfio-early") || path.ends_with("/sh") ||
         path.ends_with("/systemd") || path.find("init-top/") != path.npos;
}

std::string archive_of(const Files& files) {
  early::Cpio cpio;
  for (const auto& [path, text] : files) cpio.file(path, text, is_program(path) ? 0755 : 0644);
  return std::move(cpio).finish();
}

std::string module_of(const std::string& release, const std::string& name = "vfio_pci") {
  return samples::kernel_module(name, release);
}

std::string shipped(const std::string& name) {
  return std::string(shipped_text(name));
}

// modules.dep.bin.
std::string module_index() {
  early::ModuleIndex index;
  index.add("vfio_pci", "kernel/vfio-pci.ko: kernel/vfio.ko");
  index.add("vfio", "kernel/vfio.ko:");
  index.add("vfio_iommu_type1", "kernel/vfio_iommu_type1.ko: kernel/vfio.ko");
  return index.bytes();
}

// The files of every image with vfio-early.
Files common() {
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

Files init_top(const std::string& first, const std::string& second) {
  Files files = common();
  files["init"] = samples::kToolsInit;
  files["scripts/functions"] = samples::kToolsLibrary;
  files["scripts/init-top/" + first] = files["scripts/init-top/" + second] = "#!/bin/sh\n";
  for (const std::string point : {"init-top", "init-bottom", "local-premount"})
    files["scripts/" + point + "/00-vfio-early"] =
        shipped("initramfs-tools/scripts/" + point + "/00-vfio-early");
  files["scripts/init-top/ORDER"] =
      "/scripts/init-top/" + first + " \"$@\"\n/scripts/init-top/" + second + " \"$@\"\n";
  return files;
}

Files mkinitcpio(const std::string& hooks) {
  Files files = common();
  files["init"] = samples::kMkinitcpioInit;
  files["init_functions"] = samples::kMkinitcpioLibrary;
  files["hooks/vfio-early"] = shipped("mkinitcpio/hooks/vfio-early");
  files["config"] = "MODULES=\"\"\nEARLYHOOKS=\"" + hooks +
                    "\"\nHOOKS=\"vfio-early\"\nLATEHOOKS=\"vfio-early\"\n";
  return files;
}

Files dracut(const std::string& hook) {
  Files files = common();
  files["init"] = samples::kDracutInit;
  files["lib/dracut-lib.sh"] = samples::kDracutLibrary;
  const std::string hooks = "usr/lib/dracut/hooks/", ours = "dracut/50vfio-early/vfio-early-";
  files[hooks + hook] = shipped(ours + "gate.sh");
  files[hooks + "pre-trigger/00-vfio-early-resume.sh"] = shipped(ours + "resume.sh");
  files[hooks + "pre-pivot/99-vfio-early-join.sh"] = shipped(ours + "join.sh");
  return files;
}

Files supplement() {
  Files files;
  for (auto& [path, text] : common())
    if (path != "usr/bin/vfio-early")
      files["vfio-early.d/" + path.substr(path.starts_with("usr/") ? 4 : 0)] = text;
  files["vfio-early"] = samples::elf_header(ET_EXEC);
  return files;
}

class VerifyImage : public testing::Test {
 protected:
  VerifyImage() {
    tree_.iommu();
    tree_.function("0000:01:00.0", "1234:1111", "38000");
    tree_.function("0000:02:00.0", "1234:1111", "38000");
    tree_.file("/etc/vfio-early.conf", kConfiguration);
  }

  Findings judge(const std::string& bytes) const {
    const host::Root root = tree_.root();
    const auto configuration = plan::read_configuration(root, plan::kConfigurationFile);
    const auto inspection = inspect(root, configuration, {plan::kConfigurationFile, {}, false});
    return run_image_checks(
        inspect_image(root, "image", bytes, configuration, plan::kConfigurationFile, *inspection));
  }

  // The status of the first finding with this id that is not a pass, else "pass". Sets `said_` to
  // its evidence and remedy.
  std::string status(const std::string& bytes, const std::string& id) {
    std::string worst = "none";
    for (const Finding& finding : judge(bytes)) {
      if (finding.id != id || (worst != "none" && worst != "pass")) continue;
      worst = status_name(finding.status);
      said_ = finding.evidence + " " + finding.remedy;
    }
    return worst;
  }

  FakeTree tree_;
  std::string said_;
};

TEST_F(VerifyImage, EveryWayToStartUsIsKnown) {
  const Files last = supplement();
  for (const Files& files : {init_top("00-vfio-early", "udev"), mkinitcpio("vfio-early udev"),
                             dracut("cmdline/00-vfio-early-gate.sh"), last}) {
    // With a different image the kernel would find no such program, and would not start its init.
    if (files == last) tree_.file("/etc/kernel/cmdline", "quiet rdinit=/vfio-early\n");
    const Findings findings = judge(archive_of(files));
    EXPECT_EQ(findings.size(), image_checks().size());
    for (const Finding& finding : findings)
      EXPECT_EQ(finding.status, Status::kPass) << finding.id << ": " << finding.evidence;
  }
}

// A distribution's image, and a supplement that a boot loader loads with it.
class NextImages : public VerifyImage {
 protected:
  NextImages() {
    Files plain = init_top("udev", "x");
    std::erase_if(plain,
                  [](const auto& file) { return file.first.find("vfio") != std::string::npos; });
    tree_.file("/boot/initrd.img-6.12.0", archive_of(plain) + "\0\0")
        .file("/boot/vfio-early.img", archive_of(supplement()));
  }

  Status next(const std::string& menu) {
    tree_.file("/boot/grub/grub.cfg", menu);
    const host::Root root = tree_.root();
    const auto configuration = plan::read_configuration(root, plan::kConfigurationFile);
    Inspection machine = *inspect(root, configuration, {plan::kConfigurationFile, {}, false});
    machine.machine.kernel_release = "6.12.0";
    machine.next_image = look_at_next_image(root, configuration, plan::kConfigurationFile, machine);
    const Finding finding = check_guest_image(machine).front();
    said_ = finding.evidence;
    return finding.status;
  }
};

constexpr const char* kFirst = "linux /vmlinuz rdinit=/vfio-early\n";
constexpr const char* kBoth = "initrd /initrd.img-6.12.0 /vfio-early.img\n";

TEST_F(NextImages, AreJudgedTogether) {
  EXPECT_EQ(next(std::string(kFirst) + kBoth), Status::kPass) << said_;
  EXPECT_TRUE(says(said_, "/boot/initrd.img-6.12.0, /boot/vfio-early.img")) << said_;
  EXPECT_EQ(next(std::string(kFirst) + "initrd /vfio-early.img /initrd.img-6.12.0\n"),
            Status::kPass)
      << said_;
  EXPECT_EQ(next(std::string(kFirst) + "initrd /vfio-early.img\ninitrd /initrd.img-6.12.0\n"),
            Status::kPass)
      << said_;
}

TEST_F(NextImages, AreJudgedAsTheFirstEntryNamesThem) {
  EXPECT_EQ(next(std::string(kFirst) + "initrd /initrd.img-6.12.0\n" + kFirst + kBoth),
            Status::kFail)
      << said_;
  EXPECT_EQ(next(std::string(kFirst) + kBoth + "linux /vmlinuz\ninitrd /initrd.img-6.12.0\n"),
            Status::kPass)
      << said_;
}

TEST_F(NextImages, AreNotStartedWithoutTheParameter) {
  EXPECT_EQ(next(std::string("linux /vmlinuz quiet\n") + kBoth), Status::kFail) << said_;
  EXPECT_EQ(next("linux /vmlinuz quiet\ninitrd /initrd.img-6.12.0\n"), Status::kFail) << said_;
}

TEST_F(NextImages, AreUnknownIfOneIsMissing) {
  EXPECT_EQ(next(std::string(kFirst) + "initrd /initrd.img-6.12.0 /other.img\n"), Status::kUnknown);
  EXPECT_TRUE(says(said_, "find other.img")) << said_;
}

// An image of dracut or mkinitcpio with systemd. The units are those that are installed.
Files systemd() {
  Files files = common();
  const std::string units = "usr/lib/systemd/system/";
  for (const std::string name : {"vfio-early-gate.service", "vfio-early-bind.service"})
    files[units + name] = shipped("systemd/" + name);
  files[units + "sysinit.target"] = "[Unit]\nConflicts=emergency.target\n";
  files[units + "basic.target"] = "[Unit]\nRequires=sysinit.target\n";
  files[units + "initrd.target"] = "[Unit]\nRequires=basic.target\n";
  files["usr/lib/systemd/systemd"] = samples::elf_header(ET_EXEC);
  files["etc/initrd-release"] = "ID=x\n";
  return files;
}

constexpr const char* kSystemd = "usr/lib/systemd/system/";
constexpr const char* kWants = "etc/systemd/system/sysinit.target.wants/";

// Files and links, with the directories of the links.
std::string archive_with_links(const Files& files, const Files& links) {
  early::Cpio directories;
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

Files systemd_links() {
  Files links = {{"init", "usr/lib/systemd/systemd"}};
  for (const std::string name : {"vfio-early-gate.service", "vfio-early-bind.service"})
    links[kWants + name] = "../../../../" + (kSystemd + name);
  return links;
}

TEST_F(VerifyImage, OurUnitsAreStartedBySystemd) {
  const std::string image = archive_with_links(systemd(), systemd_links());
  for (const Finding& finding : judge(image))
    EXPECT_EQ(finding.status, Status::kPass) << finding.id << ": " << finding.evidence;
}

TEST_F(VerifyImage, AUnitThatWouldNotStartUsIsFoundOut) {
  const std::string gate = "vfio-early-gate.service", bind = "vfio-early-bind.service";
  const auto expect = [&](const char* wanted, const std::string& words, auto spoil) {
    Files files = systemd(), links = systemd_links();
    spoil(files, links);
    EXPECT_EQ(status(archive_with_links(files, links), "image.started"), wanted) << words;
    EXPECT_TRUE(says(said_, words)) << said_;
  };
  const auto replace = [](std::string& text, const std::string& old, const std::string& with) {
    text.replace(text.find(old), old.size(), with);
  };
  expect("fail", "gate.service is masked",
         [&](Files&, Files& links) { links["etc/systemd/system/" + gate] = "/dev/null"; });
  expect("fail", "gate.service is masked",
         [&](Files& files, Files&) { files["etc/systemd/system/" + gate] = ""; });
  expect("fail", "does not start vfio-early gate", [&](Files& files, Files&) {
    replace(files[kSystemd + gate], "ExecStart=", "#ExecStart=");
  });
  expect("fail", "does not start vfio-early gate", [&](Files& files, Files&) {
    replace(files[kSystemd + gate], "/usr/bin/vfio-early gate", "/bin/true");
  });
  expect("fail", "does not start vfio-early gate", [&](Files& files, Files&) {
    files["etc/systemd/system/" + gate + ".d/x.conf"] = "[Service]\nExecStart=\n";
  });
  expect("fail", "ConditionPathExists=!/etc/initrd-release", [&](Files& files, Files&) {
    files["etc/systemd/system/" + gate + ".d/x.conf"] =
        "[Unit]\nConditionPathExists=!/etc/initrd-release\n";
  });
  expect("unknown", "ConditionKernelCommandLine=debug", [&](Files& files, Files&) {
    files["usr/lib/systemd/system/" + gate + ".d/x.conf"] =
        "[Unit]\nConditionKernelCommandLine=debug\n";
  });
  expect("fail", "ConditionPathExists=/etc/initrd-release",
         [&](Files& files, Files&) { files.erase("etc/initrd-release"); });
  expect("unknown", "gate.service differs from the file of this version",
         [&](Files& files, Files&) { files[kSystemd + gate] += "# of another version\n"; });
  expect("unknown", "which sets User=", [&](Files& files, Files&) {
    files["etc/systemd/system/service.d/x.conf"] = "[Service]\nUser=nobody\n";
  });
  expect("unknown", "gate.service is a link to vfio-early-other.service",
         [&](Files& files, Files& links) {
           files[std::string(kSystemd) + "vfio-early-other.service"] = files[kSystemd + gate];
           links["etc/systemd/system/" + gate] = "/usr/lib/systemd/system/vfio-early-other.service";
         });
  expect("unknown", "which sets User=", [&](Files& files, Files& links) {
    for (const std::string& name : {gate, bind}) {
      links["usr/lib/systemd/system/sysinit.target.wants/" + name] = "../" + name;
      links.erase(kWants + name);
    }
    links["etc/systemd/system"] = "/opt/units";
    files["opt/units/" + gate + ".d/x.conf"] = "[Service]\nUser=nobody\n";
  });
  expect("fail", "sysinit.target is missing",
         [&](Files& files, Files&) { files.erase(std::string(kSystemd) + "sysinit.target"); });
  const std::string basic = "etc/systemd/system/basic.target";
  expect("unknown", "basic.target does not start sysinit.target (etc/systemd/system/basic.target)",
         [&](Files& files, Files&) { files[basic] = "[Unit]\nWants=timers.target\n"; });
  expect("unknown", "basic.target is a link to other.target", [&](Files& files, Files& links) {
    files[std::string(kSystemd) + "other.target"] = "[Unit]\nRequires=sysinit.target\n";
    links[basic] = "/usr/lib/systemd/system/other.target";
  });
  expect("unknown", "sysinit.target conflicts with " + gate, [&](Files& files, Files&) {
    files[std::string(kSystemd) + "sysinit.target"] += "Conflicts=" + gate + "\n";
  });
  expect("pass", "", [&](Files& files, Files& links) {
    files[basic] = "[Unit]\n";
    links["etc/systemd/system/basic.target.wants/sysinit.target"] = "../sysinit.target";
  });
  expect("fail", "gate.service is not a link", [&](Files& files, Files& links) {
    links.erase(kWants + gate);
    files[kWants + gate] = "x";
  });
  expect("fail", "bind.service is missing",
         [&](Files& files, Files&) { files.erase(kSystemd + bind); });
  expect("fail", "bind.service is not wanted by sysinit.target",
         [&](Files&, Files& links) { links.erase(kWants + bind); });
  expect("pass", "", [&](Files& files, Files&) {
    files["etc/systemd/system/" + gate + ".d/x.conf"] =
        "[Unit]\nConditionKernelCommandLine=debug\nConditionPathExists=\n";
  });
}

TEST_F(VerifyImage, AProgramThatCannotRunIsFoundOut) {
  const auto expect = [&](const char* words, const std::string& image) {
    EXPECT_EQ(status(image, "image.started"), "fail") << words;
    EXPECT_TRUE(says(said_, words)) << said_;
  };
  const std::string program = "usr/bin/vfio-early";
  Files files = init_top("00-vfio-early", "udev");
  files[program] = "";
  expect("is empty", archive_of(files));
  files[program] = "#!/bin/sh\n" + std::string(100, 'x');
  expect("is not a program for this processor", archive_of(files));
  std::string whole = samples::elf_header(ET_EXEC);
  auto* const header = reinterpret_cast<Elf64_Ehdr*>(whole.data());
  header->e_shoff = 1000;
  header->e_shentsize = sizeof(Elf64_Shdr);
  header->e_shnum = 2;
  files[program] = whole + std::string(1000, '\0');
  expect("is truncated", archive_of(files));
  header->e_shoff = UINT64_MAX;
  files[program] = whole + std::string(1000, '\0');
  expect("is truncated", archive_of(files));
  header->e_shoff = 64;
  files[program] = whole + std::string(128, '\0');
  EXPECT_EQ(status(archive_of(files), "image.started"), "pass") << said_;
  files[program] = samples::elf_header(ET_REL);
  expect("is not a program for this processor", archive_of(files));
  files.erase(program);
  expect("is a dangling link", archive_with_links(files, {{program, "../lib/vfio-early"}}));
  expect("is a dangling link", archive_with_links(files, {{program, "vfio-early"}}));
  early::Cpio directory;
  directory.directory(program);
  expect("is a directory", archive_of(files) + std::move(directory).finish());
  early::Cpio mode;
  mode.file(program, samples::elf_header(ET_EXEC), 0644);
  expect("is not executable", archive_of(files) + std::move(mode).finish());
  EXPECT_EQ(status(archive_with_links(files, {{program, "/opt/vfio-early"}}) +
                       archive_of({{"opt/vfio-early", samples::elf_header(ET_EXEC)}}),
                   "image.started"),
            "pass")
      << said_;
}

TEST_F(VerifyImage, AModuleThatCannotBeLoadedIsFoundOut) {
  const std::string module = std::string(kModules) + "kernel/vfio-pci.ko";
  const auto expect = [&](const char* words, const std::string& image) {
    EXPECT_EQ(status(image, "image.modules"), "fail") << words;
    EXPECT_TRUE(says(said_, words)) << said_;
  };
  Files files = init_top("00-vfio-early", "udev");
  for (const auto& [text, words] : std::vector<std::pair<std::string, const char*>>{
           {"", "vfio_pci (its file is empty)"},
           {std::string(200, 'x'), "is not a module for this processor"},
           {samples::elf_header(ET_EXEC), "is not a module for this processor"},
           {module_of("6.1.0-other"), "is built for a different kernel"}}) {
    files[module] = text;
    expect(words, archive_of(files));
  }
  files.erase(module);
  expect("is a dangling link", archive_with_links(files, {{module, "none.ko"}}));
  early::Cpio directory;
  directory.directory(module);
  expect("is not a regular file", archive_of(files) + std::move(directory).finish());
  files[module + ".xz"] = "damaged";
  expect("cannot be unpacked", archive_of(files));
  files[module + ".xz"] = through(tree_, "xz --check=crc32 -c", module_of("6.1.0-fake"));
  EXPECT_EQ(status(archive_of(files), "image.modules"), "pass") << said_;
  files[module + ".xz"] = through(tree_, "xz --check=crc32 -c", module_of("6.1.0-other"));
  expect("is built for a different kernel", archive_of(files));
}

// libkmod does not read modules.dep.
TEST_F(VerifyImage, AnIndexThatLibkmodCannotReadIsFoundOut) {
  const std::string index = std::string(kModules) + "modules.dep.bin";
  Files files = init_top("00-vfio-early", "udev");
  const std::string whole = files[index];
  const auto expect = [&](const char* words) {
    EXPECT_EQ(status(archive_of(files), "image.modules"), "fail") << words;
    EXPECT_TRUE(says(said_, words)) << said_;
  };
  files.erase(index);
  expect("modules.dep.bin (it is missing)");
  files[index] = "";
  expect("modules.dep.bin (it is empty)");
  files[index] = files[std::string(kModules) + "modules.dep"];
  expect("modules.dep.bin (it is not an index of libkmod)");
  files[index] = whole.substr(0, whole.size() / 2);
  expect("modules.dep.bin (it is damaged)");
  // A kernel with all of these modules built in needs no index.
  files.erase(index);
  for (const char* name : {"vfio-pci", "vfio", "vfio_iommu_type1"}) {
    files.erase(std::string(kModules) + "kernel/" + name + ".ko");
    files[std::string(kModules) + "modules.builtin"] += "kernel/" + std::string(name) + ".ko\n";
  }
  EXPECT_EQ(status(archive_of(files), "image.modules"), "pass") << said_;
}

TEST_F(VerifyImage, WhatSwitchesUsOffInTheNextBootIsFoundOut) {
  const std::string image = archive_of(init_top("00-vfio-early", "udev"));
  tree_.file("/proc/cmdline", "quiet vfio_early=off\n");
  EXPECT_EQ(status(image, "image.started"), "pass") << "of this boot alone: " << said_;
  for (const char* place : {"/etc/kernel/cmdline", "/etc/cmdline.d/x.conf"}) {
    tree_.file(place, "quiet vfio_early=off\n");
    EXPECT_EQ(status(image, "image.started"), "fail") << place;
    EXPECT_TRUE(says(said_, place)) << said_;
    tree_.file(place, "# vfio_early=off\n");
  }
  tree_.file("/etc/default/grub", "GRUB_CMDLINE_LINUX=\"quiet vfio_early=off\"\n");
  EXPECT_EQ(status(image, "image.started"), "unknown") << "GRUB does not start this machine";
  tree_.file("/boot/grub/grub.cfg", "");
  EXPECT_EQ(status(image, "image.started"), "fail");
  tree_.file("/etc/default/grub", "");
  // A separate menu entry with this parameter is not a mistake.
  tree_.file("/boot/grub/grub.cfg", "\tlinux /vmlinuz quiet\n\tlinux /vmlinuz vfio_early=off\n");
  EXPECT_EQ(status(image, "image.started"), "pass") << said_;
  tree_.file("/boot/grub/grub.cfg", "\tlinux /vmlinuz vfio_early=off\n");
  EXPECT_EQ(status(image, "image.started"), "fail");
  std::filesystem::remove(tree_.directory() / "boot/grub/grub.cfg");
  Files dracuts = dracut("cmdline/00-vfio-early-gate.sh");
  dracuts["etc/cmdline.d/00-x.conf"] = "vfio_early=off\n";
  EXPECT_EQ(status(archive_of(dracuts), "image.started"), "fail");
  EXPECT_TRUE(says(said_, "etc/cmdline.d/00-x.conf of the image")) << said_;
}

TEST_F(VerifyImage, AHookBeforeUsThatLoadsADriverIsFoundOut) {
  Files files = mkinitcpio("early-gpu vfio-early udev");
  files["hooks/early-gpu"] = "run_earlyhook() {\n    # modprobe nothing\n    echo\n}\n";
  EXPECT_EQ(status(archive_of(files), "image.first"), "pass") << said_;
  files["hooks/early-gpu"] = "run_earlyhook() {\n    modprobe -q amdgpu\n}\n";
  EXPECT_EQ(status(archive_of(files), "image.first"), "fail");
  EXPECT_TRUE(says(said_, "the hook early-gpu is before vfio-early")) << said_;
  Files tops = init_top("00-a", "00-vfio-early");
  tops["scripts/init-top/00-a"] = "#!/bin/sh\n/sbin/modprobe nouveau\n";
  EXPECT_EQ(status(archive_of(tops), "image.first"), "fail");
  Files hooks = dracut("cmdline/00-vfio-early-gate.sh");
  hooks["usr/lib/dracut/hooks/cmdline/00-a.sh"] = "modprobe nouveau\n";
  EXPECT_EQ(status(archive_of(hooks), "image.first"), "fail");
}

TEST_F(VerifyImage, AScriptThatDoesNotCallUsIsFoundOut) {
  Files files = init_top("00-vfio-early", "udev");
  files["scripts/init-top/00-vfio-early"] = "#!/bin/sh\n# /usr/bin/vfio-early gate\n";
  EXPECT_EQ(status(archive_of(files), "image.started"), "fail");
  EXPECT_TRUE(says(said_, "does not call vfio-early")) << said_;
}

// A part that could not be read proves nothing.
TEST_F(VerifyImage, WhatWasNotReadIsUnknown) {
  Files files = init_top("00-vfio-early", "udev");
  const std::string damaged = std::string("\x89LZO\0", 5) + std::string(100, '\0');
  Files without = files;
  without.erase("usr/bin/vfio-early");
  EXPECT_EQ(status(archive_of(without) + damaged, "image.started"), "unknown");
  without = files;
  without.erase(std::string(kModules) + "kernel/vfio-pci.ko");
  EXPECT_EQ(status(archive_of(without) + damaged, "image.modules"), "unknown");
  std::erase_if(files, [](const auto& file) { return file.first.starts_with(kModules); });
  EXPECT_EQ(status(archive_of(files), "image.modules"), "fail");
  EXPECT_EQ(status(archive_of(files), "image.builtin"), "unknown");
}

TEST_F(VerifyImage, WithoutAConfigurationThatComesFirst) {
  Files files = init_top("00-vfio-early", "udev");
  files.erase("usr/bin/vfio-early");
  EXPECT_EQ(status(archive_of(files), "image.started"), "fail");
  EXPECT_FALSE(says(said_, "/etc/vfio-early.conf")) << said_;
  std::filesystem::remove(tree_.directory() / "etc/vfio-early.conf");
  EXPECT_EQ(status(archive_of(files), "image.started"), "fail");
  EXPECT_TRUE(says(said_, "add a section for a card to /etc/vfio-early.conf")) << said_;
  EXPECT_LT(said_.find("add a section for a card"), said_.find("update-initramfs -u -k all")) << said_;
  tree_.file("/proc/cmdline", "quiet vfio_early.claim=0000:01:00\n");
  EXPECT_EQ(status(archive_of(files), "image.started"), "fail");
  EXPECT_TRUE(says(said_, "touch /etc/vfio-early.conf")) << said_;
}

TEST_F(VerifyImage, WhatRunsBeforeUsIsNamed) {
  EXPECT_EQ(status(archive_of(init_top("udev", "vfio-early")), "image.first"), "fail");
  EXPECT_TRUE(says(said_, "init-top/udev runs before vfio-early")) << said_;
  EXPECT_TRUE(says(said_, "update-initramfs -u -k all")) << said_;
  EXPECT_EQ(status(archive_of(mkinitcpio("udev vfio-early")), "image.first"), "fail");
  EXPECT_TRUE(says(said_, "mkinitcpio -P")) << said_;
  EXPECT_EQ(status(archive_of(dracut("pre-udev/00-vfio-early-gate.sh")), "image.first"), "fail");
  EXPECT_TRUE(says(said_, "rd.driver.pre=")) << said_;
  EXPECT_EQ(status(archive_of(dracut("pre-udev/00-vfio-early-gate.sh")), "image.started"), "pass");
}

TEST_F(VerifyImage, WhatNothingStartsWillNotBind) {
  EXPECT_EQ(status(archive_of({{"init", ""}}), "image.started"), "fail");
  EXPECT_TRUE(says(said_, "does not contain vfio-early")) << said_;
  EXPECT_EQ(status(archive_of(init_top("udev", "other")), "image.started"), "fail");
  EXPECT_TRUE(says(said_, "nothing starts it")) << said_;
  EXPECT_EQ(status(archive_of(supplement()), "image.started"), "fail");
  EXPECT_TRUE(says(said_, "rdinit=/vfio-early")) << said_;
}

TEST_F(VerifyImage, AnotherConfigurationIsFoundOut) {
  const std::string image = archive_of(init_top("00-vfio-early", "udev"));
  tree_.file("/etc/vfio-early.conf.d/more.conf", "");
  EXPECT_EQ(status(image, "image.plan"), "fail");
  EXPECT_TRUE(says(said_, "/etc/vfio-early.conf.d/more.conf is missing in the image")) << said_;
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:02:00\n");
  EXPECT_EQ(status(image, "image.plan"), "fail");
  EXPECT_TRUE(says(said_, "/etc/vfio-early.conf differs in the image")) << said_;
}

TEST_F(VerifyImage, AConfigurationBehindALinkIsRead) {
  Files files = init_top("00-vfio-early", "udev");
  const std::string path = "etc/vfio-early.conf";
  files.erase(path);
  files["opt/cards"] = kConfiguration;
  EXPECT_EQ(status(archive_with_links(files, {{path, "/opt/cards"}}), "image.plan"), "pass")
      << said_;
  files["opt/cards"] += "# more\n";
  EXPECT_EQ(status(archive_with_links(files, {{path, "/opt/cards"}}), "image.plan"), "fail");
  EXPECT_TRUE(says(said_, "/etc/vfio-early.conf differs in the image")) << said_;
  EXPECT_EQ(status(archive_with_links(files, {{path, "/opt/none"}}), "image.plan"), "fail");
  EXPECT_TRUE(says(said_, "/etc/vfio-early.conf is missing in the image")) << said_;
}

TEST_F(VerifyImage, ACardThatIsNotHereIsFoundOut) {
  Files files = init_top("00-vfio-early", "udev");
  files["etc/vfio-early.conf"] = "[gaming]\naddress = 0000:77:00\n";
  tree_.file("/etc/vfio-early.conf", files["etc/vfio-early.conf"]);
  EXPECT_EQ(status(archive_of(files), "image.plan"), "fail");
  EXPECT_TRUE(says(said_, "0000:77:00")) << said_;
}

TEST_F(VerifyImage, AMissingDependencyIsNamed) {
  Files files = init_top("00-vfio-early", "udev");
  files.erase(std::string(kModules) + "kernel/vfio.ko");
  EXPECT_EQ(status(archive_of(files), "image.modules"), "fail");
  EXPECT_TRUE(says(said_, "missing or not usable for the kernel 6.1.0-fake: vfio")) << said_;
  // A module that is built into the kernel is not missing.
  files[std::string(kModules) + "modules.builtin"] = "kernel/vfio.ko\n";
  EXPECT_EQ(status(archive_of(files), "image.modules"), "pass");
  // mkinitcpio leaves these lists out: they are read from the kernel's own directory.
  files.erase(std::string(kModules) + "modules.dep");
  files.erase(std::string(kModules) + "modules.builtin");
  EXPECT_EQ(status(archive_of(files), "image.modules"), "pass");
  tree_.file("/lib/modules/6.1.0-fake/modules.dep", "kernel/vfio-pci.ko: kernel/vfio.ko\n");
  EXPECT_EQ(status(archive_of(files), "image.modules"), "fail");
}

TEST_F(VerifyImage, ADriverInTheKernelItselfIsWarnedOf) {
  Files files = init_top("00-vfio-early", "udev");
  files[std::string(kModules) + "modules.builtin.modinfo"] =
      std::string("bochs.author=x\0bochs.alias=pci:v00001234d00001111sv*\0", 53);
  tree_.file("/sys/bus/pci/devices/0000:01:00.0/modalias",
             "pci:v00001234d00001111sv00001AF4sd00001100bc03sc80i00\n");
  EXPECT_EQ(status(archive_of(files), "image.builtin"), "warn");
  EXPECT_TRUE(says(said_, "bochs is built into the kernel 6.1.0-fake")) << said_;
  files.erase(std::string(kModules) + "modules.builtin.modinfo");
  EXPECT_EQ(status(archive_of(files), "image.builtin"), "unknown");
}

TEST_F(VerifyImage, CutsEveryCompressionAndWhatFollows) {
  const std::string first = archive_of({{"kernel/x86/microcode/GenuineIntel.bin", "code"}});
  for (const char* compressor : kCompressors) {
    const std::string packed = through(tree_, compressor, archive_of({{"init", "shell"}}));
    ASSERT_FALSE(packed.empty()) << compressor;
    const std::string image =
        first + packed + std::string(4, '\0') + early::stored_gzip(archive_of({{"last", ""}}));
    const ImageContents contents = read_image(image);
    EXPECT_TRUE(contents.faults.empty()) << compressor << ": " << contents.faults.front();
    // Archives that are not compressed are one part.
    EXPECT_EQ(contents.parts.size(), says(compressor, "cat") ? 2u : 3u) << compressor;
    EXPECT_EQ(contents.text("init"), "shell") << compressor;
    EXPECT_TRUE(contents.has("last")) << compressor;
  }
}

// libarchive runs a program for compressions that it does not support itself.
TEST_F(VerifyImage, NoProgramIsStartedForACompression) {
  const std::string proof = (tree_.directory() / "started").string();
  for (const char* program : {"lzop", "lrzip", "grzip", "xz", "zstd", "lz4"}) {
    tree_.file(std::string("/bin/") + program, "#!/bin/sh\necho $0 >>" + proof + "\n");
    std::filesystem::permissions(tree_.directory() / "bin" / program,
                                 std::filesystem::perms::owner_all);
  }
  const std::string usual = ::getenv("PATH");
  ::setenv("PATH", ((tree_.directory() / "bin").string() + ":" + usual).c_str(), 1);
  const std::string zeros(200, '\0');
  for (const std::string& start :
       {std::string("\x89LZO\0\r\n\x1a\n", 9), std::string("LRZI\0\6", 6),
        std::string("GRZipII\0\2\4:)", 12)}) {
    EXPECT_FALSE(read_image(start + zeros).faults.empty());
    EXPECT_FALSE(read_image(through(tree_, "gzip -c", start + zeros)).faults.empty());
  }
  ::setenv("PATH", usual.c_str(), 1);
  EXPECT_FALSE(tree_.root().exists("/started")) << tree_.text("/started");
}

TEST_F(VerifyImage, WhatIsCompressedTwiceIsNotUnpacked) {
  const std::string image = archive_of({{"init", "shell"}});
  for (const char* compressor : kCompressors) {
    if (says(compressor, "cat")) continue;
    for (const char* outer : {"gzip -c", "xz -c", "bzip2 -c"}) {
      const ImageContents contents =
          read_image(through(tree_, outer, through(tree_, compressor, image)));
      EXPECT_FALSE(contents.faults.empty()) << compressor << " in " << outer;
      EXPECT_FALSE(contents.has("init")) << compressor << " in " << outer;
    }
  }
}

TEST_F(VerifyImage, ALaterArchiveReplacesAFileOfAnEarlierOne) {
  const auto contents = read_image(archive_of({{"init", "old"}}) + archive_of({{"init", "new"}}));
  EXPECT_EQ(contents.text("init"), "new");
}

TEST_F(VerifyImage, LinksOnTheWayAreFollowed) {
  early::Cpio directories;
  directories.directory("usr/lib");
  const auto contents =
      read_image(std::move(directories).finish() + archive_with_links({}, {{"lib", "usr/lib"}}) +
                 archive_of({{"usr/lib/modules/c/d", "text"}}));
  EXPECT_TRUE(contents.has("lib/modules/c/d"));
  EXPECT_EQ(contents.text("lib/../lib/modules/./c/d"), "text");
  EXPECT_EQ(contents.list("lib/modules"), (std::vector<std::string>{"c"}));
  EXPECT_FALSE(contents.has("modules/c/d"));
  EXPECT_FALSE(contents.has("lib/modules/c/d/../d"));
  // Without a link, /lib does not contain the files of /usr/lib.
  EXPECT_FALSE(read_image(archive_of({{"usr/lib/modules/c/d", ""}})).has("lib/modules"));
}

std::string little(size_t value, size_t bytes) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

// An EFI program with these two sections and no code.
std::string unified_image(const std::string& command_line, const std::string& initrd) {
  const auto section = [](const char* name, size_t size, size_t place) {
    std::string text = name;
    text.resize(8, '\0');
    return text + little(size, 4) + little(0, 4) + little(size, 4) + little(place, 4) +
           std::string(16, '\0');
  };
  constexpr size_t kHeader = 0x40, kStart = 0x200;
  std::string image = "MZ";
  image.resize(0x3c, '\0');
  image += little(kHeader, 4) + std::string("PE\0\0", 4) + little(0x8664, 2) + little(2, 2) +
           std::string(12, '\0') + little(0, 2) + little(0, 2);
  image += section(".cmdline", command_line.size(), kStart) +
           section(".initrd", initrd.size(), kStart + command_line.size());
  image.resize(kStart, '\0');
  return image + command_line + initrd;
}

TEST_F(VerifyImage, AUnifiedImageHasItsOwnCommandLine) {
  const std::string initrd = archive_of(supplement());
  tree_.file("/proc/cmdline", "rdinit=/vfio-early");
  EXPECT_EQ(status(unified_image("quiet", initrd), "image.started"), "fail");
  EXPECT_EQ(status(unified_image("rdinit=/vfio-early", initrd), "image.started"), "pass");
  const std::string whole = unified_image("rdinit=/vfio-early", initrd);
  for (size_t length = 0; length < 0x280; ++length)
    EXPECT_FALSE(is_unified_image(std::string_view(whole).substr(0, length))) << length;
  std::mt19937 random(20261122);
  for (int round = 0; round < 2000; ++round) {
    std::string image = whole;
    image[random() % 0x100] = static_cast<char>(random());
    (void)section_of(image, ".initrd");
  }
}

// Every truncation is reported, and no file is lost or invented.
TEST_F(VerifyImage, EveryTruncationIsFoundOut) {
  for (const char* compressor : kCompressors) {
    const std::string whole =
        through(tree_, compressor, archive_of({{"init", std::string(3000, 'x')}, {"b", "b"}}));
    const size_t step = whole.size() / 97 + 1;
    for (size_t length = 8; length + 600 < whole.size(); length += step)
      EXPECT_FALSE(read_image(std::string_view(whole).substr(0, length)).faults.empty())
          << compressor << " " << length;
  }
  EXPECT_EQ(status("", "image.readable"), "unknown");
  EXPECT_EQ(status(std::string(4096, '\0'), "image.readable"), "unknown");
  EXPECT_EQ(status("MZ an image of another kind", "image.readable"), "unknown");
  EXPECT_TRUE(says(said_, "complete initramfs or unified kernel image")) << said_;
}

// VFIO_EARLY_MUTATIONS=10000 sets the number of mutations for each compression.
TEST_F(VerifyImage, NoMutationCrashes) {
  std::mt19937 random(20261122);
  const char* wanted = std::getenv("VFIO_EARLY_MUTATIONS");
  const int rounds = wanted ? std::atoi(wanted) : 60;
  for (const char* compressor : kCompressors) {
    const std::string whole =
        archive_of({{"early", "x"}}) +
        through(tree_, compressor, archive_of(init_top("00-vfio-early", "udev")));
    for (int round = 0; round < rounds; ++round) {
      std::string image = whole;
      for (unsigned i = 0; i <= random() % 4; ++i)
        image[random() % image.size()] = static_cast<char>(random());
      const ImageContents contents = read_image(image);
      (void)find_wiring(contents);
      EXPECT_LE(contents.files.size(), kImageBudget.entries);
    }
  }
}

// A header of newc with these sizes, and nothing after it.
std::string header(const char* file_size, const char* name_size) {
  std::string text = "070701";
  for (int field = 0; field < 13; ++field)
    text += field == 1 ? "000081A4" : field == 6 ? file_size : field == 11 ? name_size : "00000000";
  return text + std::string("init\0\0", 6);
}

TEST_F(VerifyImage, HostileSizesCostNothing) {
  for (const char* size : {"FFFFFFFF", "80000000", "00000000", "-0000001", "00000001"})
    for (const char* other : {"FFFFFFFF", "7FFFFFFF", "00000005"}) {
      // One file, plus dev, dev/console and root, which the kernel creates itself.
      EXPECT_LE(read_image(header(size, other)).files.size(), 4u);
      EXPECT_LE(read_image(header(other, size)).files.size(), 4u);
    }
  // A small archive with large contents: a file of 12 MB of zeros.
  const std::string bomb =
      through(tree_, "gzip -c", archive_of({{"init", std::string(12 << 20, '\0')}}));
  EXPECT_LT(bomb.size(), 1u << 20);
  EXPECT_LE(read_image(bomb).text("init").size(), kImageBudget.text);
}

TEST_F(VerifyImage, LookUpsEndWithTheirBudget) {
  const ImageContents contents = read_image(archive_of({{"init", "x"}}));
  std::string path = "init";
  for (int name = 0; name < 1000; ++name) path.insert(0, "./");
  EXPECT_TRUE(contents.has(path));
  for (size_t spent = 0; spent < kImageBudget.steps; spent += 1000) (void)contents.find(path);
  EXPECT_TRUE(contents.exhausted());
  EXPECT_EQ(contents.faults.size(), 1u);
  EXPECT_FALSE(contents.has("init"));
  EXPECT_FALSE(read_image(archive_of({{"init", "x"}})).exhausted());
}

}  // namespace
}  // namespace verify
