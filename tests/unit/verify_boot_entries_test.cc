// SPDX-License-Identifier: GPL-2.0-or-later
//
// The next boot's command lines: each boot loader's menu, shell settings, and the parameters that
// are obstacles to vfio-early.
#include <fstream>

#include "tests/unit/fake_tree.h"
#include "verify/boot_entries.h"
#include "verify/image_command_lines.h"
#include "verify/image_modprobe.h"
#include "verify/written_command_lines.h"

namespace verify {
namespace {

using Words = std::vector<std::string>;

Words lines_of(const BootMenu& menu) {
  Words lines;
  for (const BootEntry& entry : menu) lines.push_back(entry.command_line);
  return lines;
}

Words shell_words(std::string_view text, const ShellSettings& known = {}) {
  Words all;
  each_command(text, known,
               [&](const Words& words) { all.insert(all.end(), words.begin(), words.end()); });
  return all;
}

TEST(ShellText, WordsAreThoseOfAShell) {
  const ShellSettings known = {{"x", "a b"}, {"y", "c"}};
  EXPECT_EQ(shell_words("a 'b  c' \"d \\\"e\\\"\" f\\ g # h"),
            (Words{"a", "b  c", "d \"e\"", "f g"}));
  EXPECT_EQ(shell_words("$x${y}z '$x' \"$y\" $none", known), (Words{"a", "bcz", "$x", "c"}));
  EXPECT_EQ(shell_words("\"$x\" '' $x", known), (Words{"a b", "", "a", "b"}));
  EXPECT_EQ(shell_words("a \\\n b"), (Words{"a", "b"}));
  EXPECT_EQ(shell_words("'open"), (Words{"open"}));
  EXPECT_EQ(shell_words("${open $ $("), (Words{"${open", "$", "$("}));
}

TEST(ShellText, SettingsHaveTheFinalValuesOfAShell) {
  ShellSettings settings;
  read_shell_settings(
      "# A=1\nA=\"x\ny\"\nB='$A'; C=$A\nexport D=1\nA+=\" z\"\necho E=1\n"
      "F[default]+=\"q\"\n \"G=1\"\n=x\n1",
      settings);
  EXPECT_EQ(settings,
            (ShellSettings{
                {"A", "x\ny z"}, {"B", "$A"}, {"C", "x\ny"}, {"D", "1"}, {"F[default]", "q"}}));
}

TEST(BootEntries, GrubsCommandLinesAreExpandedAsGrubDoes) {
  const ShellSettings known = {{"kernelopts", "root=/dev/a vfio_early=off"}};
  const BootMenu menu = parse_grub(
      "f",
      "set a=quiet\nset kernelopts=ro\nmenuentry 'x' --class y {\n  linux /vmlinuz $kernelopts\n"
      "  initrd /early.img /boot/initrd.img\n}\nmenuentry z { linuxefi /b $a 'c d' "
      "\"e=\\\"f\\\"\"\n}\n"
      "# linux /c commented\n",
      known);
  EXPECT_EQ(lines_of(menu), (Words{"root=/dev/a vfio_early=off", "quiet \"c d\" e=\\\"f\\\""}));
  EXPECT_EQ(menu[0].images, (Words{"early.img", "initrd.img"}));
}

TEST(BootEntries, OtherMenusAreRead) {
  const BootEntry entry = parse_loader_entry(
      "f", "title x\noptions a $b\nOptions c\ninitrd /x/initrd\nuki /EFI/Linux/y.efi\n",
      {{"b", "B"}});
  EXPECT_EQ(entry.command_line, "a B c");
  EXPECT_EQ(entry.images, (Words{"initrd", "y.efi"}));
  const BootMenu refind = parse_refind_linux(
      "f",
      "# \"x\" \"y\"\n\"Boot\" \"ro a=\"\"b c\"\" initrd=\\boot\\i.img\"\n\"Second\" \"ro\"\n");
  EXPECT_EQ(lines_of(refind), (Words{"ro a=\"b c\" initrd=\\boot\\i.img", "ro"}));
  EXPECT_EQ(refind[0].images, Words{"i.img"});
  EXPECT_EQ(lines_of(parse_refind("f", "menuentry x {\n  options \"ro off\"\n}\n")),
            Words{"ro off"});
  const BootMenu syslinux = parse_syslinux(
      "f", "APPEND top\nLABEL a\n  append own\n  INITRD /b/i.img\nLABEL b\nLABEL c\n  append -\n");
  EXPECT_EQ(lines_of(syslinux), (Words{"own", "top", ""}));
  EXPECT_EQ(syslinux[0].images, Words{"i.img"});
  EXPECT_EQ(lines_of(parse_limine("f",
                                  "timeout: 5\n/+Arch\n//linux\ncmdline: a=b c\n"
                                  ":old\nCMDLINE=d\nMODULE_PATH=boot:///i.img#00\n")),
            (Words{"a=b c", "d"}));
}

TEST(BootEntries, TheDefaultEntryComesFirst) {
  FakeTree tree;
  for (const char* version : {"6.1", "6.12", "6.9"})
    tree.file(std::string("/efi/loader/entries/x-") + version + ".conf",
              std::string("options ") + version + "\n");
  const auto first = [&] { return boot_menus(tree.root()).front().front().command_line; };
  EXPECT_EQ(first(), "6.12");
  tree.file("/efi/loader/loader.conf", "timeout 3\ndefault x-6.1.conf\n");
  EXPECT_EQ(first(), "6.1");
  tree.file("/efi/loader/loader.conf", "");
  tree.file("/boot/grub2/grubenv", "# GRUB Environment Block\nsaved_entry=x-6.9\n");
  EXPECT_EQ(first(), "6.9");
}

TEST(WrittenCommandLines, TheLastFileCounts) {
  FakeTree tree;
  tree.file("/usr/lib/kernel/cmdline", "vendor");
  tree.file("/etc/default/grub", "GRUB_CMDLINE_LINUX=a\nGRUB_CMDLINE_LINUX_DEFAULT='b c'\n");
  tree.file("/etc/default/grub.d/x.cfg", "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX d\"\n");
  tree.file("/etc/default/grub.d/x.bak", "GRUB_CMDLINE_LINUX=none\n");
  const auto lines = written_command_lines(tree.root());
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].text, "vendor ");
  EXPECT_EQ(lines[1].text, "a d b c ");
  EXPECT_EQ(lines[1].place, "/etc/default/grub.d/x.cfg, /etc/default/grub");
}

class CommandLines : public testing::Test {
 protected:
  CommandLines() {
    image_.files["init"] = {.link = "usr/lib/systemd/systemd"};
    image_.files["usr/lib/systemd/systemd"] = {.regular = true, .permissions = 0755, .size = 1};
    image_.files["usr/bin/sh"] = {.regular = true, .permissions = 0755, .size = 1};
    wiring_.init = Init::kSystemd;
  }

  // "certain", "possible", "none".
  std::string effect(const std::string& line) const {
    const auto found = obstacles_on(line, "here", {image_, wiring_, modules_, vendor_});
    if (found.empty()) return "none";
    return found.front().certain ? "certain" : "possible";
  }

  ImageContents image_;
  Wiring wiring_;
  std::string vendor_;
  std::set<std::string> modules_ = {"vfio_pci", "vfio_pci_core", "vfio"};
};

TEST_F(CommandLines, OnlyParametersThatAreReadAreObstacles) {
  const std::pair<const char*, const char*> kExpected[] = {
      {"vfio_early=off", "certain"},
      {"vfio-early=\"off\"", "certain"},
      {"\"vfio_early=off\"", "certain"},
      {"vfio_early=off vfio_early=", "none"},
      {"vfio_early", "none"},
      {"xvfio_early=off", "none"},
      {"rdinit=/bin/sh", "certain"},
      {"rdinit=/usr/bin/sh", "certain"},
      {"rdinit=/vfio-early", "possible"},
      {"rdinit=/init", "none"},
      {"rdinit=/usr/lib/systemd/systemd", "none"},
      {"init=/bin/sh", "none"},
      {"rd.systemd.mask=vfio-early-gate", "certain"},
      {"rd.systemd.mask=x rd.systemd.mask=vfio-early-bind.service rd.systemd.mask=y", "certain"},
      {"rd.systemd.mask=vfio-early-complete.service", "none"},
      {"systemd.mask=vfio-early-gate.service", "none"},
      {"rd.systemd.unit=emergency.target", "certain"},
      {"rd.systemd.unit=x.target", "possible"},
      {"rd.systemd.unit=initrd.target", "none"},
      {"systemd.unit=emergency.target", "none"},
      {"rd.emergency", "certain"},
      {"emergency", "none"},
      {"module_blacklist=a,vfio_pci_core,b", "certain"},
      {"module_blacklist=vfio-pci", "none"},
      {"module_blacklist=vfio_pci module_blacklist=a", "none"},
      {"modprobe.blacklist=vfio_pci rd.driver.blacklist=vfio-pci blacklist=vfio_pci", "none"},
      {"initcall_blacklist=a,vfio_pci_init", "certain"},
      {"initcall_blacklist=vfio_pci_init initcall_blacklist=a", "certain"},
      {"initcall_blacklist=vfio_pci_probe", "possible"},
      {"initcall_blacklist=nouveau_init", "none"},
      {"nomodule", "certain"},
      {"nomodule=0", "none"},
      {"noinitrd", "possible"},
      {"disablehooks=vfio-early", "none"},
      {"SYSTEMD_UNIT_PATH=/none", "possible"},
      {"iommu=off", "possible"},
      {"intel_iommu=off intel_iommu=on", "none"},
      {"rd.break=cmdline break=top single", "none"}};
  for (const auto& [line, expected] : kExpected) EXPECT_EQ(effect(line), expected) << line;
  wiring_.init = Init::kMkinitcpio;
  EXPECT_EQ(effect("disablehooks=udev,vfio-early"), "certain");
  EXPECT_EQ(effect("rd.systemd.mask=vfio-early-gate"), "none");
  vendor_ = "GenuineIntel";
  EXPECT_EQ(effect("intel_iommu=off"), "certain");
  EXPECT_EQ(effect("amd_iommu=off"), "none");
  modules_.clear();
  EXPECT_EQ(effect("nomodule module_blacklist=vfio_pci"), "none") << "all of it is built in";
}

TEST(Modprobe, OnlyCommandsAndAliasesCount) {
  const std::set<std::string> modules = {"vfio_pci", "vfio"};
  const auto effect = [&](const std::string& line) -> std::string {
    ImageContents image;
    image.files["etc/modprobe.d/x.conf"] = {.regular = true, .size = line.size(), .text = line};
    const auto found = modprobe_obstacles(image, modules);
    return found.empty() ? "none" : found.front().certain ? "certain" : "possible";
  };
  EXPECT_EQ(effect("install vfio-pci /bin/false"), "certain");
  EXPECT_EQ(effect("install vfio \\\n  :"), "certain");
  EXPECT_EQ(effect("install vfio_pci /sbin/modprobe -i vfio-pci"), "possible");
  EXPECT_EQ(effect("install nouveau /bin/false"), "none");
  EXPECT_EQ(effect("# install vfio-pci /bin/false"), "none");
  EXPECT_EQ(effect("blacklist vfio-pci\noptions vfio-pci ids=10de:1b81\n"), "none");
  EXPECT_EQ(effect("alias vfio-* nouveau"), "possible");
  EXPECT_EQ(effect("alias vfio_pci vfio-pci"), "none");
  EXPECT_EQ(effect("alias pci:v* vfio-pci"), "none");
}

}  // namespace
}  // namespace verify
