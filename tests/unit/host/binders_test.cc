// SPDX-License-Identifier: GPL-2.0-or-later
//
// Settings outside of vfio-early: modprobe.d, udev rules, and commands that bind functions.
#include "host/binders.h"

#include "host/modprobe_lines.h"
#include "tests/unit/fake_tree.h"

namespace host {
namespace {

using Words = std::vector<std::string>;

TEST(ModprobeLines, HaveFileAndLine) {
  FakeTree tree;
  tree.file("/etc/modprobe.d/b.conf", "# install x y\n\ninstall vfio-pci \\\n  /sbin/x.sh  1\n");
  tree.file("/etc/modprobe.d/b.conf.bak", "install vfio /bin/false\n");
  tree.file("/usr/lib/modprobe.d/b.conf", "blacklist hidden\n");
  tree.file("/usr/lib/modprobe.d/c.conf", "blacklist nouveau");
  const auto lines = read_modprobe_lines(tree.root());
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].where, "/etc/modprobe.d/b.conf:3");
  EXPECT_EQ(lines[0].str(), "install vfio-pci /sbin/x.sh 1");
  EXPECT_EQ(lines[1].where, "/usr/lib/modprobe.d/c.conf:1");
}

TEST(ModprobeLines, NamesMayBePatterns) {
  const auto names = [](const std::string& pattern, const char* module) {
    return parse_modprobe_lines("install " + pattern + " x", "").at(0).names(module);
  };
  EXPECT_TRUE(names("vfio-pci", "vfio_pci"));
  EXPECT_TRUE(names("vfio*", "vfio-pci"));
  EXPECT_FALSE(names("vfio", "vfio_pci"));
}

TEST(ModprobeLines, ThatLoadNothing) {
  for (const char* command : {"/bin/false", "/usr/bin/true", ":", "exit 0"})
    EXPECT_TRUE(loads_nothing(parse_modprobe_lines("install a " + std::string(command), "").at(0)));
  EXPECT_FALSE(loads_nothing(parse_modprobe_lines("install a modprobe -i a", "").at(0)));
  EXPECT_FALSE(loads_nothing(parse_modprobe_lines("remove a /bin/false", "").at(0)));
}

const PciFunction kGpu = {.address = *PciAddress::parse("0000:01:00.0"),
                          .id = {0x10de, 0x1e84, 0x1458, 0x3702},
                          .class_code = 0x030000,
                          .driver = "nouveau"};

// "DRIVER WHERE" of each rule for kGpu.
Words bindings(const std::string& rules) {
  Words found;
  for (const UdevBinding& binding : udev_bindings(parse_udev_rules(rules, "f"), kGpu))
    found.push_back(binding.driver + " " + binding.where);
  return found;
}

constexpr const char* kTakes = R"(ATTR{driver_override}="nvidia")";

TEST(UdevRules, ConditionsAreCompared) {
  const auto takes = [](const std::string& condition) {
    return bindings(condition + ", " + kTakes) == Words{"nvidia f:1"};
  };
  for (const char* yes :
       {R"(KERNEL=="0000:01:00.0")", R"(KERNEL=="0000:01:00.?", SUBSYSTEM=="pci")",
        R"(ATTR{vendor}=="0x10de", ATTR{device}=="0x1e84", ATTR{class}=="0x03*")",
        R"(ATTR{vendor}=="0x1002|0x10de")", R"(ENV{PCI_ID}=="10DE:1E84")",
        R"(ENV{PCI_CLASS}=="30000", ENV{PCI_SLOT_NAME}=="0000:01:00.0")",
        R"(ATTR{subsystem_vendor}=="0x1458", ATTR{subsystem_device}!="0x0001")",
        R"(ACTION=="add", TEST=="power/control", PROGRAM=="/bin/true")",
        R"(KERNELS=="0000:00:01.0", SUBSYSTEMS=="pci")", R"(  ACTION=="add|bind" )"})
    EXPECT_TRUE(takes(yes)) << yes;
  for (const char* no :
       {R"(KERNEL=="0000:02:00.0")", R"(SUBSYSTEM=="usb")", R"(ATTR{vendor}=="0x1002")",
        R"(ATTR{vendor}!="0x10de")", R"(ACTION=="remove")", R"(# KERNEL=="*")",
        R"(ENV{PCI_ID}=="10DE:1B81")", R"(ATTR{class}=="0x0c03*")"})
    EXPECT_FALSE(takes(no)) << no;
}

TEST(UdevRules, OnlyChangesOfTheDriverAreFound) {
  EXPECT_EQ(bindings(R"(KERNEL=="*", ATTR{power/control}="auto", RUN+="/sbin/x")"), Words{});
  EXPECT_EQ(bindings(R"(KERNEL=="*", ATTR{driver_override}=="nvidia")"), Words{}) << "a condition";
  EXPECT_EQ(bindings("KERNEL==\"*\", \\\n RUN+=\"/bin/sh -c 'echo \\\"a\\\" > "
                     "/sys/bus/pci/devices/%k/driver_override'\"\n"),
            Words{" f:1"});
  EXPECT_EQ(bindings(R"(RUN{program}+="/usr/sbin/driverctl set-override %k nvidia")"),
            Words{" f:1"});
}

TEST(UdevRules, CertainGotoIsFollowed) {
  const auto after = [](const std::string& condition) {
    return bindings(condition + R"(, GOTO="end"
)" + kTakes + R"(
LABEL="other"
)" + kTakes + R"(
LABEL="end"
)" + kTakes);
  };
  EXPECT_EQ(after(R"(SUBSYSTEM=="pci")"), Words{"nvidia f:6"});
  EXPECT_EQ(after(R"(SUBSYSTEM!="pci")"), (Words{"nvidia f:2", "nvidia f:4", "nvidia f:6"}));
  EXPECT_EQ(after(R"(ACTION!="add")").size(), 3u) << "it depends on the event";
}

// systemd-udevd logs an error and reads the next rule.
TEST(UdevRules, GotoWithoutALaterLabelIsIgnored) {
  EXPECT_EQ(bindings(std::string("SUBSYSTEM==\"pci\", GOTO=\"nowhere\"\n") + kTakes).size(), 1u);
  EXPECT_EQ(bindings(std::string("LABEL=\"a\"\nSUBSYSTEM==\"pci\", GOTO=\"a\"\n") + kTakes).size(),
            1u);
}

TEST(UdevRules, PrefixOfAValueIsRead) {
  const auto takes = [](const std::string& condition) {
    return bindings(condition + ", " + kTakes) == Words{"nvidia f:1"};
  };
  EXPECT_TRUE(takes(R"(ATTR{vendor}==i"0X10DE")"));
  EXPECT_TRUE(takes(R"(ENV{PCI_ID}==i"10de:1e84")"));
  EXPECT_TRUE(takes(R"(ATTR{vendor}==e"0x10de")"));
  EXPECT_FALSE(takes(R"(ATTR{vendor}==i"0X1002")"));
  EXPECT_FALSE(takes(R"(ATTR{vendor}!=i"0X10DE")"));
  EXPECT_FALSE(takes(R"(ENV{PCI_ID}=="10de:1e84")")) << "udev has it in upper case";
}

TEST(UdevRules, CommandThatNamesTheFunctionCountsInAnyRule) {
  const auto of_module = [](const std::string& command) {
    return bindings("SUBSYSTEM==\"module\", KERNEL==\"nvidia\", RUN+=\"" + command + "\"");
  };
  EXPECT_EQ(of_module("/bin/sh -c 'echo 0000:01:00.0 > /sys/bus/pci/drivers/nvidia/bind'"),
            Words{"nvidia f:1"});
  EXPECT_EQ(of_module("/usr/bin/virsh nodedev-reattach pci_0000_01_00_0"), Words{" f:1"});
  EXPECT_EQ(of_module("/bin/sh -c 'echo 0000:02:00.0 > /sys/bus/pci/drivers/nvidia/bind'"),
            Words{});
  EXPECT_EQ(of_module("/bin/sh -c 'echo 0000:01:00.0 > /sys/bus/pci/drivers/vfio-pci/bind'"),
            Words{});
  EXPECT_EQ(of_module("/bin/sh -c 'echo %k > /sys/bus/pci/drivers/nvidia/bind'"), Words{});
  EXPECT_EQ(bindings("SUBSYSTEM==\"pci\", GOTO=\"end\"\n"
                     "RUN+=\"driverctl set-override 0000:01:00.0 nvidia\"\nLABEL=\"end\"\n"),
            Words{"nvidia f:2"})
      << "a rule that the function skips";
}

TEST(UdevRules, CommentIsNotContinued) {
  EXPECT_EQ(bindings(std::string("# a comment \\\n") + kTakes).size(), 1u);
}

TEST(UdevRules, FilesHideThoseOfTheSameName) {
  FakeTree tree;
  tree.file("/etc/udev/rules.d/9.rules", "# nothing\n");
  tree.file("/usr/lib/udev/rules.d/9.rules", kTakes);
  EXPECT_TRUE(read_binding_udev_rules(tree.root()).empty());
  tree.file("/usr/lib/udev/rules.d/8.rules", kTakes).file("/lib/udev/rules.d/7.ru", kTakes);
  EXPECT_EQ(read_binding_udev_rules(tree.root()).size(), 1u);
}

TEST(UdevRules, FileThatIsTooLargeIsReported) {
  FakeTree tree;
  tree.file("/etc/udev/rules.d/8.rules", kTakes);
  tree.file("/etc/udev/rules.d/9.rules", std::string(size_t{2} << 20, '#'));
  Words unread;
  EXPECT_EQ(read_binding_udev_rules(tree.root(), &unread).size(), 1u);
  EXPECT_EQ(unread, Words{"/etc/udev/rules.d/9.rules"});
}

TEST(BindCommands, AreFoundByAddress) {
  // "ADDRESS DRIVER" of each command.
  const auto commands = [](const std::string& line) {
    Words found;
    for (const BindCommand& command : parse_bind_commands(line, "f"))
      found.push_back(command.address.str() + " " + command.driver);
    return found;
  };
  const Words nvidia = {"0000:01:00.0 nvidia"};
  EXPECT_EQ(commands("echo 0000:01:00.0 > /sys/bus/pci/drivers/nvidia/bind"), nvidia);
  EXPECT_EQ(commands("driverctl set-override 0000:01:00.0 nvidia"), nvidia);
  EXPECT_EQ(commands("echo 0000:01:00.0 > /sys/bus/pci/drivers/nvidia/bind # not vfio-pci"),
            nvidia);
  EXPECT_EQ(commands("driverctl set-override \\\n 0000:01:00.0 \\\n nvidia\n"), nvidia);
  EXPECT_EQ(commands("echo 0000:01:00.0 > /sys/bus/pci/drivers/vfio_net/bind"),
            Words{"0000:01:00.0 vfio_net"})
      << "not a VFIO driver";
  const Words unknown = {"0000:01:00.0 "};
  EXPECT_EQ(commands("virsh nodedev-reattach pci_0000_01_00_0"), unknown);
  EXPECT_EQ(commands("echo 0000:01:00.0 > /sys/bus/pci/drivers/vfio-pci/unbind"), unknown);
  EXPECT_EQ(commands("w /sys/bus/pci/devices/0000:01:00.0/driver_override - - - - nvidia"),
            unknown);
  EXPECT_EQ(commands("echo > /sys/bus/pci/devices/0000\\:01\\:00.0/driver_override"), unknown);
  for (const char* harmless :
       {"echo vfio-pci > /sys/bus/pci/devices/0000:01:00.0/driver_override",
        "echo 0000:01:00.0 > /sys/bus/pci/drivers/nouveau/unbind", "lspci -s 0000:01:00.0",
        "# virsh nodedev-reattach pci_0000_01_00_0", "echo $1 > /sys/bus/pci/drivers/nvidia/bind",
        "driverctl set-override 0000:01:00.0 vfio-pci",
        "driverctl set-override 0000:01:00.0 xe-vfio-pci",
        "echo 10000:01:00.0 > /sys/bus/pci/drivers/nvme/bind"})
    EXPECT_EQ(commands(harmless), Words{}) << harmless;
}

Binders binders_of(const FakeTree& tree) {
  return read_binders(tree.root(), read_modprobe_lines(tree.root()));
}

TEST(Binders, AreReadFromTheirPlaces) {
  FakeTree tree;
  const std::string command = "echo 0000:01:00.0 > /sys/bus/pci/drivers/nvidia/bind\n";
  tree.file("/etc/rc.local", "#!/bin/sh\n" + command);
  tree.file("/etc/libvirt/hooks/qemu.d/win/release/end/x.sh", command);
  tree.file("/etc/systemd/system/a.service.d/b.conf", "[Service]\nExecStart=/bin/sh -c " + command);
  tree.file("/usr/local/bin/program", command + std::string(1, '\0'));
  tree.file("/etc/modprobe.d/n.conf", "install nvidia modprobe -i nvidia && " + command);
  tree.file("/etc/driverctl.d/pci-0000:01:00.1", "none\n");
  tree.file("/run/nvidia/validations/x", "");
  const Binders binders = binders_of(tree);
  Words where;
  for (const BindCommand& each : binders.commands) where.push_back(each.where);
  EXPECT_EQ(where, (Words{"/etc/rc.local:2", "/etc/systemd/system/a.service.d/b.conf:2",
                          "/etc/libvirt/hooks/qemu.d/win/release/end/x.sh:1",
                          "/etc/modprobe.d/n.conf:1"}));
  ASSERT_EQ(binders.driverctl.size(), 1u);
  EXPECT_EQ(binders.driverctl[0].address()->str(), "0000:01:00.1");
  EXPECT_EQ(binders.driverctl[0].file(), "/etc/driverctl.d/pci-0000:01:00.1");
  EXPECT_EQ(binders.gpu_operator, "/run/nvidia/validations");
  EXPECT_EQ(binders_of(FakeTree()).gpu_operator, "");
}

constexpr const char* kCommand = "echo 0000:01:00.0 > /sys/bus/pci/drivers/nvidia/bind\n";

TEST(Binders, ProgramsAreSkipped) {
  FakeTree tree;
  tree.file("/usr/local/bin/program", std::string(500, '\0') + std::string(size_t{2} << 20, 'x'));
  tree.file("/usr/local/bin/script", kCommand);
  const Binders binders = binders_of(tree);
  EXPECT_EQ(binders.commands.size(), 1u);
  EXPECT_EQ(binders.unread, Words{});
}

TEST(Binders, LargeScriptIsReported) {
  FakeTree tree;
  tree.file("/usr/local/bin/large", kCommand + std::string(size_t{2} << 20, '#'));
  const Binders binders = binders_of(tree);
  EXPECT_TRUE(binders.commands.empty());
  EXPECT_EQ(binders.unread, Words{"/usr/local/bin/large"});
}

TEST(Binders, SizeOfAllScriptsIsLimited) {
  FakeTree tree;
  for (int i = 0; i < 10; ++i)
    tree.file("/usr/local/bin/" + std::to_string(i), std::string(1'000'000, '#'));
  EXPECT_EQ(binders_of(tree).unread, (Words{"/usr/local/bin/8", "/usr/local/bin/9"}));
}

TEST(Binders, NumberOfFilesIsLimited) {
  FakeTree tree;
  for (int i = 0; i < 2100; ++i) tree.file("/usr/local/bin/" + std::to_string(10'000 + i), "");
  EXPECT_EQ(binders_of(tree).unread.size(), 1u);
}

TEST(Binders, LinkedDirectoriesAreSkipped) {
  FakeTree tree;
  tree.file("/opt/all/x.sh", kCommand).file("/opt/script", kCommand);
  tree.link("/usr/local/bin/all", "/opt/all").link("/usr/local/bin/script", "/opt/script");
  tree.file("/etc/systemd/system/multi-user.target.wants/a.service", kCommand);
  tree.file("/etc/systemd/system/a.target.requires/a.service", kCommand);
  const Binders binders = binders_of(tree);
  ASSERT_EQ(binders.commands.size(), 1u);
  EXPECT_EQ(binders.commands[0].where, "/usr/local/bin/script:1");
  EXPECT_EQ(binders.unread, Words{});
}

TEST(Driverctl, UnreadableOverrideIsAnError) {
  FakeTree tree;
  tree.file("/etc/driverctl.d/pci-0000:01:00.0", "nvidia\n");
  ASSERT_TRUE(read_driverctl(tree.root()));
  EXPECT_EQ(read_driverctl(tree.root())->at(0).driver, "nvidia");
  tree.file("/etc/driverctl.d/pci-0000:02:00.0", std::string(size_t{1} << 20, 'x'));
  ASSERT_FALSE(read_driverctl(tree.root()));
  EXPECT_EQ(read_driverctl(tree.root()).error().step, "read /etc/driverctl.d/pci-0000:02:00.0");
  EXPECT_EQ(binders_of(tree).unread, Words{"/etc/driverctl.d"});
  EXPECT_EQ(read_driverctl(FakeTree().root()).error().code, ENOENT);
}

}  // namespace
}  // namespace host
