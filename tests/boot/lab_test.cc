// SPDX-License-Identifier: GPL-2.0-or-later
//
// Tests the library of the boot tests: it finds what QEMU lacks, and follows the links of an image.
// For ci/long, its machines match machine.h, without vfio-early.
#include "tests/lab/lab.h"

#include "initramfs/contents.h"
#include "tests/lab/overlay.h"
#include "tests/lab/qemu_features.h"

namespace {

using lab::Kind;

constexpr lab::Firmware kOvmf = lab::Firmware::kOvmf;

TEST(Lab, ReportsMissingQemuFeatures) {
  EXPECT_EQ(lab::missing_in_qemu({"qemu", "-m", "1", "-device", "edu,id=a,bus=b,addr=1"}), "");
  EXPECT_EQ(lab::missing_in_qemu({"qemu", "-device", "edu,no-such=on"}), "edu.no-such");
  EXPECT_EQ(lab::missing_in_qemu({"-device", "edu", "-device", "no-such,addr=1"}),
            "device no-such");
}

// Every supported version of QEMU has what the essential tests use.
TEST(Lab, RunsMostMachinesOnAnyQemu) {
  EXPECT_EQ(missing_in_qemu(lab::Machine{.kernel = "any"}), "");
  for (const lab::Iommu iommu : {lab::Iommu::kIntel, lab::Iommu::kIntelScalable, lab::Iommu::kAmd,
                                 lab::Iommu::kVirtio, lab::Iommu::kNone})
    for (const lab::Upstream upstream :
         {lab::Upstream::kRootPort, lab::Upstream::kSwitch, lab::Upstream::kPciBridge,
          lab::Upstream::kPortWithoutAcs, lab::Upstream::kBypassIommu})
      EXPECT_EQ(missing_in_qemu(lab::Machine{
                    .kernel = "any", .iommu = iommu, .cards = {{.upstream = upstream}}}),
                "");
}

TEST(Lab, FollowsSymlinksOfImage) {
  initramfs::ImageContents image;
  for (const char* directory : {"usr", "usr/lib", "usr/lib/dracut"})
    image.files[directory].directory = true;
  const std::string hook = "usr/lib/dracut/hooks/cmdline/00-a.sh";
  EXPECT_EQ(lab::path_in_image(image, hook), hook);
  image.files["usr/lib/dracut/hooks"].link = "../../../var/lib/dracut/hooks";
  EXPECT_EQ(lab::path_in_image(image, hook), "var/lib/dracut/hooks/cmdline/00-a.sh");
  image.files["usr/lib/dracut/hooks"].link = "/var/lib/dracut/hooks";
  EXPECT_EQ(lab::path_in_image(image, hook), "var/lib/dracut/hooks/cmdline/00-a.sh");
  image.files["lib"].link = "usr/lib";
  EXPECT_EQ(lab::path_in_image(image, "lib/dracut/hooks/b"), "var/lib/dracut/hooks/b");
  // A loop of links ends, and a file that is a link is replaced.
  image.files["loop"].link = "loop";
  EXPECT_EQ(lab::path_in_image(image, "loop/b"), "loop/b");
  EXPECT_EQ(lab::path_in_image(image, "usr/lib/dracut/hooks"), "usr/lib/dracut/hooks");
}

// dracut 112 has both directories, and no link.
TEST(Lab, PutsHooksInFirstDracutDirectory) {
  initramfs::ImageContents image;
  image.files["var/lib/dracut/hooks"].directory = true;
  EXPECT_EQ(lab::path_in_image(image, "usr/lib/dracut/hooks/cmdline/00-a.sh"),
            "var/lib/dracut/hooks/cmdline/00-a.sh");
  EXPECT_EQ(lab::path_in_image(image, "usr/lib/dracut/a"), "usr/lib/dracut/a");
}

TEST(LabMachine, HasCardsAtExpectedAddresses) {
  const lab::Boot seen = lab::boot({.kernel = "6.12",
                                    .cards = {{.upstream = lab::Upstream::kSwitch},
                                              {.kind = Kind::kVga},
                                              {.kind = Kind::kDisplay},
                                              {.kind = Kind::kApu},
                                              {.kind = Kind::kNetwork},
                                              {.kind = Kind::kVirtio},
                                              {.kind = Kind::kUsb},
                                              {.kind = Kind::kUsbStorage}}},
                                   {.systemd = false, .vfio_early = false},
                                   {{"serial",
                                     "od -An -tx1 -j 324 -N 8 /sys/bus/pci/devices/"
                                     "0000:08:00.0/config"},
                                    {"stick", "cat /sys/block/sda/device/model"}});
  for (const char* upstream :
       {"03:00.0", "04:00.0", "05:00", "06:00", "07:00", "08:00", "09:00", "0a:00", "0b:00"})
    EXPECT_TRUE(seen.left_to_host(std::string("0000:") + upstream));
  EXPECT_EQ(seen.report().at("0000:05:00.0").at(0).class_code, "030000");
  EXPECT_EQ(seen.report().at("0000:06:00.0").at(0).class_code, "038000");
  EXPECT_EQ(seen.report().at("0000:07:00").size(), 4u);
  EXPECT_EQ(seen.answer("serial").out, " 05 00 00 ff ff 00 54 52\n");
  EXPECT_EQ(seen.answer("stick").exit, 0) << seen.answer("stick").err;
}

// There is an efifb, and the next boot reads what this one wrote.
TEST(LabMachine, KeepsEfiVariables) {
  constexpr const char* kMount = "mount -t efivarfs efivarfs /sys/firmware/efi/efivars";
  constexpr const char* kVariable =
      "/sys/firmware/efi/efivars/Lab-12345678-1234-1234-1234-123456789abc";
  lab::EfiVariables variables;
  const auto boot = [&](const std::string& command) {
    return lab::boot({.kernel = "6.12", .firmware = kOvmf, .variables = &variables},
                     {.systemd = false, .vfio_early = false},
                     {{"module", "modprobe efivarfs"}, {"mount", kMount}, {"do", command}});
  };
  const lab::Boot first =
      boot(std::string("sh -c 'printf \"\\7\\0\\0\\0boot-test\" > ") + kVariable + "'");
  EXPECT_EQ(first.answer("do").exit, 0) << first.answer("do").err;
  EXPECT_FALSE(first.report().log("EFI VGA frame buffer").empty());
  const lab::Boot second = boot(std::string("cat ") + kVariable);
  EXPECT_NE(second.answer("do").out.find("boot-test"), std::string::npos)
      << second.answer("do").err;
}

}  // namespace
