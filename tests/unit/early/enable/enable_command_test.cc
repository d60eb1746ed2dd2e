// SPDX-License-Identifier: GPL-2.0-or-later
//
// enable, disable and status from a user's view, on fake trees: with --dry-run.
#include <array>
#include <cstdio>
#include <filesystem>
#include <map>

#include <sys/wait.h>

#include "early/enable/ledger.h"
#include "tests/unit/early/used_tree.h"

namespace {

class EnableCommandTest : public testing::Test {
 protected:
  EnableCommandTest() {
    tree_.function("0000:00:02.0", "8086:1912", "30000", "i915")
        .function("0000:01:00.0", "10DE:1B81", "30000", "nouveau")
        .function("0000:01:00.1", "10DE:10F0", "40300", "snd_hda_intel")
        .file("/proc/cpuinfo", "vendor_id\t: GenuineIntel\n")
        .file("/proc/cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/a\n")
        .file("/sys/firmware/acpi/tables/DMAR", "DMAR");
  }

  void files(const std::map<std::string, std::string>& all) {
    for (const auto& [file, text] : all) tree_.file(file, text);
  }

  // Returns the exit status; `output_` contains both streams. Nothing may change in the tree.
  int run(const std::string& arguments) {
    const std::string before = contents();
    const std::string command = VFIO_EARLY_BINARY " --root " + tree_.directory().string() + " " +
                                arguments + " 2>&1 </dev/null";
    FILE* pipe = ::popen(command.c_str(), "r");
    std::array<char, 4096> buffer;
    output_.clear();
    while (const size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
      output_.append(buffer.data(), count);
    const int status = WEXITSTATUS(::pclose(pipe));
    EXPECT_EQ(contents(), before);
    return status;
  }

  std::string contents() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(tree_.directory())) {
      const std::string path = entry.path().string();
      all[path] =
          entry.is_regular_file() ? tree_.text(path.substr(tree_.directory().string().size())) : "";
    }
    std::string text;
    for (const auto& [path, content] : all) text += path + "\n" + content + "\n";
    return text;
  }

  bool printed(const std::string& words) const { return output_.find(words) != std::string::npos; }

  UsedTree tree_;
  std::string output_;
};

constexpr const char* kSection =
    "+++ /etc/vfio-early.conf.d/card.conf\n@@ -0,0 +1,4 @@\n"
    "+# written by `vfio-early enable`; `vfio-early disable` removes it\n"
    "+[card]\n+address = 0000:01:00\n+identity = 10de:1b81 10de:10f0\n";

TEST_F(EnableCommandTest, DebianWithGrub) {
  files({{"/etc/os-release", "ID=debian\n"},
         {"/etc/default/grub", "GRUB_CMDLINE_LINUX=\"\"\n"},
         {"/usr/sbin/update-initramfs", ""},
         {"/usr/sbin/mkinitramfs", ""},
         {"/usr/sbin/update-grub", ""}});
  EXPECT_EQ(run("enable 01:00 --dry-run"), 0) << output_;
  EXPECT_TRUE(printed(kSection)) << output_;
  EXPECT_TRUE(
      printed("+++ /etc/default/grub.d/vfio-early.cfg\n@@ -0,0 +1 @@\n"
              "+GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX intel_iommu=on\"\n"));
  EXPECT_TRUE(printed("  update-initramfs -u -k all\n  update-grub\n")) << output_;
}

// Whether or not the running kernel has an IOMMU.
TEST_F(EnableCommandTest, IommuThatIsSwitchedOffIsRefused) {
  files({{"/etc/os-release", "ID=debian\n"},
         {"/etc/default/grub", "GRUB_CMDLINE_LINUX=\"intel_iommu=off\"\n"},
         {"/usr/sbin/update-initramfs", ""},
         {"/usr/sbin/mkinitramfs", ""},
         {"/usr/sbin/update-grub", ""}});
  for (int with_iommu = 0; with_iommu < 2; ++with_iommu) {
    EXPECT_EQ(run("enable 01:00 --dry-run"), 1) << output_;
    EXPECT_TRUE(
        printed("intel_iommu=off in /etc/default/grub:1 switches the IOMMU off.\n"
                "  Remedy: remove it and run `update-grub`; then run "
                "`vfio-early enable 0000:01:00` again.\n"))
        << output_;
    tree_.iommu();
  }
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 01:00\n");
  EXPECT_EQ(run("status"), 1);
  EXPECT_TRUE(
      printed("Next step: intel_iommu=off in /etc/default/grub:1 switches the IOMMU off: "
              "remove it and run `update-grub`, and reboot.\n"))
      << output_;
}

TEST_F(EnableCommandTest, StatusNamesDamagedHandOvers) {
  tree_.file("/run/vfio-early/hand-over.json", "junk");
  EXPECT_EQ(run("status"), 1);
  EXPECT_TRUE(printed("Next step: /run/vfio-early/hand-over.json is damaged: ")) << output_;
  EXPECT_TRUE(printed("Remedy: remove it, and run `vfio-early release CARD`")) << output_;
}

TEST_F(EnableCommandTest, StatusNamesTheParameterThatSwitchesTheIommuOff) {
  files({{"/etc/os-release", "ID=debian\n"},
         {"/etc/default/grub", "GRUB_CMDLINE_LINUX=\"intel_iommu=off\"\n"},
         {"/usr/sbin/update-initramfs", ""},
         {"/usr/sbin/mkinitramfs", ""},
         {"/usr/sbin/update-grub", ""}});
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 01:00\n");
  EXPECT_EQ(run("status"), 1);
  EXPECT_TRUE(printed("Next step: intel_iommu=off in /etc/default/grub:1 switches the IOMMU off: "))
      << output_;
  tree_.file("/etc/default/grub", "GRUB_CMDLINE_LINUX=\"quiet\"\n");
  EXPECT_EQ(run("status"), 1);
  EXPECT_TRUE(printed("Next step: run `vfio-early plan`")) << output_;
}

TEST_F(EnableCommandTest, FedoraWithGrubby) {
  files({{"/etc/os-release", "ID=fedora\n"}, {"/usr/sbin/grubby", ""}, {"/usr/bin/dracut", ""}});
  EXPECT_EQ(run("enable 01:00 --dry-run"), 0) << output_;
  EXPECT_TRUE(printed("  grubby --update-kernel=ALL --args=\"intel_iommu=on\"\n")) << output_;
  EXPECT_TRUE(printed("  dracut --force --regenerate-all\n")) << output_;
}

TEST_F(EnableCommandTest, ArchWithMkinitcpio) {
  files({{"/etc/os-release", "ID=arch\n"},
         {"/usr/bin/mkinitcpio", ""},
         {"/etc/mkinitcpio.conf", "HOOKS=(base udev block)\n"},
         {"/usr/bin/grub-mkconfig", ""},
         {"/etc/default/grub", "GRUB_CMDLINE_LINUX=\"quiet\"\n"}});
  EXPECT_EQ(run("enable 01:00 --dry-run"), 0) << output_;
  EXPECT_TRUE(
      printed("-GRUB_CMDLINE_LINUX=\"quiet\"\n+GRUB_CMDLINE_LINUX=\"quiet intel_iommu=on\"\n"))
      << output_;
  EXPECT_TRUE(printed("+HOOKS=(vfio-early \"${HOOKS[@]}\")\n")) << output_;
  EXPECT_TRUE(printed("  mkinitcpio -P\n  grub-mkconfig -o /boot/grub/grub.cfg\n")) << output_;
}

TEST_F(EnableCommandTest, Proxmox) {
  files({{"/etc/os-release", "ID=debian\n"},
         {"/etc/kernel/proxmox-boot-uuids", "A\n"},
         {"/usr/sbin/proxmox-boot-tool", ""},
         {"/usr/sbin/update-initramfs", ""}});
  EXPECT_EQ(run("enable 01:00 --dry-run"), 0) << output_;
  EXPECT_TRUE(printed("+++ /etc/default/grub.d/vfio-early.cfg\n")) << output_;
  EXPECT_TRUE(printed("  update-initramfs -u -k all\n  proxmox-boot-tool refresh\n")) << output_;
}

TEST_F(EnableCommandTest, OpenSuse) {
  files({{"/etc/os-release", "ID=opensuse-tumbleweed\nID_LIKE=\"opensuse suse\"\n"},
         {"/etc/default/grub", "GRUB_CMDLINE_LINUX=\"\"\n"},
         {"/usr/sbin/grub2-mkconfig", ""},
         {"/usr/bin/dracut", ""}});
  EXPECT_EQ(run("enable 01:00 --dry-run"), 0) << output_;
  EXPECT_TRUE(printed("+GRUB_CMDLINE_LINUX=\"intel_iommu=on\"\n")) << output_;
  EXPECT_TRUE(printed("  grub2-mkconfig -o /boot/grub2/grub.cfg\n")) << output_;
}

TEST_F(EnableCommandTest, NixosIsRefused) {
  files({{"/etc/os-release", "ID=nixos\n"}});
  EXPECT_EQ(run("enable 01:00 --dry-run"), 1);
  EXPECT_TRUE(printed("cannot change boot.kernelParams")) << output_;
  EXPECT_TRUE(printed("Remedy: run `vfio-verify setup 0000:01:00`")) << output_;
  tree_.iommu();
  EXPECT_EQ(run("enable 01:00 --dry-run"), 1);
  EXPECT_TRUE(printed("vfio-early cannot build the initramfs here (NixOS)")) << output_;
}

class WithIommu : public EnableCommandTest {
 protected:
  WithIommu() { tree_.iommu().file("/usr/bin/dracut", ""); }
};

TEST_F(WithIommu, NoParameterIsAdded) {
  EXPECT_EQ(run("enable 01:00 --dry-run"), 0) << output_;
  EXPECT_TRUE(printed(kSection)) << output_;
  EXPECT_FALSE(printed("intel_iommu")) << output_;
}

// Another program asks for a function: it is meant for guests, also if it is not claimed yet, or
// refused.
TEST_F(WithIommu, StatusAsJsonHasTheFunctionsOfEveryCard) {
  tree_.function("0000:02:00.0", "10DE:1B81", "30000", "nouveau")
      .file("/etc/vfio-early.conf",
            "[gpus]\nid = 10de:1b81\ncount = all\n[host]\naddress = 0000:00:02.0\n"
            "[gone]\naddress = 0000:09:00\n[wrong]\nadress = 0000:09:00\n");
  EXPECT_EQ(run("status --format json"), 1);
  for (const char* part :
       {"\"name\": \"gpus@0000:01:00\"", "\"section\": \"gpus\"", "\"state\": \"not-claimed\"",
        "\"address\": \"0000:01:00.1\"", "\"driver\": \"nouveau\"", "\"claimed\": false",
        "\"name\": \"gpus@0000:02:00\"", "\"state\": \"refused\"", "\"address\": \"0000:00:02.0\"",
        "unknown key 'adress'", "\"none\": false"})
    EXPECT_TRUE(printed(part)) << part << " in " << output_;
  EXPECT_FALSE(printed("\"address\": \"0000:09:00"));
  EXPECT_EQ(run("status --format text"), 1);
  EXPECT_TRUE(printed("gpus@0000:02:00: 0000:02:00, configured")) << output_;
  EXPECT_EQ(run("status --format yaml"), 2);
  EXPECT_TRUE(printed("unknown format 'yaml': use text or json")) << output_;
  EXPECT_EQ(run("plan --format json"), 2);
}

TEST_F(WithIommu, OtherProcessesAreNamed) {
  tree_.node("/sys/bus/pci/devices/0000:01:00.0/drm/card1", "dri/card1");
  tree_.process(812, "Xorg", "/dev/dri/card1");
  EXPECT_EQ(run("enable 01:00 --dry-run"), 0);
  EXPECT_TRUE(
      printed("The card is in use by Xorg (812). It is bound to vfio-pci at the next boot.\n"))
      << output_;
}

TEST_F(WithIommu, TheUsersSectionStays) {
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 01:00\n");
  EXPECT_EQ(run("enable 01:00 --dry-run"), 0);
  EXPECT_TRUE(printed("[gaming] in /etc/vfio-early.conf:2 selects the card already")) << output_;
  EXPECT_FALSE(printed("Changes:")) << output_;
}

TEST_F(WithIommu, WhatPlanRefusesIsRefused) {
  tree_.file("/etc/vfio-early.conf", "[igpu]\naddress = 00:02\n");
  EXPECT_EQ(run("enable 01:00 --dry-run"), 1);
  EXPECT_TRUE(printed("the host would have no other display with a driver")) << output_;
  EXPECT_TRUE(printed("`vfio-early enable 0000:01:00 --only-display=allow`")) << output_;
  EXPECT_FALSE(printed("Changes:")) << output_;
  tree_.file("/etc/vfio-early.conf", "");
  tree_.file("/proc/cmdline", "vfio_early=off\n");
  EXPECT_EQ(run("enable 01:00 --dry-run"), 1);
  EXPECT_TRUE(printed("vfio_early=off is set on the kernel command line")) << output_;
}

// The card itself may be claimed, but the other one could not be any more.
TEST_F(WithIommu, WhatHarmsAnotherCardIsRefused) {
  tree_.file("/etc/vfio-early.conf", "[igpu]\naddress = 00:02\n");
  EXPECT_EQ(run("enable 01:00 --dry-run --only-display=allow"), 1);
  EXPECT_TRUE(printed("then [igpu] would not be claimed")) << output_;
  tree_.file("/etc/vfio-early.conf", "[igpu]\naddress = 00:02\nonly-display = allow\n");
  EXPECT_EQ(run("enable 01:00 --dry-run --only-display=allow"), 0) << output_;
  EXPECT_TRUE(printed("+only-display = allow\n")) << output_;
}

TEST_F(WithIommu, MistakesOfUsageHaveTheirOwnStatus) {
  EXPECT_EQ(run("enable 01:00"), 2);
  EXPECT_TRUE(printed("'enable' takes --root only with --dry-run")) << output_;
  EXPECT_EQ(run("disable --yes"), 2);
  EXPECT_TRUE(printed("'disable' takes --root only with --dry-run")) << output_;
  EXPECT_EQ(run("enable --dry-run"), 2);
  EXPECT_TRUE(printed("'enable' needs the address of a card")) << output_;
  EXPECT_EQ(run("enable 07:00 --dry-run"), 2);
  EXPECT_TRUE(printed("no device found at 0000:07:00")) << output_;
  EXPECT_EQ(run("enable 01:00 --dry-run --only-display=yes"), 2);
  EXPECT_TRUE(printed("--only-display takes only 'allow'")) << output_;
  EXPECT_EQ(run("status --yes"), 2);
  EXPECT_EQ(run("disable --dry-run --only-display=allow"), 2);
}

TEST_F(WithIommu, DisableWithoutALedger) {
  EXPECT_EQ(run("disable --dry-run"), 0);
  EXPECT_TRUE(printed("No card is enabled")) << output_;
  EXPECT_EQ(run("disable 01:00 --dry-run"), 2);
  EXPECT_TRUE(printed("no card '01:00' is enabled; enabled cards: none")) << output_;
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 01:00\n");
  for (const char* card : {"gaming", "01:00", "10de:1b81"}) {
    EXPECT_EQ(run(std::string("disable --dry-run ") + card), 1);
    EXPECT_TRUE(
        printed("is configured in /etc/vfio-early.conf:2, which `vfio-early enable` did not"))
        << output_;
  }
}

TEST_F(WithIommu, StatusHasALineForEachCard) {
  EXPECT_EQ(run("status"), 0);
  EXPECT_TRUE(
      printed("No card is configured.\nNext step: to give a card to guests, run "
              "`vfio-early enable`.\n"))
      << output_;
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 01:00\n[gone]\naddress = 09:00\n");
  EXPECT_EQ(run("status"), 1);
  EXPECT_TRUE(
      printed("gaming: 0000:01:00, configured (/etc/vfio-early.conf:2), images not checked, "
              "not claimed now (nouveau, snd_hda_intel)\n"))
      << output_;
  EXPECT_TRUE(printed("gone: 0000:09:00, configured (/etc/vfio-early.conf:4), refused: "))
      << output_;
  EXPECT_TRUE(printed("Next step: run `vfio-early plan`")) << output_;
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 01:00\n");
  EXPECT_EQ(run("status"), 1);
  EXPECT_TRUE(printed("Next step: reboot.\n")) << output_;
}

TEST_F(WithIommu, StatusSaysWhyACardIsAway) {
  const std::string physical = "/sys/bus/pci/devices/0000:00:02.0/";
  for (const char* name : {"sriov_totalvfs", "sriov_offset", "sriov_stride"})
    tree_.file(physical + name, "1\n");
  tree_.file("/etc/vfio-early.conf", "[virtual]\naddress = 0000:00:02.1\n");
  (void)run("status");
  EXPECT_TRUE(
      printed("virtual: 0000:00:02.1, configured (/etc/vfio-early.conf:2), not created yet: "
              "it is a virtual function of 0000:00:02.0"))
      << output_;
}

// initramfs-tools was replaced by dracut since the first card was enabled.
TEST_F(WithIommu, ReplacedGeneratorIsNotRun) {
  early::enable::Ledger ledger{.state = early::enable::State::kEnabled,
                               .rebuild = {{"/usr/sbin/update-initramfs", "-u"}},
                               .directories = {},
                               .entries = {{.number = 1,
                                            .card = "0000:02:00",
                                            .settled = true,
                                            .file = "/etc/vfio-early.conf.d/card.conf",
                                            .after = "0123456789abcdef"}}};
  tree_.file(early::enable::kLedgerFile, early::enable::to_json(ledger));
  EXPECT_EQ(run("enable 01:00 --dry-run"), 0) << output_;
  EXPECT_TRUE(printed("  dracut --force --regenerate-all\n")) << output_;
  EXPECT_FALSE(printed("update-initramfs")) << output_;
  EXPECT_EQ(run("disable --dry-run"), 0) << output_;
  EXPECT_TRUE(printed("  dracut --force --regenerate-all\n")) << output_;
  EXPECT_FALSE(printed("update-initramfs")) << output_;
  tree_.file("/usr/sbin/update-initramfs", "");
  EXPECT_EQ(run("enable 01:00 --dry-run"), 0) << output_;
  EXPECT_TRUE(printed("  update-initramfs -u\n")) << output_;
}

TEST_F(WithIommu, StatusSaysThatARunDidNotFinish) {
  const early::enable::Ledger ledger;
  tree_.file(early::enable::kLedgerFile, early::enable::to_json(ledger));
  EXPECT_EQ(run("status"), 1);
  EXPECT_TRUE(printed("Next step: run `vfio-early disable`")) << output_;
  for (const char* command : {"enable 01:00 --dry-run", "disable --dry-run"}) {
    EXPECT_EQ(run(command), 1);
    EXPECT_TRUE(printed("the last run did not finish; first run `vfio-early disable`")) << output_;
    EXPECT_FALSE(printed("Changes:"));
  }
}

TEST_F(EnableCommandTest, StatusKnowsTheNextBootsParameter) {
  files({{"/etc/os-release", "ID=debian\n"},
         {"/etc/default/grub", "GRUB_CMDLINE_LINUX=\"intel_iommu=on\"\n"},
         {"/etc/vfio-early.conf", "[gaming]\naddress = 01:00\n"}});
  EXPECT_EQ(run("status"), 1);
  EXPECT_TRUE(printed("Next step: reboot.\n")) << output_;
  tree_.file("/etc/default/grub", "GRUB_CMDLINE_LINUX=\"\"\n");
  EXPECT_EQ(run("status"), 1);
  EXPECT_TRUE(printed("refused: no IOMMU is active")) << output_;
}

}  // namespace
