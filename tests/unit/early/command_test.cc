// SPDX-License-Identifier: GPL-2.0-or-later
//
// The program from a user's view: its output and its exit status, on a fake tree.
#include <array>
#include <cstdio>

#include <sys/wait.h>

#include "host/printable.h"
#include "tests/unit/fake_tree.h"

namespace {

class CommandTest : public testing::Test {
 protected:
  CommandTest() {
    tree_.iommu();
    tree_.function("0000:01:00.0", "1234:1111", "38000");
    tree_.function("0000:01:00.1", "8086:2668", "40300", "snd_hda_intel");
    tree_.function("0000:02:00.0", "1234:1111", "38000", "bochs-drm");
    tree_.file("/dev/kmsg", "").file("/run/x", "");
  }

  // Returns the exit status; `output_` contains both streams.
  int run(const std::string& arguments) {
    return run_command(VFIO_EARLY_BINARY " --root " + tree_.directory().string() + " " + arguments +
                       " 2>&1");
  }

  int run_command(const std::string& command) {
    FILE* pipe = ::popen(command.c_str(), "r");
    std::array<char, 4096> buffer;
    output_.clear();
    while (const size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe))
      output_.append(buffer.data(), count);
    return WEXITSTATUS(::pclose(pipe));
  }

  bool printed(const std::string& words) const { return output_.find(words) != std::string::npos; }

  FakeTree tree_;
  std::string output_;
  const std::string override_ = "/sys/bus/pci/devices/0000:01:00.0/driver_override";
};

TEST_F(CommandTest, PlanIsTheDefaultAndWritesNothing) {
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:01:00\n");
  EXPECT_EQ(run(""), 0);
  EXPECT_TRUE(printed("gaming  0000:01:00.0  1234:1111  038000 display  -")) << output_;
  EXPECT_TRUE(printed("snd_hda_intel   vfio-pci (next boot)")) << output_;
  EXPECT_TRUE(printed("Displays that stay with the host: 0000:02:00.0 (bochs-drm).")) << output_;
  EXPECT_EQ(tree_.text(override_), "(null)\n");
  EXPECT_EQ(tree_.text("/dev/kmsg"), "");
  EXPECT_FALSE(tree_.root().exists("/run/vfio-early"));
}

// Two virtual functions, of which one exists; and a device that reports no addresses before.
TEST_F(CommandTest, PlanShowsVirtualFunctionsBeforeTheyExist) {
  const std::string physical = "/sys/bus/pci/devices/0000:03:00.0/";
  tree_.function("0000:03:00.0", "8086:10C9", "20000", "igb");
  for (const auto& [name, text] : {std::pair{"sriov_totalvfs", "7"},
                                   {"sriov_offset", "128"},
                                   {"sriov_stride", "2"},
                                   {"sriov_vf_device", "10ca"}})
    tree_.file(physical + name, std::string(text) + "\n");
  tree_.file("/etc/vfio-early.conf", "[net]\naddress = 0000:03:00.0\nvfs = 2\n");
  EXPECT_EQ(run("plan"), 0);
  for (const char* address : {"0000:03:10.0", "0000:03:10.2"})
    EXPECT_TRUE(printed("net   " + std::string(address) + "  8086:10ca  -               -  "))
        << output_;
  EXPECT_TRUE(printed("vfio-pci (when created)")) << output_;
  EXPECT_TRUE(
      printed("[net] 2 virtual functions of 0000:03:00.0, which stays with the host: 0 "
              "exist, the others are created when its driver is bound: igb."))
      << output_;
  EXPECT_FALSE(printed("next boot")) << output_;
  EXPECT_FALSE(tree_.root().exists("/run/vfio-early"));

  tree_.function("0000:03:10.0", "8086:10CA", "20000", "igbvf");
  tree_.link(physical + "virtfn0", "../0000:03:10.0");
  tree_.file(physical + "sriov_offset", "0\n");
  EXPECT_EQ(run("plan"), 0);
  EXPECT_TRUE(printed("igbvf           vfio-pci (next boot)")) << output_;
  EXPECT_TRUE(printed("the addresses of 1 virtual functions are not known yet")) << output_;
  // The negative test: the section of a virtual function, which another program creates.
  tree_.file("/etc/vfio-early.conf", "[net]\naddress = 0000:03:10.0\n");
  tree_.link("/sys/bus/pci/devices/0000:03:10.0/physfn", "../0000:03:00.0");
  EXPECT_EQ(run("plan"), 0);
  EXPECT_TRUE(printed("vfio-pci (when created)")) << output_;
}

// A picture that freezes looks like a boot that hangs.
TEST_F(CommandTest, PlanSaysWhereTheBootIsShown) {
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:01:00\n");
  tree_.file("/sys/bus/pci/devices/0000:02:00.0/boot_vga", "1\n");
  EXPECT_EQ(run("plan"), 0);
  EXPECT_FALSE(printed("is the boot display")) << output_;
  tree_.file("/sys/bus/pci/devices/0000:01:00.0/boot_vga", "1\n");
  tree_.file("/sys/bus/pci/devices/0000:02:00.0/boot_vga", "0\n");
  EXPECT_EQ(run("plan"), 0);
  EXPECT_TRUE(
      printed("0000:01:00.0 is the boot display: its picture freezes during the boot, "
              "which continues on 0000:02:00.0 (bochs-drm)."))
      << output_;
}

TEST_F(CommandTest, ConfigurationErrorHasItsOwnExitStatus) {
  EXPECT_EQ(run("plan"), 0);
  EXPECT_TRUE(printed("No card is configured")) << output_;
  EXPECT_TRUE(printed("\n# driver now: bochs-drm\n[card2]\naddress = 0000:02:00\n")) << output_;
  tree_.file("/etc/vfio-early.conf", "[a]\naddress = 0000:07:00\n");
  EXPECT_EQ(run("plan"), 1);
  EXPECT_TRUE(printed("/etc/vfio-early.conf:2: [a] is not claimed: no PCI function"));
  tree_.file("/etc/vfio-early.conf", "[a]\naddress = rubbish\n[b]\naddress = 0000:01:00\n");
  EXPECT_EQ(run("plan"), 2);
  EXPECT_TRUE(printed("/etc/vfio-early.conf:2: [a] is not claimed: invalid value 'rubbish'"))
      << output_;
  EXPECT_TRUE(printed("b     0000:01:00.0")) << output_;
}

// The columns stay below their titles, whatever is longer than usual.
TEST_F(CommandTest, ColumnsOfThePlanFitLongNames) {
  tree_.function("10000:e1:00.0", "10DE:22A3", "68000", "nvidia-nvswitch");
  tree_.file("/etc/vfio-early.conf",
             "[gaming]\naddress = 0000:01:00\n[switch]\naddress = 10000:e1:00.0\n");
  EXPECT_EQ(run("plan"), 0);
  std::istringstream lines(output_);
  std::string title, line;
  std::getline(lines, title);
  for (const char* expected : {"038000", "040300", "068000"}) {
    std::getline(lines, line);
    EXPECT_EQ(line.find(expected), title.find("class")) << output_;
    EXPECT_EQ(line.find("vfio-pci"), title.find("will be")) << output_;
  }
}

TEST_F(CommandTest, SuggestionThatIsRefusedIsMarked) {
  EXPECT_EQ(run("plan"), 0);
  EXPECT_FALSE(printed("# vfio-early would not claim it")) << output_;
  std::filesystem::remove_all(tree_.directory() / "sys/bus/pci/devices/0000:02:00.0");
  EXPECT_EQ(run("plan"), 0);
  EXPECT_TRUE(printed("\n# vfio-early would not claim it: the host would have no other display"))
      << output_;
  tree_.function("0000:00:1f.5", "1A03:2000", "30000", "ast");
  EXPECT_EQ(run("plan"), 0);
  EXPECT_TRUE(printed("\n# 0000:00:1f.5 is the display of the BMC")) << output_;
  EXPECT_TRUE(printed("\n[card]\naddress = 0000:01:00\n")) << output_;
}

TEST_F(CommandTest, RescueSwitchSucceedsWithInvalidConfiguration) {
  tree_.file("/proc/cmdline", "vfio_early=off\n");
  tree_.file("/etc/vfio-early.conf", "rubbish\n[b]\naddress = 0000:01:00\n");
  EXPECT_EQ(run("plan"), 0);
  EXPECT_EQ(run("gate"), 0);
  EXPECT_EQ(tree_.text(override_), "(null)\n");
}

// A terminal executes control sequences: they must not reach standard output, standard error or the
// kernel log.
TEST_F(CommandTest, OutputIsPrintable) {
  for (const std::string evil : {"\033[2J", "\033]0;title\007",
                                 "\x9b"
                                 "31m",
                                 "\xc2\x9b"
                                 "31m",
                                 "\xe2\x80\xae", "\xff\xfe", "\x7f\b"}) {
    tree_.file("/etc/vfio-early.conf", "[" + evil + "]\naddress = " + evil + "\n" + evil +
                                           " = x\n[b]\naddress = 0000:01:00\ndriver = " + evil);
    tree_.file("/etc/driverctl.d/0000:01:00.0", evil + "\n");
    for (const std::string& command :
         {std::string("plan"), std::string("gate"), std::string("import"), std::string("modules"),
          "release '" + evil + "'", "'" + evil + "'", "--'" + evil + "'", "--config '" + evil + "'",
          "--loader '" + evil + "' image x -o x"}) {
      SCOPED_TRACE(host::printable(command));
      run(command);
      EXPECT_FALSE(output_.empty());
      EXPECT_EQ(output_, host::printable(output_));
    }
    const std::string log = tree_.text("/dev/kmsg");
    EXPECT_FALSE(log.empty());
    EXPECT_EQ(log, host::printable(log));
  }
}

TEST_F(CommandTest, ImportNamesAnOverrideThatCannotBeRead) {
  tree_.file("/etc/driverctl.d/pci-0000:01:00.0", "vfio-pci\n");
  EXPECT_EQ(run("import"), 0);
  EXPECT_TRUE(printed("0000:01:00.0")) << output_;
  tree_.file("/etc/driverctl.d/pci-0000:02:00.0", std::string(100'000, 'x'));
  EXPECT_EQ(run("import"), 1);
  EXPECT_TRUE(printed("read /etc/driverctl.d/pci-0000:02:00.0: File too large")) << output_;
}

TEST_F(CommandTest, InvalidOptionIsNamed) {
  EXPECT_EQ(run("--bogus"), 2);
  EXPECT_TRUE(printed("vfio-early: unknown option --bogus; see vfio-early --help")) << output_;
  EXPECT_EQ(run("-x"), 2);
  EXPECT_TRUE(printed("unknown option -x;")) << output_;
  EXPECT_EQ(run("plan --config"), 2);
  EXPECT_TRUE(printed("--config needs an argument")) << output_;
  EXPECT_EQ(run("image 6.12 -o"), 2);
  EXPECT_TRUE(printed("-o needs an argument")) << output_;
}

TEST_F(CommandTest, GateReservesValidCardDespiteError) {
  tree_.file("/etc/vfio-early.conf", "[a]\naddress = rubbish\n[b]\naddress = 0000:01:00\n");
  EXPECT_EQ(run("gate"), 2);
  EXPECT_EQ(tree_.text(override_).substr(0, 8), "vfio-pci");
  EXPECT_TRUE(printed("a: /etc/vfio-early.conf:2: invalid value 'rubbish'")) << output_;
  EXPECT_NE(tree_.text("/dev/kmsg").find("vfio-early: "), std::string::npos);
}

TEST_F(CommandTest, BindWithoutRecordPrintsRemedy) {
  EXPECT_EQ(run("bind"), 1);
  EXPECT_TRUE(printed("run `vfio-early claim`, which runs gate and bind")) << output_;
}

TEST_F(CommandTest, BindReportsInvalidRecord) {
  tree_.file("/run/vfio-early/record.json", std::string(5000, '\x01'));
  EXPECT_EQ(run("bind"), 1);
  EXPECT_TRUE(printed("not a record of vfio-early")) << output_;
  EXPECT_TRUE(printed("Remedy")) << output_;
}

TEST_F(CommandTest, HoldingDriverIsNamed) {
  tree_.file("/etc/vfio-early.conf", "[a]\naddress = 0000:01:00.1\nunbind = no\n");
  EXPECT_EQ(run("claim"), 1);
  EXPECT_TRUE(printed("a: 0000:01:00.1 is not claimed (held): snd_hda_intel already held it"))
      << output_;
}

TEST_F(CommandTest, PlanPrintsWarnings) {
  tree_.file("/etc/vfio-early.conf", "[a]\naddress = 0000:01:00\n");
  tree_.file("/etc/modprobe.d/old.conf", "options vfio-pci ids=1234:1111\n");
  EXPECT_EQ(run("plan"), 0);
  EXPECT_TRUE(
      printed("Warning: the vfio-pci option ids=1234:1111 (/etc/modprobe.d/old.conf:1) also "
              "matches functions that are not claimed: 0000:02:00.0 (1234:1111, display)."))
      << output_;
}

// What a boot logs is what the plan prints.
TEST_F(CommandTest, OtherSettingsAreReported) {
  tree_.file("/etc/vfio-early.conf", "[a]\naddress = 0000:01:00.0\n");
  tree_.file("/etc/modprobe.d/old.conf", "install vfio-pci /sbin/vfio-pci-override.sh\n");
  tree_.file("/etc/driverctl.d/pci-0000:01:00.0", "nvidia\n");
  const auto expect_in = [](const std::string& text) {
    for (const char* words :
         {"/etc/modprobe.d/old.conf:1: 'install vfio-pci /sbin/vfio-pci-override.sh' is ignored",
          "driverctl binds it to nvidia at each boot (/etc/driverctl.d/pci-0000:01:00.0)",
          "`driverctl unset-override 0000:01:00.0`"})
      EXPECT_NE(text.find(words), std::string::npos) << words << "\n" << text;
  };
  EXPECT_EQ(run("plan"), 0);
  expect_in(output_);
  EXPECT_EQ(run("claim"), 1);  // modules cannot be loaded for a fake machine
  expect_in(output_);
  expect_in(tree_.text("/run/vfio-early/record.json"));
}

// pci-stub is no graphics driver that may hang.
TEST_F(CommandTest, DisplayIsTakenFromPciStub) {
  tree_.file("/etc/vfio-early.conf", "[a]\naddress = 0000:03:00.0\n");
  tree_.function("0000:03:00.0", "1234:1111", "30000", "pci-stub");
  tree_.file("/sys/bus/pci/drivers/pci-stub/unbind", "");
  EXPECT_EQ(run("plan"), 0);
  EXPECT_TRUE(printed("pci-stub        vfio-pci\n")) << output_;
  EXPECT_EQ(run("claim"), 1) << "a fake tree does not react";
  EXPECT_EQ(tree_.text("/sys/bus/pci/drivers/pci-stub/unbind"), "0000:03:00.0");
}

TEST_F(CommandTest, ImportsDriverctl) {
  EXPECT_EQ(run("import"), 1);
  tree_.file("/etc/driverctl.d/pci-0000:01:00.0", "vfio-pci\n");
  tree_.file("/etc/driverctl.d/pci-0000:02:00.0", "none\n");
  EXPECT_EQ(run("import"), 0);
  tree_.file("/etc/vfio-early.conf", output_);
  EXPECT_EQ(run("gate"), 0) << output_;
  EXPECT_EQ(tree_.text(override_).substr(0, 8), "vfio-pci");
}

TEST_F(CommandTest, OptionThatACommandDoesNotTakeIsAMistake) {
  EXPECT_EQ(run("plan --loader grub"), 2);
  EXPECT_TRUE(printed("vfio-early: 'plan' does not take --loader; see vfio-early --help"))
      << output_;
  EXPECT_EQ(run("--config /etc/vfio-early.conf bind"), 2);
  EXPECT_TRUE(printed("'bind' does not take --config")) << output_;
  EXPECT_EQ(run("-o /tmp gate"), 2);
  EXPECT_TRUE(printed("'gate' does not take --output")) << output_;
  EXPECT_EQ(run("--config /etc/vfio-early.conf"), 0) << output_;
}

TEST_F(CommandTest, HelpHasEveryCommandWithItsArgument) {
  EXPECT_EQ(run("--help"), 0);
  for (const char* line :
       {"\n  plan              print which", "\n  release CARD      give a card",
        "\n  modules [KERNEL]  print the modules", "\n  -o FILE           for image"})
    EXPECT_TRUE(printed(line)) << output_;
}

TEST_F(CommandTest, ReleaseOfUnclaimedCardListsClaimedCards) {
  EXPECT_EQ(run("release games"), 2);
  EXPECT_TRUE(printed("'games'")) << output_;
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:01:00.0\n");
  EXPECT_EQ(run("gate"), 0) << output_;
  EXPECT_EQ(run("release games"), 2);
  EXPECT_TRUE(printed("claimed cards: gaming")) << output_;
  EXPECT_EQ(run("release"), 2);
  EXPECT_TRUE(printed("release needs an argument: CARD")) << output_;
  // An unset variable of a script must not mean all cards.
  for (const char* command : {"claim ''", "release ''", "enable ''"}) {
    EXPECT_EQ(run(command), 2) << command;
    EXPECT_TRUE(printed("is empty")) << output_;
  }
}

TEST_F(CommandTest, ReleaseClearsTheOverride) {
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:01:00.0\n");
  tree_.file("/sys/bus/pci/drivers_probe", "");
  EXPECT_EQ(run("gate"), 0) << output_;
  EXPECT_EQ(run("release gaming"), 0) << output_;
  EXPECT_EQ(tree_.text(override_).front(), '\n');
  EXPECT_EQ(tree_.text("/sys/bus/pci/drivers_probe"), "0000:01:00.0");
  EXPECT_TRUE(printed("0000:01:00.0 was given back to the host: released by the user")) << output_;
  EXPECT_NE(tree_.text("/run/vfio-early/record.json").find("\"released\""), std::string::npos);
}

// The host has the card because it was released: the remedy is not to rebuild the image.
TEST_F(CommandTest, ClaimAfterReleaseSuggestsReboot) {
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:01:00.0\n");
  tree_.file("/sys/bus/pci/drivers_probe", "");
  EXPECT_EQ(run("gate"), 0) << output_;
  EXPECT_EQ(run("release gaming"), 0) << output_;
  tree_.function("0000:01:00.0", "1234:1111", "38000", "bochs-drm");
  for (const char* time : {"first", "second"}) {
    EXPECT_EQ(run("claim"), 1) << output_;
    EXPECT_TRUE(printed("bochs-drm has held it since `vfio-early release`")) << time << output_;
    EXPECT_TRUE(printed("Remedy: reboot")) << time << output_;
    EXPECT_TRUE(printed("'unbind = display'")) << time << output_;
    EXPECT_FALSE(printed("rebuild the initramfs")) << time << output_;
  }
}

TEST_F(CommandTest, ClaimWithoutReleaseSuggestsRebuild) {
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:02:00.0\n");
  EXPECT_EQ(run("claim"), 1) << output_;
  EXPECT_TRUE(printed("already held it when vfio-early started")) << output_;
  EXPECT_TRUE(printed("rebuild the initramfs")) << output_;
}

TEST_F(CommandTest, AdoptIgnoresUnconfiguredFunctions) {
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:01:00.0\n");
  EXPECT_EQ(run("adopt 0000:01:00.1"), 0);
  EXPECT_EQ(output_, "");
  EXPECT_FALSE(tree_.root().exists("/run/vfio-early/record.json"));
  EXPECT_EQ(run("adopt rubbish"), 2);
}

TEST_F(CommandTest, AdoptReservesReturnedFunction) {
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:01:00.0\n");
  tree_.file("/proc/sys/kernel/random/boot_id", "one\n");
  EXPECT_EQ(run("gate"), 0) << output_;
  tree_.file(override_, "(null)\n");
  EXPECT_EQ(run("adopt 0000:01:00.0"), 1);  // modules cannot be loaded for a fake machine
  EXPECT_EQ(tree_.text(override_).substr(0, 8), "vfio-pci");
  EXPECT_TRUE(printed("driverless")) << output_;
}

TEST_F(CommandTest, AdoptCreatesRecordWithoutGate) {
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:01:00.0\n[b]\nid = 1:1\n");
  EXPECT_EQ(run("adopt 0000:01:00.0"), 1);
  const std::string record = tree_.text("/run/vfio-early/record.json");
  EXPECT_NE(record.find("\"driverless\""), std::string::npos) << record;
  EXPECT_NE(record.find("\"card\": \"b\""), std::string::npos) << record;
}

// A program that an initramfs cannot run must not get into one, such as a build with sanitizers.
TEST_F(CommandTest, ImageReportsWhatIsMissing) {
  EXPECT_EQ(run("image 6.1.0-fake"), 2);
  EXPECT_TRUE(printed("-o FILE")) << output_;
  EXPECT_EQ(run("image 6.1.0-fake -o /no/where --loader lilo"), 2);
  EXPECT_TRUE(printed("systemd-boot")) << output_;
  EXPECT_EQ(run("image 6.1.0-fake -o /no/where"), 2);
  EXPECT_TRUE(printed("no card is configured in /etc/vfio-early.conf")) << output_;
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:01:00\n");
  EXPECT_EQ(run("image 6.1.0-fake -o /no/where"), 1);
  EXPECT_TRUE(printed("shared libraries") || printed("/lib/modules/6.1.0-fake/modules.dep"))
      << output_;
}

TEST_F(CommandTest, UsageErrorsAreShort) {
  for (const char* wrong : {"--frobnicate", "frobnicate", "plan gate", "--config"}) {
    EXPECT_EQ(run(wrong), 2) << wrong;
    EXPECT_LT(output_.size(), 200u) << output_;
  }
  EXPECT_EQ(run("--root /no/such/directory"), 2);
  EXPECT_EQ(run("--help"), 0);
  EXPECT_EQ(run("--version"), 0);
}

// For the hooks of the initramfs generators.
TEST_F(CommandTest, ModulesListsModulesOfKernel) {
  tree_.file("/proc/sys/kernel/osrelease", "6.12\n");
  tree_.file("/lib/modules/6.12/modules.dep", "kernel/vfio-pci.ko:\n");
  tree_.file("/elsewhere/modules.dep", "kernel/vfio-pci.ko:\nkernel/vfio_iommu_type1.ko:\n");
  EXPECT_EQ(run("modules"), 0);
  EXPECT_EQ(output_, "vfio_pci\n");
  EXPECT_EQ(run("modules 6.12"), 0);
  EXPECT_EQ(output_, "vfio_pci\n");
  EXPECT_EQ(run("modules --modules /elsewhere"), 0);
  EXPECT_EQ(output_, "vfio_pci\nvfio_iommu_type1\n");
  EXPECT_EQ(run("modules 6.1"), 1);
  EXPECT_TRUE(printed("does not bind the cards: ")) << output_;
  EXPECT_TRUE(printed("/lib/modules/6.1/modules.dep")) << output_;
  EXPECT_TRUE(printed("Remedy: ")) << output_;
  EXPECT_EQ(tree_.text("/dev/kmsg"), "");
}

TEST_F(CommandTest, ModulesUnpacksModulesInImage) {
  constexpr const char* kKernel = "/lib/modules/6.12/";
  tree_.file(std::string(kKernel) + "modules.dep",
             "kernel/vfio-pci.ko: kernel/vfio.ko\nkernel/vfio.ko:\nkernel/other.ko.xz:\n");
  for (const char* name : {"vfio-pci", "vfio"})
    tree_.file(std::string(kKernel) + "kernel/" + name + ".ko",
               std::string("vermagic=6.12 SMP ") + name + "~Module signature appended~\n");
  tree_.file("/image/kernel/vfio.ko.xz", "packed").file("/image/kernel/other.ko.xz", "packed");
  const std::string image = tree_.directory() / "image";
  EXPECT_EQ(run("modules 6.12 -o " + image), 0) << output_;
  EXPECT_EQ(output_, "vfio_pci\n");
  EXPECT_EQ(tree_.text("/image/kernel/vfio.ko"),
            "vermagic=6.12 SMP vfio~Module signature appended~\n");
  EXPECT_TRUE(std::filesystem::exists(image + "/kernel/vfio-pci.ko"));
  EXPECT_FALSE(std::filesystem::exists(image + "/kernel/vfio.ko.xz"));
  EXPECT_TRUE(std::filesystem::exists(image + "/kernel/other.ko.xz")) << "is not ours";
  EXPECT_FALSE(std::filesystem::exists(image + "/modules.dep")) << "is depmod's";

  EXPECT_EQ(run("modules 6.12 -o " + image + "/kernel/vfio.ko"), 1);
  EXPECT_TRUE(printed("not decompressed")) << output_;
}

TEST_F(CommandTest, ModulesReportsConfigurationError) {
  tree_.file("/lib/modules/6.12/modules.dep", "kernel/vfio-pci.ko:\n");
  tree_.file("/etc/vfio-early.conf", "[a]\naddress = rubbish\n");
  EXPECT_EQ(run("modules 6.12"), 2);
  EXPECT_TRUE(printed("vfio-early: /etc/vfio-early.conf:2: [a]: invalid value 'rubbish'"))
      << output_;
  EXPECT_TRUE(printed("vfio_pci\n")) << output_;
}

// The name of a domain may look like an option. The hook of libvirt that we install calls us.
TEST_F(CommandTest, LibvirtHookTakesNamesThatLookLikeOptions) {
  tree_.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:01:00\nhand-over = yes\n");
  tree_.file("/domain.xml",
             "<domain><devices><hostdev type='pci'><source><address bus='1' slot='0' "
             "function='0'/></source></hostdev></devices></domain>");
  const std::string tree = tree_.directory();
  tree_.file("/program", "#!/bin/sh\nexec " VFIO_EARLY_BINARY " --root " + tree + " \"$@\"\n");
  std::filesystem::permissions(tree + "/program", std::filesystem::perms::owner_all);
  const auto run_hook = [&](const std::string& arguments) {
    const std::string command = "sed 's,/usr/bin/vfio-early,'" + tree + "/program, " +
                                VFIO_EARLY_LIBVIRT_HOOK " > " + tree + "/hook && sh " + tree +
                                "/hook " + arguments + " < " + tree + "/domain.xml 2>&1";
    return run_command(command);
  };
  for (const char* name : {"--help", "-x", "--config", "--", "-", "win"}) {
    EXPECT_EQ(run_hook(std::string(name) + " prepare begin -"), 1) << name;
    EXPECT_TRUE(printed("gaming: not claimed: ")) << name << ": " << output_;
    EXPECT_EQ(run_hook(std::string(name) + " release end -"), 0) << name << ": " << output_;
    EXPECT_EQ(output_, "") << name;
  }
  EXPECT_EQ(run("libvirt-hook --help prepare begin -"), 0);
  EXPECT_TRUE(printed("Usage: vfio-early")) << "without --, it is an option";
}

}  // namespace
