// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table of platforms, row by row: what `enable` changes for a kernel parameter, or why it
// refuses to.
#include "early/enable/parameters.h"

#include <map>
#include <variant>

#include "early/enable/next_boot.h"
#include "early/enable/platform_commands.h"
#include "tests/unit/fake_tree.h"

namespace early::enable {
namespace {

using Files = std::map<std::string, std::string>;

struct RowCase {
  const char* row;
  Files files;
  // The file that changes and its new text; or "$ " and the commands; or "" and why it refuses.
  const char* file;
  const char* expected;
  const char* apply = "";
};

constexpr const char* kSystemdBoot =
    "/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
constexpr const char* kStub =
    "/sys/firmware/efi/efivars/StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";

const Files kDebianGrub = {{"/etc/os-release", "ID=debian\n"},
                           {"/etc/default/grub", "GRUB_CMDLINE_LINUX=\"\"\n"},
                           {"/usr/sbin/update-grub", ""}};
const Files kOtherGrub = {{"/etc/os-release", "ID=arch\n"},
                          {"/etc/default/grub", "GRUB_CMDLINE_LINUX=\"\"\n"},
                          {"/usr/bin/grub-mkconfig", ""}};

Files with(Files files, const Files& more) {
  for (const auto& [file, text] : more) files[file] = text;
  return files;
}

constexpr const char* kGrubDropIn = "/etc/default/grub.d/vfio-early.cfg";
constexpr const char* kExtended = "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX x=1\"\n";
constexpr const char* kCmdline = "/etc/kernel/cmdline";
const Files kLine = {{kCmdline, "root=/dev/a\n"}};

const RowCase kCases[] = {
    {"NixOS", {{"/etc/os-release", "ID=nixos\n"}}, "", "cannot change boot.kernelParams"},
    {"Talos Linux",
     {{"/etc/os-release", "ID=talos\n"}},
     "",
     "cannot change customization.extraKernelArgs"},
    {"Guix System", {{"/run/current-system/profile/bin/guix", ""}}, "", "cannot change (kernel-"},
    {"rpm-ostree with bootc",
     {{"/run/ostree-booted", ""}, {"/usr/bin/rpm-ostree", ""}, {"/usr/bin/bootc", ""}},
     "$ ",
     "rpm-ostree kargs --append-if-missing=x=1; rpm-ostree kargs --delete-if-present=x=1"},
    {"rpm-ostree",
     {{"/run/ostree-booted", ""}, {"/usr/bin/rpm-ostree", ""}},
     "$ ",
     "rpm-ostree kargs --append-if-missing=x=1; rpm-ostree kargs --delete-if-present=x=1"},
    {"bootc",
     {{"/run/ostree-booted", ""}, {"/usr/bin/bootc", ""}},
     "",
     "cannot change the list kargs"},
    {"ostree", {{"/run/ostree-booted", ""}}, "", "cannot change the kernel arguments"},
    {"transactional-update with sdbootutil",
     with(kLine, {{"/usr/sbin/transactional-update", ""}, {"/usr/bin/sdbootutil", ""}}), kCmdline,
     "root=/dev/a x=1\n", "sdbootutil update-all-entries"},
    {"transactional-update",
     {{"/usr/sbin/transactional-update", ""}, {"/etc/default/grub", "GRUB_TIMEOUT=1\n"}},
     "/etc/default/grub",
     "GRUB_TIMEOUT=1\nGRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX x=1\"\n",
     "transactional-update --continue grub.cfg"},
    {"sdbootutil", with(kLine, {{"/usr/bin/sdbootutil", ""}}), kCmdline, "root=/dev/a x=1\n"},
    {"Proxmox with systemd-boot",
     with(kLine, {{"/etc/kernel/proxmox-boot-uuids", ""},
                  {kSystemdBoot, "systemd-boot 252"},
                  {"/usr/sbin/proxmox-boot-tool", ""}}),
     kCmdline, "root=/dev/a x=1\n", "proxmox-boot-tool refresh"},
    {"Proxmox with GRUB",
     {{"/etc/kernel/proxmox-boot-uuids", ""}, {"/usr/sbin/proxmox-boot-tool", ""}},
     kGrubDropIn,
     kExtended,
     "proxmox-boot-tool refresh"},
    {"Limine",
     {{"/usr/bin/limine-update", ""},
      {"/etc/default/limine", "KERNEL_CMDLINE[default]+=\"quiet\"\n"}},
     "/etc/default/limine",
     "KERNEL_CMDLINE[default]+=\"quiet x=1\"\n",
     "limine-update"},
    {"Limine",
     {{"/usr/bin/limine-update", ""}, {"/etc/default/limine", "ESP_PATH=\"/boot\"\n"}},
     "",
     "KERNEL_CMDLINE[default] is not set in /etc/default/limine"},
    {"kernelstub",
     {{"/usr/bin/kernelstub", ""}, {kSystemdBoot, "systemd-boot 249"}},
     "$ ",
     "kernelstub --add-options \"x=1\"; kernelstub --delete-options \"x=1\""},
    {"clr-boot-manager",
     {{"/usr/bin/clr-boot-manager", ""}},
     "/etc/kernel/cmdline.d/vfio-early.conf",
     "x=1\n",
     "clr-boot-manager update"},
    {"kernel-install-for-dracut", with(kLine, {{"/usr/bin/reinstall-kernels", ""}}), kCmdline,
     "root=/dev/a x=1\n", "reinstall-kernels"},
    {"unified image of mkinitcpio",
     with(kLine, {{"/usr/bin/mkinitcpio", ""}, {kStub, "systemd-stub 257"}}), kCmdline,
     "root=/dev/a x=1\n", "mkinitcpio -P"},
    {"unified image of mkinitcpio",
     with(kLine, {{"/usr/bin/mkinitcpio", ""},
                  {kStub, "systemd-stub 257"},
                  {"/etc/cmdline.d/root.conf", "quiet\n"}}),
     "/etc/cmdline.d/vfio-early.conf", "x=1\n"},
    {"unified image of mkinitcpio",
     with(kLine, {{"/usr/bin/mkinitcpio", ""},
                  {kStub, "systemd-stub 257"},
                  {"/etc/mkinitcpio.d/linux.preset", "default_cmdline=/etc/other\n"}}),
     "", "/etc/mkinitcpio.d/linux.preset sets the kernel command line"},
    {"unified image of kernel-install on Debian",
     with(kLine, {{"/etc/os-release", "ID=debian\n"},
                  {"/usr/bin/kernel-install", ""},
                  {kStub, "systemd-stub 257"}}),
     kCmdline, "root=/dev/a x=1\n",
     "for kernel in /lib/modules/*; do kernel-install add \"${kernel##*/}\" \"/boot/vmlinuz-${kernel##*/}\"; done"},
    {"unified image of kernel-install",
     {{"/usr/bin/kernel-install", ""},
      {"/etc/kernel/install.conf", ""},
      {kStub, "systemd-stub 257"},
      {"/proc/cmdline", "BOOT_IMAGE=/a root=/dev/b initrd=\\c quiet\n"}},
     kCmdline,
     "root=/dev/b quiet x=1\n"},
    {"unified image of kernel-install",
     with(kLine, {{"/usr/bin/kernel-install", ""},
                  {"/etc/kernel/install.conf", ""},
                  {kStub, "systemd-stub 257"},
                  {"/etc/kernel/uki.conf", "[UKI]\nCmdline=root=/dev/a\n"}}),
     "", "/etc/kernel/uki.conf sets the kernel command line"},
    {"unified image of dracut",
     {{"/usr/bin/dracut", ""},
      {kStub, "systemd-stub 257"},
      {"/etc/dracut.conf.d/a.conf", "kernel_cmdline=\"root=/dev/a\"\n"}},
     "/etc/dracut.conf.d/vfio-early.conf",
     "kernel_cmdline+=\" x=1 \"\n",
     "dracut --force --regenerate-all"},
    {"unified image of dracut",
     {{"/usr/bin/dracut", ""}, {kStub, "systemd-stub 257"}},
     "",
     "kernel_cmdline is not set in /etc/dracut.conf.d"},
    {"unified image of an unknown tool",
     with(kLine, {{"/usr/bin/kernel-install", ""}, {kStub, "systemd-stub 257"}}), kCmdline,
     "root=/dev/a x=1\n"},
    {"unified image of ukify", with(kLine, {{kStub, "systemd-stub 257"}}), "",
     "cannot change /etc/kernel/cmdline, from which"},
    {"grubby",
     {{"/usr/sbin/grubby", ""}},
     "$ ",
     "grubby --update-kernel=ALL --args=\"x=1\"; grubby --update-kernel=ALL --remove-args=\"x=1\""},
    {"GRUB of Debian", kDebianGrub, kGrubDropIn, kExtended, "update-grub"},
    {"GRUB of Debian",
     with(kDebianGrub, {{"/etc/default/grub.d/z.cfg", "GRUB_CMDLINE_LINUX=\"quiet\"\n"}}), "",
     "/etc/default/grub.d/z.cfg sets the kernel command line after"},
    {"GRUB of Debian",
     with(kDebianGrub,
          {{"/etc/default/grub.d/z.cfg", "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX quiet\"\n"}}),
     kGrubDropIn, kExtended},
    {"GRUB of Fedora",
     {{"/etc/os-release", "ID=fedora\n"}, {"/etc/default/grub", ""}},
     "",
     "find grubby"},
    {"GRUB of SUSE",
     {{"/etc/os-release", "ID=opensuse-tumbleweed\nID_LIKE=\"opensuse suse\"\n"},
      {"/etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX=\"\"\n"},
      {"/usr/sbin/grub2-mkconfig", ""}},
     "/etc/default/grub",
     "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX=\"x=1\"\n",
     "grub2-mkconfig -o /boot/grub2/grub.cfg"},
    {"GRUB", kOtherGrub, "/etc/default/grub", "GRUB_CMDLINE_LINUX=\"x=1\"\n",
     "grub-mkconfig -o /boot/grub/grub.cfg"},
    {"GRUB", with(kOtherGrub, {{"/etc/default/grub", "A=\"\n"}}), "",
     "/etc/default/grub ends within a line"},
    {"rEFInd", {{"/boot/refind_linux.conf", ""}}, "", "cannot change the quoted options"},
    {"Limine without its tools", {{"/boot/limine.conf", ""}}, "", "cannot change the 'cmdline'"},
    {"kernel-install of Debian",
     with(kLine, {{"/etc/os-release", "ID=debian\n"}, {kSystemdBoot, "systemd-boot 252"}}),
     kCmdline, "root=/dev/a x=1\n"},
    {"kernel-install of Fedora",
     {{"/etc/os-release", "ID=fedora\n"},
      {kSystemdBoot, "systemd-boot 252"},
      {"/usr/lib/kernel/cmdline", "root=/dev/vendor\n"},
      {"/proc/cmdline", "root=/dev/a\n"}},
     kCmdline,
     "root=/dev/vendor x=1\n"},
    {"kernel-install of Fedora",
     {{"/etc/os-release", "ID=fedora\n"}, {kSystemdBoot, "systemd-boot 252"}},
     "",
     "/etc/kernel/cmdline does not exist"},
    {"/etc/kernel/cmdline with mkinitcpio", with(kLine, {{"/usr/bin/mkinitcpio", ""}}), kCmdline,
     "root=/dev/a x=1\n", "mkinitcpio -P"},
    {"/etc/kernel/cmdline of Debian", with(kLine, {{"/etc/os-release", "ID=debian\n"}}), kCmdline,
     "root=/dev/a x=1\n"},
    {"/etc/kernel/cmdline", kLine, kCmdline, "root=/dev/a x=1\n"},
    {"systemd-boot", {{kSystemdBoot, "systemd-boot 252"}}, "", "cannot change the 'options' line"},
    {"ZFSBootMenu", {{"/etc/zfsbootmenu/config.yaml", ""}}, "", "cannot change the property"},
    {"extlinux of Alpine",
     {{"/etc/update-extlinux.conf", "default_kernel_opts=\"quiet rootfstype=ext4\"\n"}},
     "/etc/update-extlinux.conf",
     "default_kernel_opts=\"quiet rootfstype=ext4 x=1\"\n"},
    {"u-boot-menu",
     {{"/usr/sbin/u-boot-update", ""},
      {"/etc/default/u-boot", "#U_BOOT_PARAMETERS=\"a\"\nU_BOOT_PARAMETERS=\"ro quiet\"\n"}},
     "/etc/default/u-boot",
     "#U_BOOT_PARAMETERS=\"a\"\nU_BOOT_PARAMETERS=\"ro quiet x=1\"\n",
     "u-boot-update"},
    {"u-boot-menu",
     {{"/usr/sbin/u-boot-update", ""}, {"/etc/default/u-boot", "#U_BOOT_PARAMETERS=\"a\"\n"}},
     "",
     "U_BOOT_PARAMETERS is not set in /etc/default/u-boot"},
    {"extlinux", {{"/boot/extlinux/extlinux.conf", ""}}, "", "cannot change the APPEND lines"},
    {"unknown", {}, "", "cannot change the kernel command line in"},
};

struct Machine {
  explicit Machine(const Files& files) {
    for (const auto& [file, text] : files) tree.file(file, text);
    platform = host::read_platform(tree.root());
  }
  FakeTree tree;
  host::Platform platform;
};

std::string commands_text(const CommandChange& change) {
  std::string text;
  for (const auto& commands : {change.apply, change.undo})
    for (const host::Command& command : commands)
      text += (text.empty() ? "" : "; ") + shown(command);
  return text;
}

TEST(AddParameter, ChangesWhatTheRowSays) {
  for (const RowCase& each : kCases) {
    SCOPED_TRACE(each.row);
    const Machine machine(each.files);
    EXPECT_STREQ(machine.platform.parameters->name, each.row);
    const auto change = add_parameter(machine.tree.root(), machine.platform, "x=1");
    if (*each.file == '\0') {
      ASSERT_FALSE(change);
      EXPECT_TRUE(change.error().step.find(each.expected) != std::string::npos)
          << change.error().step;
      continue;
    }
    ASSERT_TRUE(change) << describe(change.error());
    if (const auto* commands = std::get_if<CommandChange>(&*change)) {
      EXPECT_STREQ(each.file, "$ ");
      EXPECT_EQ(commands_text(*commands), each.expected);
      continue;
    }
    const auto& file = std::get<FileChange>(*change);
    EXPECT_EQ(file.file, each.file);
    EXPECT_EQ(file.after, each.expected);
    EXPECT_EQ(file.added, "x=1");
    EXPECT_EQ(file.is_command_line, file.file == kCmdline && !each.files.contains(kCmdline));
    const bool existed = each.files.contains(file.file);
    EXPECT_EQ(file.before.has_value(), existed);
    if (existed) {
      EXPECT_EQ(file.before, each.files.at(file.file));
    }
    EXPECT_TRUE(file.card.empty());
    if (*each.apply) {
      EXPECT_STREQ(machine.platform.parameters->parameters.apply, each.apply);
    }
  }
}

TEST(AddParameter, EveryRowHasACase) {
  for (const host::PlatformRow& row : host::platforms()) {
    if (row.parameters.empty()) continue;
    const bool found = std::any_of(std::begin(kCases), std::end(kCases), [&](const RowCase& each) {
      return std::string_view(each.row) == row.name;
    });
    EXPECT_TRUE(found) << row.name;
  }
}

// What `add_parameter` writes is found, and what it would not write is not.
TEST(IsWritten, FindsWhatIsAdded) {
  for (const RowCase& each : kCases) {
    SCOPED_TRACE(each.row);
    Machine machine(each.files);
    EXPECT_FALSE(is_written(machine.tree.root(), machine.platform, "x=1"));
    const auto change = add_parameter(machine.tree.root(), machine.platform, "x=1");
    const auto* file = change ? std::get_if<FileChange>(&*change) : nullptr;
    if (!file) continue;
    machine.tree.file(file->file, *file->after);
    EXPECT_TRUE(is_written(machine.tree.root(), machine.platform, "x=1"));
    EXPECT_FALSE(is_written(machine.tree.root(), machine.platform, "x=10"));
  }
}

TEST(IsWritten, IgnoresCommentsAndOtherVariables) {
  const Machine machine(
      with(kDebianGrub,
           {{"/etc/default/grub", "#GRUB_CMDLINE_LINUX=\"x=1\"\nGRUB_CMDLINE_XEN=\"x=1\"\n"}}));
  EXPECT_FALSE(is_written(machine.tree.root(), machine.platform, "x=1"));
}

TEST(IsWritten, KnowsTheOtherVariableOfGrub) {
  for (const Files& files : {kDebianGrub, kOtherGrub}) {
    const Machine machine(
        with(files, {{"/etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet x=1\"\n"}}));
    EXPECT_TRUE(is_written(machine.tree.root(), machine.platform, "x=1"));
  }
}

TEST(IsWritten, ReadsTheEntriesThatGrubbyWrites) {
  Files files = {{"/usr/sbin/grubby", ""},
                 {"/boot/loader/entries/a.conf", "title x=1\noptions root=/dev/a x=1\n"},
                 {"/boot/loader/entries/b.conf", "title b\noptions root=/dev/a x=1\n"}};
  const Machine both(files);
  EXPECT_TRUE(is_written(both.tree.root(), both.platform, "x=1"));
  files["/boot/loader/entries/a.conf"] = "title x=1\noptions root=/dev/a\n";
  const Machine one(files);
  EXPECT_FALSE(is_written(one.tree.root(), one.platform, "x=1"));
}

TEST(IsWritten, IgnoresCommentsAfterAValue) {
  const Machine machine(
      with(kDebianGrub, {{"/etc/default/grub", "GRUB_CMDLINE_LINUX=\"\" # x=1\n"}}));
  EXPECT_FALSE(is_written(machine.tree.root(), machine.platform, "x=1"));
}

TEST(IsWritten, IgnoresWhatALaterLineReplaces) {
  const Machine machine(with(
      kDebianGrub, {{"/etc/default/grub", "GRUB_CMDLINE_LINUX=x=1\nGRUB_CMDLINE_LINUX=\"\"\n"}}));
  EXPECT_FALSE(is_written(machine.tree.root(), machine.platform, "x=1"));
}

struct SwitchCase {
  const char* vendor;
  Files files;
  const char* expected;  // "intel_iommu=off in FILE:LINE: REMEDY"; "": none
};

const SwitchCase kSwitches[] = {
    {"GenuineIntel",
     {{"/etc/default/grub", "#\nGRUB_CMDLINE_LINUX=\"quiet intel_iommu=off\"\n"}},
     "intel_iommu=off in /etc/default/grub:2: remove it and run `update-grub`"},
    {"GenuineIntel",
     {{"/etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT='iommu=off'\n"}},
     "iommu=off in /etc/default/grub:1: remove it and run `update-grub`"},
    {"GenuineIntel",
     {{"/etc/default/grub.d/a.cfg", "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX iommu=pt,off\"\n"}},
     "iommu=pt,off in /etc/default/grub.d/a.cfg:1: remove it and run `update-grub`"},
    {"AuthenticAMD",
     {{"/etc/default/grub", "GRUB_CMDLINE_LINUX=amd_iommu=off\n"}},
     "amd_iommu=off in /etc/default/grub:1: remove it and run `update-grub`"},
    // of the other vendor, or of no x86
    {"AuthenticAMD", {{"/etc/default/grub", "GRUB_CMDLINE_LINUX=intel_iommu=off\n"}}, ""},
    {"GenuineIntel", {{"/etc/default/grub", "GRUB_CMDLINE_LINUX=amd_iommu=off\n"}}, ""},
    {"", {{"/etc/default/grub", "GRUB_CMDLINE_LINUX=iommu=off\n"}}, ""},
    // a comment; replaced; switched on again
    {"GenuineIntel", {{"/etc/default/grub", "GRUB_CMDLINE_LINUX=\"\" # iommu=off\n"}}, ""},
    {"GenuineIntel",
     {{"/etc/default/grub", "GRUB_CMDLINE_LINUX=iommu=off\nGRUB_CMDLINE_LINUX=quiet\n"}},
     ""},
    {"GenuineIntel",
     {{"/etc/default/grub",
       "GRUB_CMDLINE_LINUX=intel_iommu=off\n"
       "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=on\"\n"}},
     ""},
    {"GenuineIntel", {{"/etc/default/grub", "GRUB_CMDLINE_XEN=iommu=off\n"}}, ""},
};

TEST(IommuSwitch, IsNamedWithFileAndLine) {
  for (const SwitchCase& each : kSwitches) {
    Files files = with(kDebianGrub, each.files);
    files["/proc/cpuinfo"] = std::string("vendor_id\t: ") + each.vendor + "\n";
    const Machine machine(files);
    const auto found = iommu_switch(machine.tree.root(), machine.platform);
    EXPECT_EQ(found ? found->parameter + " in " + found->where + ": " + found->remedy : "",
              each.expected)
        << each.files.begin()->second;
  }
}

TEST(IommuSwitch, IsInAFileOfParameters) {
  const Machine machine({{"/proc/cpuinfo", "vendor_id\t: GenuineIntel\n"},
                         {"/usr/bin/reinstall-kernels", ""},
                         {kCmdline, "# root\nroot=/dev/a intel_iommu=off\n"}});
  EXPECT_EQ(iommu_switch(machine.tree.root(), machine.platform)->where, "/etc/kernel/cmdline:2");
}

TEST(IommuSwitch, IsInEveryBootEntry) {
  Files files = {{"/proc/cpuinfo", "vendor_id\t: GenuineIntel\n"},
                 {"/usr/sbin/grubby", ""},
                 {"/boot/loader/entries/a.conf", "title a\noptions root=/dev/a iommu=off\n"},
                 {"/boot/loader/entries/b.conf", "options iommu=off\n"}};
  const Machine all(files);
  const auto found = iommu_switch(all.tree.root(), all.platform);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->where, "/boot/loader/entries/a.conf:2");
  EXPECT_EQ(found->remedy, "run `grubby --update-kernel=ALL --remove-args=\"iommu=off\"`");
  files["/boot/loader/entries/a.conf"] = "options root=/dev/a\n";
  const Machine one(files);  // an entry for tests
  EXPECT_FALSE(iommu_switch(one.tree.root(), one.platform));
}

class ParameterForIommu : public testing::Test {
 protected:
  ParameterForIommu() {
    tree_.file("/proc/cpuinfo", "vendor_id\t: GenuineIntel\n")
        .file("/sys/firmware/acpi/tables/DMAR", "DMAR")
        .file("/proc/cmdline", "quiet\n");
  }
  std::string parameter() const {
    const auto machine = host::read_machine(tree_.root(), {.environment = true});
    return parameter_for_iommu(tree_.root(), *machine, host::read_platform(tree_.root()));
  }
  FakeTree tree_;
};

TEST_F(ParameterForIommu, IsForIntelWithATable) {
  EXPECT_EQ(parameter(), "intel_iommu=on");
  tree_.file("/proc/cmdline", "intel_iommu=sm_on\n");
  EXPECT_EQ(parameter(), "intel_iommu=on");
}

TEST_F(ParameterForIommu, IsNotNeededWithAnIommu) {
  tree_.iommu();
  EXPECT_EQ(parameter(), "");
}

TEST_F(ParameterForIommu, IsNotEnoughElsewhere) {
  for (const char* line : {"intel_iommu=on", "intel_iommu=on,sm_on", "intel_iommu=off", "iommu=off",
                           "intel_iommu=on intel_iommu=off"}) {
    tree_.file("/proc/cmdline", std::string(line) + "\n");
    EXPECT_EQ(parameter(), "") << line;
  }
  tree_.file("/proc/cmdline", "quiet\n").file("/proc/cpuinfo", "vendor_id\t: AuthenticAMD\n");
  EXPECT_EQ(parameter(), "");
}

TEST_F(ParameterForIommu, NeedsTheTableOfTheFirmware) {
  std::filesystem::remove(tree_.directory() / "sys/firmware/acpi/tables/DMAR");
  EXPECT_EQ(parameter(), "");
}

}  // namespace
}  // namespace early::enable
