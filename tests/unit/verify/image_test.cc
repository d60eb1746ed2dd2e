// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-verify image on images of each kind: its findings.
#include "tests/unit/verify/image.h"

namespace verify {
namespace {

// Nothing asks for a disk password.
Status expected_of(const Finding& finding) {
  return finding.id == "image.prompt" ? Status::kSkip : Status::kPass;
}

TEST_F(VerifyImage, EveryImageTypePasses) {
  const Files last = supplement();
  for (const Files& files : {init_top("00-vfio-early", "udev"), mkinitcpio("vfio-early udev"),
                             dracut("cmdline/00-vfio-early-gate.sh"), last}) {
    // With a different image the kernel would find no such program, and would not start its init.
    if (files == last) tree_.file("/etc/kernel/cmdline", "quiet rdinit=/vfio-early\n");
    const Findings findings = image_findings(archive_of(files));
    EXPECT_EQ(findings.size(), image_checks().size());
    for (const Finding& finding : findings)
      EXPECT_EQ(finding.status, expected_of(finding)) << finding.id << ": " << finding.evidence;
  }
}

// An image of dracut or mkinitcpio with systemd. The units are those that are installed.
Files systemd() {
  Files files = common_files();
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

Files systemd_links() {
  Files links = {{"init", "usr/lib/systemd/systemd"}};
  for (const std::string name : {"vfio-early-gate.service", "vfio-early-bind.service"})
    links[kWants + name] = "../../../../" + (kSystemd + name);
  return links;
}

TEST_F(VerifyImage, SystemdImagePasses) {
  const std::string image = archive_with_links(systemd(), systemd_links());
  for (const Finding& finding : image_findings(image))
    EXPECT_EQ(finding.status, expected_of(finding)) << finding.id << ": " << finding.evidence;
}

TEST_F(VerifyImage, UnitThatDoesNotStartIsReported) {
  const std::string gate = "vfio-early-gate.service", bind = "vfio-early-bind.service";
  const auto expect = [&](const char* wanted, const std::string& words, auto damage) {
    Files files = systemd(), links = systemd_links();
    damage(files, links);
    EXPECT_EQ(status(archive_with_links(files, links), "image.started"), wanted) << words;
    EXPECT_TRUE(has_text(message_, words)) << message_;
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

TEST_F(VerifyImage, UnusableProgramFails) {
  const auto expect = [&](const char* words, const std::string& image) {
    EXPECT_EQ(status(image, "image.started"), "fail") << words;
    EXPECT_TRUE(has_text(message_, words)) << message_;
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
  EXPECT_EQ(status(archive_of(files), "image.started"), "pass") << message_;
  files[program] = samples::elf_header(ET_REL);
  expect("is not a program for this processor", archive_of(files));
  files.erase(program);
  expect("is a dangling link", archive_with_links(files, {{program, "../lib/vfio-early"}}));
  expect("is a dangling link", archive_with_links(files, {{program, "vfio-early"}}));
  initramfs::Cpio directory;
  directory.directory(program);
  expect("is a directory", archive_of(files) + std::move(directory).finish());
  initramfs::Cpio mode;
  mode.file(program, samples::elf_header(ET_EXEC), 0644);
  expect("is not executable", archive_of(files) + std::move(mode).finish());
  EXPECT_EQ(status(archive_with_links(files, {{program, "/opt/vfio-early"}}) +
                       archive_of({{"opt/vfio-early", samples::elf_header(ET_EXEC)}}),
                   "image.started"),
            "pass")
      << message_;
}

TEST_F(VerifyImage, UnusableModuleFails) {
  const std::string module = std::string(kModules) + "kernel/vfio-pci.ko";
  const auto expect = [&](const char* words, const std::string& image) {
    EXPECT_EQ(status(image, "image.modules"), "fail") << words;
    EXPECT_TRUE(has_text(message_, words)) << message_;
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
  initramfs::Cpio directory;
  directory.directory(module);
  expect("is not a regular file", archive_of(files) + std::move(directory).finish());
  files[module + ".xz"] = "damaged";
  expect("cannot be unpacked", archive_of(files));
  files[module + ".xz"] = pipe_through(tree_, "xz --check=crc32 -c", module_of("6.1.0-fake"));
  EXPECT_EQ(status(archive_of(files), "image.modules"), "pass") << message_;
  files[module + ".xz"] = pipe_through(tree_, "xz --check=crc32 -c", module_of("6.1.0-other"));
  expect("is built for a different kernel", archive_of(files));
}

// libkmod does not read modules.dep.
TEST_F(VerifyImage, UnreadableModuleIndexFails) {
  const std::string index = std::string(kModules) + "modules.dep.bin";
  Files files = init_top("00-vfio-early", "udev");
  const std::string whole = files[index];
  const auto expect = [&](const char* words) {
    EXPECT_EQ(status(archive_of(files), "image.modules"), "fail") << words;
    EXPECT_TRUE(has_text(message_, words)) << message_;
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
  EXPECT_EQ(status(archive_of(files), "image.modules"), "pass") << message_;
}

TEST_F(VerifyImage, DisablingParameterOfNextBootIsReported) {
  const std::string image = archive_of(init_top("00-vfio-early", "udev"));
  tree_.file("/proc/cmdline", "quiet vfio_early=off\n");
  EXPECT_EQ(status(image, "image.started"), "pass") << "of this boot alone: " << message_;
  for (const char* path : {"/etc/kernel/cmdline", "/etc/cmdline.d/x.conf"}) {
    tree_.file(path, "quiet vfio_early=off\n");
    EXPECT_EQ(status(image, "image.started"), "fail") << path;
    EXPECT_TRUE(has_text(message_, path)) << message_;
    tree_.file(path, "# vfio_early=off\n");
  }
  tree_.file("/etc/default/grub", "GRUB_CMDLINE_LINUX=\"quiet vfio_early=off\"\n");
  EXPECT_EQ(status(image, "image.started"), "unknown") << "GRUB does not start this machine";
  tree_.file("/boot/grub/grub.cfg", "");
  EXPECT_EQ(status(image, "image.started"), "fail");
  tree_.file("/etc/default/grub", "");
  // A separate menu entry with this parameter is not a mistake.
  tree_.file("/boot/grub/grub.cfg", "\tlinux /vmlinuz quiet\n\tlinux /vmlinuz vfio_early=off\n");
  EXPECT_EQ(status(image, "image.started"), "pass") << message_;
  tree_.file("/boot/grub/grub.cfg", "\tlinux /vmlinuz vfio_early=off\n");
  EXPECT_EQ(status(image, "image.started"), "fail");
  std::filesystem::remove(tree_.directory() / "boot/grub/grub.cfg");
}

// getcmdline() in dracut-lib.sh reads these files, vfio-early does not.
TEST_F(VerifyImage, DisablingParameterForDracutAloneIsUnknown) {
  const auto status_with = [&](const std::string& name, const std::string& text) {
    Files files = dracut("cmdline/00-vfio-early-gate.sh");
    files["etc/cmdline.d/" + name] = text;
    return status(archive_of(files), "image.started");
  };
  EXPECT_EQ(status_with("00-x.conf", "quiet\nvfio_early=off\n"), "unknown");
  EXPECT_TRUE(has_text(message_,
                       "vfio_early=off in etc/cmdline.d/00-x.conf of the image is read "
                       "by dracut, but not by vfio-early"))
      << message_;
  for (const auto& [name, text] : {std::pair{"00-x.conf", "# vfio_early=off\n"},
                                   {"00-x.conf", "rd.driver.pre=x vfio_early=\n"},
                                   {"00-x.conf.bak", "vfio_early=off\n"}})
    EXPECT_EQ(status_with(name, text), "pass") << name << text << message_;
}

TEST_F(VerifyImage, UnknownVariableInBootEntryIsUnknown) {
  const std::string image = archive_of(init_top("00-vfio-early", "udev"));
  tree_.file("/boot/loader/entries/a.conf", "linux /v\noptions quiet $kernelopts\n");
  EXPECT_EQ(status(image, "image.started"), "unknown");
  EXPECT_TRUE(has_text(message_,
                       "entry of /boot/loader/entries/a.conf uses the variable "
                       "$kernelopts, whose value is unknown"))
      << message_;
  tree_.file("/boot/grub2/grub.cfg", "set kernelopts=vfio_early=off\nblscfg\n");
  EXPECT_EQ(status(image, "image.started"), "fail");
  tree_.file("/boot/grub2/grub.cfg", "set kernelopts=ro\nblscfg\n");
  EXPECT_EQ(status(image, "image.started"), "pass") << message_;
  tree_.file("/boot/grub2/grub.cfg", "blscfg\n");
  EXPECT_EQ(status(image, "image.started"), "unknown");
}

TEST_F(VerifyImage, EarlierHookThatLoadsDriverFails) {
  Files files = mkinitcpio("early-gpu vfio-early udev");
  files["hooks/early-gpu"] = "run_earlyhook() {\n    # modprobe nothing\n    echo\n}\n";
  EXPECT_EQ(status(archive_of(files), "image.first"), "pass") << message_;
  files["hooks/early-gpu"] = "run_earlyhook() {\n    modprobe -q amdgpu\n}\n";
  EXPECT_EQ(status(archive_of(files), "image.first"), "fail");
  EXPECT_TRUE(has_text(message_, "the hook early-gpu is before vfio-early")) << message_;
  // What a hook starts may load drivers.
  for (const char* command : {"/opt/vendor/setup-gpu", ". /opt/vendor.sh", "$loader amdgpu",
                              "echo 0000:01:00.0 > /sys/bus/pci/drivers/amdgpu/bind"}) {
    files["hooks/early-gpu"] = "run_earlyhook() {\n    " + std::string(command) + "\n}\n";
    EXPECT_EQ(status(archive_of(files), "image.first"), "unknown") << command;
    EXPECT_TRUE(has_text(message_, "put vfio-early before early-gpu in HOOKS")) << message_;
  }
  files["hooks/early-gpu"] = "/opt/vendor/setup-gpu\n";
  EXPECT_EQ(status(archive_of(files), "image.first"), "unknown") << "it is sourced";
  for (const char* text :
       {"run_hook() {\n    modprobing x\n}\nrun_earlyhook() {\n    mkdir /run/x\n}\n",
        "show() {\n    echo x\n}\nrun_earlyhook() {\n    if [ -e /x ]; then show; fi\n}\n"}) {
    files["hooks/early-gpu"] = text;
    EXPECT_EQ(status(archive_of(files), "image.first"), "pass") << text << message_;
  }
  Files init_top_files = init_top("00-a", "00-vfio-early");
  init_top_files["scripts/init-top/00-a"] = "#!/bin/sh\n/sbin/modprobe nouveau\n";
  EXPECT_EQ(status(archive_of(init_top_files), "image.first"), "fail");
  Files hooks = dracut("cmdline/00-vfio-early-gate.sh");
  hooks["usr/lib/dracut/hooks/cmdline/00-a.sh"] = "modprobe nouveau\n";
  EXPECT_EQ(status(archive_of(hooks), "image.first"), "fail");
}

TEST_F(VerifyImage, OldAndNewDracutPass) {
  Files files = dracut("cmdline/00-vfio-early-gate.sh");
  files["init"] = samples::kOldDracutInit;
  EXPECT_EQ(status(archive_of(files), "image.started"), "pass") << message_;
  std::string init = samples::kOldDracutInit;
  files["init"] = init.replace(init.find("mount -t"), 8, "test -f ");
  EXPECT_EQ(status(archive_of(files), "image.started"), "unknown");
  EXPECT_TRUE(has_text(message_, "`exit` precedes it")) << message_;

  files = dracut("cmdline/00-vfio-early-gate.sh");
  files["lib/dracut-lib.sh"] = samples::kDracut112Library;
  EXPECT_EQ(status(archive_of(files), "image.started"), "pass") << message_;
}

// Without a merged /usr, /lib is a directory of its own.
TEST_F(VerifyImage, DracutHooksMayBeInLib) {
  const std::string merged = "usr/lib/dracut/hooks/";
  Files files = dracut("cmdline/00-vfio-early-gate.sh"), moved;
  for (const auto& [path, text] : files)
    moved[path.starts_with(merged) ? path.substr(4) : path] = text;
  EXPECT_EQ(status(archive_of(moved), "image.started"), "pass") << message_;
  EXPECT_EQ(status(archive_of(moved), "image.first"), "pass") << message_;
  moved["lib/dracut/hooks/cmdline/00-a.sh"] = "modprobe nouveau\n";
  EXPECT_EQ(status(archive_of(moved), "image.first"), "fail");
}

TEST_F(VerifyImage, ScriptWithoutOurCallFails) {
  Files files = init_top("00-vfio-early", "udev");
  files["scripts/init-top/00-vfio-early"] = "#!/bin/sh\n# /usr/bin/vfio-early gate\n";
  EXPECT_EQ(status(archive_of(files), "image.started"), "fail");
  EXPECT_TRUE(has_text(message_, "does not call vfio-early")) << message_;
}

// A part that could not be read proves nothing.
TEST_F(VerifyImage, UnreadPartIsUnknown) {
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
  // image.modules waits for image.readable itself: the remedy names the root.
  EXPECT_EQ(status(archive_of(files) + damaged, "image.builtin"), "unknown");
  EXPECT_TRUE(has_text(message_, "fix image.readable first")) << message_;
  EXPECT_FALSE(has_text(message_, "image.modules")) << message_;
}

// An empty file is not an image without vfio-early.
TEST_F(VerifyImage, FileWithoutContentIsUnknown) {
  for (const std::string& file : {std::string(), std::string(512, '\0'), std::string("HdrS kernel"),
                                  samples::elf_header(ET_EXEC)}) {
    EXPECT_EQ(status(file, "image.readable"), "unknown");
    EXPECT_EQ(status(file, "image.started"), "unknown") << message_;
    EXPECT_EQ(verdict(image_findings(file)), Status::kUnknown);
  }
}

// A disk of another machine that is mounted below --root has no sysfs.
TEST_F(VerifyImage, WithoutSysfsTheImageIsStillJudged) {
  const host::Root root = tree_.root();
  const auto findings = [&](Files files) {
    const auto configuration = config::read_configuration(root, config::kConfigurationFile);
    Facts facts;
    facts.platform = host::read_platform(root);
    return run_image_checks(read_image_facts(BootConfiguration(root), "image", archive_of(files),
                                             configuration, config::kConfigurationFile, facts,
                                             host::Error{ENOENT, "list /sys/bus/pci/devices"}));
  };
  Files files = init_top("00-vfio-early", "udev");
  files["etc/crypttab"] = "root UUID=1-2 none luks\n";
  for (const Finding& finding : findings(files)) {
    const bool about_functions =
        finding.id == "image.plan" || finding.id == "image.builtin" || finding.id == "image.prompt";
    EXPECT_EQ(finding.status, about_functions ? Status::kUnknown : Status::kPass) << finding.id;
  }
  files.erase("usr/bin/vfio-early");
  EXPECT_EQ(verdict(findings(files)), Status::kFail);
}

TEST_F(VerifyImage, RemedyNamesHooksOfMkinitcpio) {
  Files files = mkinitcpio("udev");
  files.erase("usr/bin/vfio-early");
  tree_.file("/etc/mkinitcpio.conf", "HOOKS=(base udev)\n")
      .file("/etc/mkinitcpio.conf.d/vfio-early.conf", "HOOKS=(vfio-early \"${HOOKS[@]}\")\n")
      .file("/etc/mkinitcpio.d/linux.preset",
            "ALL_config=/etc/mkinitcpio.conf\nPRESETS=(default)\ndefault_image=/boot/image\n");
  EXPECT_EQ(status(archive_of(files), "image.started"), "fail");
  EXPECT_TRUE(has_text(message_, "remove ALL_config from /etc/mkinitcpio.d/linux.preset"))
      << message_;
  EXPECT_LT(message_.find("ALL_config"), message_.find("mkinitcpio -P")) << message_;
  std::filesystem::remove(tree_.directory() / "etc/mkinitcpio.d/linux.preset");
  EXPECT_EQ(status(archive_of(files), "image.started"), "fail");
  EXPECT_FALSE(has_text(message_, "HOOKS")) << "a rebuild is enough: " << message_;
}

TEST_F(VerifyImage, MissingConfigurationIsFirstInRemedy) {
  Files files = init_top("00-vfio-early", "udev");
  files.erase("usr/bin/vfio-early");
  EXPECT_EQ(status(archive_of(files), "image.started"), "fail");
  EXPECT_FALSE(has_text(message_, "/etc/vfio-early.conf")) << message_;
  std::filesystem::remove(tree_.directory() / "etc/vfio-early.conf");
  EXPECT_EQ(status(archive_of(files), "image.started"), "fail");
  EXPECT_TRUE(has_text(message_, "add a section for a card to /etc/vfio-early.conf")) << message_;
  EXPECT_LT(message_.find("add a section for a card"), message_.find("update-initramfs -u -k all"))
      << message_;
  tree_.file("/proc/cmdline", "quiet vfio_early.claim=0000:01:00\n");
  EXPECT_EQ(status(archive_of(files), "image.started"), "fail");
  EXPECT_TRUE(has_text(message_, "touch /etc/vfio-early.conf")) << message_;
}

// booster has no hook for vfio-early, and its modules are not in a directory of their kernel.
TEST_F(VerifyImage, BoosterNeedsASecondImage) {
  Files files = {{"init", samples::elf_header(ET_EXEC)},
                 {"etc/booster.init.yaml", "network: null\n"},
                 {"usr/lib/modules/vfio.ko", module_of("6.1.0-fake", "vfio")}};
  const Files links = {{"lib", "usr/lib"}};
  tree_.file("/etc/os-release", "ID=arch\n").file("/usr/bin/mkinitcpio", "");
  EXPECT_EQ(status(archive_with_links(files, links), "image.started"), "fail");
  EXPECT_TRUE(has_text(message_, "(init: booster)")) << message_;
  EXPECT_TRUE(has_text(message_, "vfio-early image \"$(uname -r)\" -o /boot/vfio-early.img"));
  EXPECT_FALSE(has_text(message_, "mkinitcpio -P")) << message_;
  // The boot loader loads both images.
  for (const auto& [path, text] : supplement()) files[path] = text;
  tree_.file("/etc/kernel/cmdline", "quiet rdinit=/vfio-early\n");
  for (const Finding& finding : image_findings(archive_with_links(files, links)))
    EXPECT_EQ(finding.status, expected_of(finding)) << finding.id << ": " << finding.evidence;
}

TEST_F(VerifyImage, EarlierScriptOrHookIsNamed) {
  EXPECT_EQ(status(archive_of(init_top("udev", "vfio-early")), "image.first"), "fail");
  EXPECT_TRUE(has_text(message_, "init-top/udev runs before vfio-early")) << message_;
  EXPECT_TRUE(has_text(message_, "update-initramfs -u -k all")) << message_;
  EXPECT_EQ(status(archive_of(mkinitcpio("udev vfio-early")), "image.first"), "fail");
  EXPECT_TRUE(has_text(message_, "mkinitcpio -P")) << message_;
  EXPECT_EQ(status(archive_of(dracut("pre-udev/00-vfio-early-gate.sh")), "image.first"), "fail");
  EXPECT_TRUE(has_text(message_, "rd.driver.pre=")) << message_;
  EXPECT_EQ(status(archive_of(dracut("pre-udev/00-vfio-early-gate.sh")), "image.started"), "pass");
}

TEST_F(VerifyImage, ImageThatStartsNothingFails) {
  EXPECT_EQ(status(archive_of({{"init", ""}}), "image.started"), "fail");
  EXPECT_TRUE(has_text(message_, "does not contain vfio-early")) << message_;
  EXPECT_EQ(status(archive_of(init_top("udev", "other")), "image.started"), "fail");
  EXPECT_TRUE(has_text(message_, "nothing starts it")) << message_;
  EXPECT_EQ(status(archive_of(supplement()), "image.started"), "fail");
  EXPECT_TRUE(has_text(message_, "rdinit=/vfio-early")) << message_;
}

TEST_F(VerifyImage, DifferentConfigurationFails) {
  const std::string image = archive_of(init_top("00-vfio-early", "udev"));
  tree_.file("/etc/vfio-early.conf.d/more.conf", "");
  EXPECT_EQ(status(image, "image.plan"), "fail");
  EXPECT_TRUE(has_text(message_, "/etc/vfio-early.conf.d/more.conf is missing in the image"))
      << message_;
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:02:00\n");
  EXPECT_EQ(status(image, "image.plan"), "fail");
  EXPECT_TRUE(has_text(message_, "/etc/vfio-early.conf differs in the image")) << message_;
}

TEST_F(VerifyImage, ConfigurationIsReadThroughLink) {
  Files files = init_top("00-vfio-early", "udev");
  const std::string path = "etc/vfio-early.conf";
  files.erase(path);
  files["opt/cards"] = kConfiguration;
  EXPECT_EQ(status(archive_with_links(files, {{path, "/opt/cards"}}), "image.plan"), "pass")
      << message_;
  files["opt/cards"] += "# more\n";
  EXPECT_EQ(status(archive_with_links(files, {{path, "/opt/cards"}}), "image.plan"), "fail");
  EXPECT_TRUE(has_text(message_, "/etc/vfio-early.conf differs in the image")) << message_;
  EXPECT_EQ(status(archive_with_links(files, {{path, "/opt/none"}}), "image.plan"), "fail");
  EXPECT_TRUE(has_text(message_, "/etc/vfio-early.conf is missing in the image")) << message_;
}

TEST_F(VerifyImage, CardThatIsNotFoundFails) {
  Files files = init_top("00-vfio-early", "udev");
  files["etc/vfio-early.conf"] = "[gaming]\naddress = 0000:77:00\n";
  tree_.file("/etc/vfio-early.conf", files["etc/vfio-early.conf"]);
  EXPECT_EQ(status(archive_of(files), "image.plan"), "fail");
  EXPECT_TRUE(has_text(message_, "0000:77:00")) << message_;
}

TEST_F(VerifyImage, AMissingDependencyIsNamed) {
  Files files = init_top("00-vfio-early", "udev");
  files.erase(std::string(kModules) + "kernel/vfio.ko");
  EXPECT_EQ(status(archive_of(files), "image.modules"), "fail");
  EXPECT_TRUE(has_text(message_, "missing or not usable for the kernel 6.1.0-fake: vfio"))
      << message_;
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

TEST_F(VerifyImage, ConfiguredModuleMustBeInTheImage) {
  Files files = init_top("00-vfio-early", "udev");
  files["etc/vfio-early.conf"] = kConfiguration + std::string("modules = vendor-reset\n");
  tree_.file("/etc/vfio-early.conf", files["etc/vfio-early.conf"]);
  EXPECT_EQ(status(archive_of(files), "image.modules"), "fail");
  EXPECT_TRUE(has_text(message_, "vendor_reset")) << message_;
  files[std::string(kModules) + "modules.builtin"] = "updates/vendor-reset.ko\n";
  EXPECT_EQ(status(archive_of(files), "image.modules"), "pass") << message_;
}

TEST_F(VerifyImage, BuiltInHostDriverWarns) {
  Files files = init_top("00-vfio-early", "udev");
  files[std::string(kModules) + "modules.builtin.modinfo"] =
      std::string("bochs.author=x\0bochs.alias=pci:v00001234d00001111sv*\0", 53);
  tree_.file("/sys/bus/pci/devices/0000:01:00.0/modalias",
             "pci:v00001234d00001111sv00001AF4sd00001100bc03sc80i00\n");
  EXPECT_EQ(status(archive_of(files), "image.builtin"), "warn");
  EXPECT_TRUE(has_text(message_, "bochs is built into the kernel 6.1.0-fake")) << message_;
  files.erase(std::string(kModules) + "modules.builtin.modinfo");
  EXPECT_EQ(status(archive_of(files), "image.builtin"), "unknown");
}

}  // namespace
}  // namespace verify
