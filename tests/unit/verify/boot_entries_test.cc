// SPDX-License-Identifier: GPL-2.0-or-later
//
// The next boot's command lines: shell settings, and the parameters that are obstacles to
// vfio-early.
#include <fstream>

#include "tests/unit/fake_tree.h"
#include "verify/inspect/boot/written_command_lines.h"
#include "verify/inspect/image/command_lines.h"
#include "verify/inspect/image/modprobe.h"
#include "verify/inspect/shell/text.h"

namespace verify {
namespace {

using Words = std::vector<std::string>;

Words shell_words(std::string_view text, const ShellSettings& known = {}) {
  Words all;
  each_command(text, known,
               [&](const Words& words) { all.insert(all.end(), words.begin(), words.end()); });
  return all;
}

TEST(ShellText, WordsAreSplitLikeInAShell) {
  const ShellSettings known = {{"x", "a b"}, {"y", "c"}};
  EXPECT_EQ(shell_words("a 'b  c' \"d \\\"e\\\"\" f\\ g # h"),
            (Words{"a", "b  c", "d \"e\"", "f g"}));
  EXPECT_EQ(shell_words("$x${y}z '$x' \"$y\" $none", known), (Words{"a", "bcz", "$x", "c"}));
  EXPECT_EQ(shell_words("\"$x\" '' $x", known), (Words{"a b", "", "a", "b"}));
  EXPECT_EQ(shell_words("a \\\n b"), (Words{"a", "b"}));
  EXPECT_EQ(shell_words("'open"), (Words{"open"}));
  EXPECT_EQ(shell_words("${open $ $("), (Words{"${open", "$", "$("}));
}

TEST(ShellText, SettingsHaveTheirFinalValues) {
  ShellSettings settings;
  read_shell_settings(
      "# A=1\nA=\"x\ny\"\nB='$A'; C=$A\nexport D=1\nA+=\" z\"\necho E=1\n"
      "F[default]+=\"q\"\n \"G=1\"\n=x\n1",
      settings);
  EXPECT_EQ(settings,
            (ShellSettings{
                {"A", "x\ny z"}, {"B", "$A"}, {"C", "x\ny"}, {"D", "1"}, {"F[default]", "q"}}));
}

// The values of A and B with the given branches.
std::string settings_after(std::string_view text, std::function<bool(size_t)> run) {
  ShellSettings settings;
  Branches branches{.run = std::move(run)};
  read_shell_settings(text, settings, branches);
  return settings["A"] + "," + settings["B"];
}

TEST(ShellText, AssignmentsInBranchesDependOnTheirCondition) {
  const auto all = [](size_t) { return true; };
  const auto none = [](size_t) { return false; };
  for (const char* text :
       {"A=0; if x; then A=1; B=1; fi", "A=0\nif x\nthen\nA=1; B=1\nfi\n",
        "A=0\ncase x in\n a|b) A=1; B=1 ;;\nesac\n", "A=0; case x in (a) A=1; B=1;; esac",
        "A=0\n[ x ] && A=1\n[ x ] ||\n B=1\n", "A=0\n[ x ] && { A=1\nB=1; }\n",
        "A=0; f() { A=1; B=1; }\n", "A=0; for x in a; do A=1; B=1; done",
        "A=0; while x; do\nif y; then A=1; fi\nB=1\ndone"}) {
    EXPECT_EQ(settings_after(text, all), "1,1") << text;
    EXPECT_EQ(settings_after(text, none), "0,") << text;
  }
  for (const char* text :
       {"if x; then C=1; fi; A=1; B=1", "[ x ] && C=1; A=1\nB=1\n", "A='if' B=1; A=1",
        "export A=1 B=1", "A=if; A=1; B=1 # if", "C=(x)\nA=1 B=1\n", "fi; } A=0; A=1; B=1"})
    EXPECT_EQ(settings_after(text, none), "1,1") << text;
  // 0 and 2 are the conditions themselves.
  const char* branches = "if x; then A=0; elif y; then A=1; else A=2; fi; B=1";
  EXPECT_EQ(settings_after(branches, [](size_t number) { return number == 1; }), "0,1");
  EXPECT_EQ(settings_after(branches, [](size_t number) { return number == 3; }), "1,1");
  EXPECT_EQ(settings_after(branches, [](size_t number) { return number == 4; }), "2,1");
}

std::vector<WrittenCommandLine> lines_in(const FakeTree& tree) {
  const host::Root root = tree.root();
  BootFiles files(root);
  return written_command_lines(files);
}

TEST(WrittenCommandLines, LastFileApplies) {
  FakeTree tree;
  tree.file("/usr/lib/kernel/cmdline", "vendor");
  tree.file("/etc/default/grub", "GRUB_CMDLINE_LINUX=a\nGRUB_CMDLINE_LINUX_DEFAULT='b c'\n");
  tree.file("/etc/default/grub.d/x.cfg", "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX d\"\n");
  tree.file("/etc/default/grub.d/x.bak", "GRUB_CMDLINE_LINUX=none\n");
  auto lines = lines_in(tree);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].texts, Words{"vendor "});
  EXPECT_EQ(lines[1].texts, Words{"a d b c "});
  EXPECT_EQ(lines[1].location, "/etc/default/grub.d/x.cfg, /etc/default/grub");
  EXPECT_FALSE(lines[1].used);
  tree.file("/boot/grub2/grub.cfg", "");
  EXPECT_TRUE(lines_in(tree)[1].used);
}

TEST(WrittenCommandLines, EachConditionResultIsListed) {
  FakeTree tree;
  tree.file("/etc/default/grub", "GRUB_CMDLINE_LINUX=a\nif x; then GRUB_CMDLINE_LINUX=b; fi\n");
  tree.file("/etc/default/grub.d/x.cfg",
            "if y; then GRUB_CMDLINE_LINUX+=\" c\"; else GRUB_CMDLINE_LINUX=d; fi\n");
  EXPECT_EQ(lines_in(tree)[0].texts, (Words{"d ", "a ", "b ", "a c "}));
  tree.file("/etc/default/grub.d/y.cfg", "GRUB_CMDLINE_LINUX=e\n");
  EXPECT_EQ(lines_in(tree)[0].texts, Words{"e "});
}

class CommandLines : public testing::Test {
 protected:
  CommandLines() {
    image_.files["init"] = {.link = "usr/lib/systemd/systemd"};
    image_.files["usr/lib/systemd/systemd"] = {.regular = true, .permissions = 0755, .size = 1};
    image_.files["usr/bin/sh"] = {.regular = true, .permissions = 0755, .size = 1};
    startup_.init = Init::kSystemd;
  }

  // "certain", "possible", "none".
  std::string effect(const std::string& line) const {
    const auto found = obstacles_on(line, "here", {image_, startup_, modules_, vendor_});
    if (found.empty()) return "none";
    return found.front().certain ? "certain" : "possible";
  }

  initramfs::ImageContents image_;
  Startup startup_;
  std::string vendor_;
  std::set<std::string> modules_ = {"vfio_pci", "vfio_pci_core", "vfio"};
};

TEST_F(CommandLines, OnlyEffectiveParametersAreObstacles) {
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
  startup_.init = Init::kMkinitcpio;
  EXPECT_EQ(effect("disablehooks=udev,vfio-early"), "certain");
  EXPECT_EQ(effect("rd.systemd.mask=vfio-early-gate"), "none");
  vendor_ = "GenuineIntel";
  EXPECT_EQ(effect("intel_iommu=off"), "certain");
  EXPECT_EQ(effect("amd_iommu=off"), "none");
  startup_.supplement = true;
  EXPECT_EQ(effect("rdinit=/vfio-early"), "none") << "init starts it, too";
  EXPECT_EQ(effect("rdinit=/init"), "none");
  startup_.first_process = true;
  EXPECT_EQ(effect("rdinit=/vfio-early"), "none");
  EXPECT_EQ(effect("rdinit=/init"), "certain");
  modules_.clear();
  EXPECT_EQ(effect("nomodule module_blacklist=vfio_pci"), "none") << "all of it is built in";
}

TEST_F(CommandLines, EffectiveValueIsNamed) {
  const auto parameters = [&](const std::string& line) {
    Words found;
    for (const auto& obstacle : obstacles_on(line, "here", {image_, startup_, modules_, vendor_}))
      found.push_back(obstacle.parameter);
    return found;
  };
  EXPECT_EQ(parameters("rd.systemd.mask=a rd.systemd.mask=vfio-early-bind rd.systemd.mask=b"),
            Words{"rd.systemd.mask=vfio-early-bind"});
  EXPECT_EQ(parameters("initcall_blacklist=vfio_pci_init initcall_blacklist=b"),
            Words{"initcall_blacklist=vfio_pci_init"});
  EXPECT_EQ(parameters("vfio_early=x vfio_early=off"), Words{"vfio_early=off"});
}

TEST(Modprobe, OnlyAliasIsAnObstacle) {
  const std::set<std::string> modules = {"vfio_pci", "vfio"};
  const auto effect = [&](const std::string& line) -> std::string {
    initramfs::ImageContents image;
    image.files["etc/modprobe.d/x.conf"] = {.regular = true, .size = line.size(), .text = line};
    const auto found = modprobe_rules(image, modules);
    return found.empty() ? "none" : found.front().ignored ? "ignored" : "possible";
  };
  EXPECT_EQ(effect("install vfio-pci /bin/false"), "ignored");
  EXPECT_EQ(effect("install vfio \\\n  :"), "ignored");
  EXPECT_EQ(effect("install vfio_pci /sbin/modprobe -i vfio-pci"), "ignored");
  EXPECT_EQ(effect("remove vfio_pci /bin/true"), "ignored");
  EXPECT_EQ(effect("install nouveau /bin/false"), "none");
  EXPECT_EQ(effect("# install vfio-pci /bin/false"), "none");
  EXPECT_EQ(effect("blacklist vfio-pci\noptions vfio-pci ids=10de:1b81\n"), "none");
  EXPECT_EQ(effect("alias vfio-* nouveau"), "possible");
  EXPECT_EQ(effect("alias vfio_pci vfio-pci"), "none");
  EXPECT_EQ(effect("alias pci:v* vfio-pci"), "none");
}

}  // namespace
}  // namespace verify
