// SPDX-License-Identifier: GPL-2.0-or-later
//
// The configuration of mkinitcpio, and the remedies that add the hook vfio-early to it.
#include "host/platform/mkinitcpio.h"

#include "host/text.h"
#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"
#include "verify/check/mkinitcpio_remedies.h"
#include "verify/check/platform_remedies.h"

namespace verify {
namespace {

constexpr const char* kBusybox = "HOOKS=(base udev autodetect kms block filesystems)\n";
constexpr const char* kDropInText = "HOOKS=(vfio-early \"${HOOKS[@]}\")\n";
constexpr const char* kOurDropIn = "/etc/mkinitcpio.conf.d/vfio-early.conf";
constexpr const char* kPreset = "/etc/mkinitcpio.d/linux.preset";
constexpr const char* kUsual = "the usual drop-in";

class MkinitcpioTest : public testing::Test {
 protected:
  void configure(const std::string& text) { tree_.file(host::kMkinitcpioFile, text); }
  std::string hooks() const {
    return host::join(host::read_mkinitcpio(tree_.root()).hooks.names, " ");
  }
  void remove(const char* path) { std::filesystem::remove(tree_.directory().string() + path); }
  bool known() const { return host::read_mkinitcpio(tree_.root()).hooks.known; }
  std::string remedy(std::string_view file = {}) const {
    return include_hook(host::read_mkinitcpio(tree_.root()), file, kUsual).str();
  }

  FakeTree tree_;
};

TEST_F(MkinitcpioTest, HooksAreEvaluatedAsBashDoesIt) {
  for (const auto& [text, hooks_of_text] : std::vector<std::pair<std::string, std::string>>{
           {"HOOKS=(base udev)\n", "base udev"},
           {"HOOKS=\"base udev\"\n", "base udev"},
           {"HOOKS=(base # a comment\n  'udev'\n  \"block\")  # vfio-early\n", "base udev block"},
           {"# HOOKS=(vfio-early base)\nHOOKS=(base)\nHOOKS+=(udev)\n", "base udev"},
           {"A=(x y)\nHOOKS=(base \"${A[@]}\" $A z)\n", "base x y x y z"},
           {"HOOKS=(a); MODULES=(b) HOOKS=(c)\n", "c"},
           {"echo HOOKS=x\nHOOKS=(base)\n", "base"}}) {
    configure(text);
    EXPECT_EQ(hooks(), hooks_of_text) << text;
    EXPECT_TRUE(known()) << text;
  }
}

TEST_F(MkinitcpioTest, HooksThatDependOnSomethingElseAreUnknown) {
  for (const char* text : {"HOOKS=(base $(cat hooks))\n", "HOOKS=(\"${HOOKS[@]/udev/systemd}\")\n",
                           "HOOKS=(a)\n[[ -e /x ]] && HOOKS=(b)\n",
                           "HOOKS=(a)\nif x; then\n  HOOKS=(b)\nfi\n", "HOOKS=(a \"b\n"}) {
    configure(text);
    EXPECT_FALSE(known()) << text;
  }
  remove(host::kMkinitcpioFile);
  EXPECT_FALSE(known()) << "a file that is missing";
}

TEST_F(MkinitcpioTest, OtherAssignmentsMakeHooksUnknown) {
  for (const char* text : {"unset HOOKS\nHOOKS+=(base udev)\n", "declare -a HOOKS=(base udev)\n",
                           "true && { HOOKS=(base udev); }\n"}) {
    configure(std::string("HOOKS=(base vfio-early udev)\n") + text);
    EXPECT_FALSE(known()) << text;
    EXPECT_NE(remedy(), "") << text;
  }
}

TEST_F(MkinitcpioTest, WordsThatAreNoNamesAreNotInACommand) {
  configure("HOOKS=(base udev vfio-early \"x); reboot; (\" end)\n");
  EXPECT_FALSE(has_text(remedy(), "reboot")) << remedy();
}

TEST_F(MkinitcpioTest, WordsThatDoubleHaveALimit) {
  std::string text = "A=" + std::string(50'000, 'x') + "\nB=($A $A $A $A)\n";
  for (char name = 'C'; name <= 'Z'; ++name)
    text += std::string(1, name) + "=($" + std::string(1, static_cast<char>(name - 1)) + " $" +
            std::string(1, static_cast<char>(name - 1)) + ")\n";
  configure(text + "HOOKS=($Z)\n");
  EXPECT_FALSE(known());
}

TEST_F(MkinitcpioTest, DropInsAreReadInTheOrderOfSortV) {
  for (const auto& [first, second] :
       std::vector<std::pair<std::string, std::string>>{{"9-a.conf", "10-a.conf"},
                                                        {"vfio.conf", "vfio-early.conf"},
                                                        {"hooks.conf", "vfio-early.conf"},
                                                        {"vfio-early.conf", "zfs.conf"},
                                                        {"a~b.conf", "a.conf"},
                                                        {"A.conf", "a.conf"}}) {
    EXPECT_TRUE(host::is_read_before(first, second)) << first;
    EXPECT_FALSE(host::is_read_before(second, first)) << first;
  }
  EXPECT_FALSE(host::is_read_before("a.conf", "a.conf"));
  configure("HOOKS=(base)\n");
  tree_.file("/etc/mkinitcpio.conf.d/9-a.conf", "HOOKS+=(a)\n")
      .file("/etc/mkinitcpio.conf.d/10-b.conf", "HOOKS+=(b)\n")
      .file("/etc/mkinitcpio.conf.d/c.pacsave", "HOOKS+=(c)\n");
  EXPECT_EQ(hooks(), "base a b");
}

TEST_F(MkinitcpioTest, RemedyIsADropInForBusyboxAndSystemd) {
  for (const char* text : {kBusybox, "HOOKS=(base systemd autodetect kms sd-encrypt)\n",
                           "# vfio-early is not here\nHOOKS=(base systemd)\n"}) {
    configure(text);
    EXPECT_EQ(remedy(), kUsual) << text;
  }
}

TEST_F(MkinitcpioTest, NoRemedyIfTheHookIsInItsPlace) {
  configure(kBusybox);
  tree_.file(kOurDropIn, kDropInText);
  EXPECT_EQ(remedy(), "");
  tree_.file(kOurDropIn, "HOOKS+=(vfio-early)\n");
  EXPECT_TRUE(
      has_text(remedy(), std::string(kOurDropIn) + ":\n  HOOKS=(vfio-early base udev autodetect"))
      << "after udev: " << remedy();
  configure("HOOKS=(base systemd)\n");
  EXPECT_EQ(remedy(), "") << "with systemd every position is right";
  remove(kOurDropIn);
  configure("HOOKS=(base vfio-early udev)\n");
  EXPECT_EQ(remedy(), "");
}

TEST_F(MkinitcpioTest, LaterDropInIsNamed) {
  configure(kBusybox);
  tree_.file(kOurDropIn, kDropInText)
      .file("/etc/mkinitcpio.conf.d/zfs.conf", "HOOKS=(base udev zfs)\n");
  EXPECT_EQ(remedy(),
            "put vfio-early first in HOOKS in /etc/mkinitcpio.conf.d/zfs.conf:\n"
            "  HOOKS=(vfio-early base udev zfs)");
  // One that only adds to HOOKS keeps ours.
  tree_.file("/etc/mkinitcpio.conf.d/zfs.conf", "HOOKS+=(zfs)\n");
  EXPECT_EQ(remedy(), "");
}

TEST_F(MkinitcpioTest, ConfigurationOfAPresetIsNamed) {
  configure(kBusybox);
  tree_.file(kOurDropIn, kDropInText);
  const std::string images = "PRESETS=('default')\ndefault_image=\"/boot/initramfs-linux.img\"\n";
  tree_.file(kPreset, "ALL_config=\"/etc/mkinitcpio.conf\"\n" + images);
  EXPECT_TRUE(has_text(remedy(),
                       "remove ALL_config from /etc/mkinitcpio.d/linux.preset: with "
                       "this setting mkinitcpio ignores HOOKS in"))
      << remedy();
  EXPECT_TRUE(has_text(remedy(), "sed -i '/^ALL_config=/d' /etc/mkinitcpio.d/linux.preset"));
  tree_.file("/etc/other.conf", "HOOKS=(base systemd)\n");
  for (const char* setting : {"default_config=/etc/other.conf\n",
                              "default_options=\"-S autodetect -c /etc/other.conf\"\n",
                              "default_options=(--config=/etc/other.conf)\n"}) {
    tree_.file(kPreset, setting + images);
    EXPECT_TRUE(has_text(remedy(), "put vfio-early first in HOOKS in /etc/other.conf")) << setting;
    EXPECT_TRUE(has_text(remedy(), "HOOKS=(vfio-early base systemd)")) << setting;
  }
  tree_.file("/etc/other.conf", "HOOKS=(base vfio-early systemd)\n");
  EXPECT_EQ(remedy(), "");
  tree_.file(kPreset, "default_options='-S vfio-early,kms'\n" + images);
  EXPECT_EQ(remedy(), "remove vfio-early from default_options in /etc/mkinitcpio.d/linux.preset");
  tree_.file(kPreset, "#ALL_config=\"/etc/mkinitcpio.conf\"\n" + images);
  EXPECT_EQ(remedy(), "") << "the preset of Arch's kernels";
}

TEST_F(MkinitcpioTest, NameOfAPresetThatIsNotPlainIsNotInACommand) {
  configure(kBusybox);
  tree_.file(kOurDropIn, kDropInText)
      .file("/etc/mkinitcpio.d/a; reboot.preset",
            "ALL_config=\"/etc/mkinitcpio.conf\"\nPRESETS=('default')\n"
            "default_image=\"/boot/initramfs-linux.img\"\n");
  EXPECT_TRUE(has_text(remedy(), "remove ALL_config from /etc/mkinitcpio.d/a; reboot.preset"))
      << remedy();
  EXPECT_FALSE(has_text(remedy(), "sed")) << remedy();
}

TEST_F(MkinitcpioTest, OnlyThePresetsOfTheImageCount) {
  configure(kBusybox);
  tree_.file(kOurDropIn, kDropInText)
      .file(kPreset, "PRESETS=('default')\ndefault_uki=/efi/EFI/Linux/arch-linux.efi\n")
      .file("/etc/mkinitcpio.d/lts.preset",
            "PRESETS=(default)\ndefault_config=/etc/lts.conf\n"
            "default_image=/boot/initramfs-linux-lts.img\n")
      .file("/etc/lts.conf", kBusybox);
  EXPECT_EQ(remedy("/efi/EFI/Linux/arch-linux.efi"), "");
  EXPECT_TRUE(has_text(remedy("/tmp/initramfs-linux-lts.img"), "/etc/lts.conf"));
  EXPECT_TRUE(has_text(remedy("/tmp/copy.img"), "/etc/lts.conf"));
}

TEST_F(MkinitcpioTest, StepIsBeforeTheRebuild) {
  const auto include = [&] { return include_in_image(host::read_platform(tree_.root())).str(); };
  tree_.file("/usr/bin/mkinitcpio", "");
  configure(kBusybox);
  const std::string rebuild =
      "rebuild the initramfs with this command and reboot:\n  mkinitcpio -P";
  EXPECT_EQ(include(),
            "create the file /etc/mkinitcpio.conf.d/vfio-early.conf with this line:\n"
            "  HOOKS=(vfio-early \"${HOOKS[@]}\")\nthen " +
                rebuild);
  tree_.file(kOurDropIn, kDropInText);
  EXPECT_EQ(include(), rebuild) << "it is there already";
  tree_.file("/usr/sbin/update-initramfs", "");
  remove(kOurDropIn);
  EXPECT_FALSE(has_text(include(), "HOOKS"));
}

}  // namespace
}  // namespace verify
