// SPDX-License-Identifier: GPL-2.0-or-later
//
// /proc/iomem as recorded in guests: Debian's 6.12 and the test kernel, OVMF and a VESA mode.
#include "host/framebuffer.h"

#include "host/io_memory.h"
#include "tests/unit/fake_tree.h"

namespace host {
namespace {

using Names = std::vector<std::string>;

const PciAddress kCard = *PciAddress::parse("0000:01:00.0");
const PciAddress kAudio = *PciAddress::parse("0000:01:00.1");
const PciAddress kOther = *PciAddress::parse("0000:02:00.0");

// bochs-display under OVMF.
constexpr const char* kEfi =
    "b0000000-bfffffff : PCI ECAM 0000 [bus 00-ff]\n"
    "  b0000000-bfffffff : Reserved\n"
    "    b0000000-bfffffff : pnp 00:04\n"
    "c0000000-febfffff : PCI Bus 0000:00\n"
    "  c0000000-c10fffff : PCI Bus 0000:02\n"
    "    c0000000-c0ffffff : 0000:02:00.0\n"
    "      c0000000-c0ffffff : bochs-drm\n"
    "    c1000000-c1003fff : 0000:02:00.1\n"
    "      c1000000-c1003fff : ICH HD audio\n"
    "  c2000000-c30fffff : PCI Bus 0000:01\n"
    "    c2000000-c2ffffff : 0000:01:00.0\n"
    "      c2000000-c23e7fff : efifb\n"
    "    c3000000-c3000fff : 0000:01:00.0\n"
    "    c3008000-c300ffff : 0000:01:00.0\n"
    "  c3108000-c3108fff : 0000:00:1f.2\n";

constexpr const char* kCardResource =
    "0x00000000c2000000 0x00000000c2ffffff 0x0000000000042208\n"
    "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
    "0x00000000c3000000 0x00000000c3000fff 0x0000000000040200\n"
    "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
    "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
    "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
    "0x00000000c3008000 0x00000000c300ffff 0x0000000000046200\n";

constexpr const char* kOtherResource = "0x00000000c0000000 0x00000000c0ffffff 0x0000000000042208\n";

// What a user other than root reads: the same with all addresses zero.
std::string without_addresses(std::string text) {
  for (size_t at = 0; (at = text.find(" : ", at)) != text.npos; ++at)
    for (size_t i = at; i > 0 && text[i - 1] != '\n'; --i)
      if (text[i - 1] != '-' && text[i - 1] != ' ') text[i - 1] = '0';
  return text;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  return text.replace(text.find(what), what.size(), with);
}

TEST(Framebuffer, RegionBelongsToTheBarAboveIt) {
  EXPECT_EQ(overlapping_framebuffers(kEfi, kCardResource, kCard), Names{"efifb"});
  EXPECT_EQ(overlapping_framebuffers(kEfi, kOtherResource, kOther), Names{});
}

TEST(Framebuffer, NestingIsUsedWithoutAddresses) {
  const std::string iomem = without_addresses(kEfi);
  EXPECT_EQ(iomem.find("c2000000"), iomem.npos) << iomem;
  EXPECT_EQ(overlapping_framebuffers(iomem, kCardResource, kCard), Names{"efifb"});
  EXPECT_EQ(overlapping_framebuffers(iomem, kOtherResource, kOther), Names{});
  EXPECT_EQ(overlapping_framebuffers(iomem, "", kAudio), Names{});
}

TEST(Framebuffer, BootFbIsNamedWithAndWithoutItsDriver) {
  const std::string held = replaced(kEfi, "      c2000000-c23e7fff : efifb\n",
                                    "      c2000000-c23e7fff : BOOTFB\n"
                                    "        c2000000-c23e7fff : simpledrm\n");
  EXPECT_EQ(overlapping_framebuffers(held, kCardResource, kCard), (Names{"BOOTFB", "simpledrm"}));
  const std::string left = replaced(kEfi, "efifb", "BOOTFB");
  EXPECT_EQ(overlapping_framebuffers(left, kCardResource, kCard), Names{"BOOTFB"});
}

// Linux 7: drivers/gpu/drm/sysfb. The drivers of one platform device use the same name for its
// region.
TEST(Framebuffer, EveryFramebufferDriverIsKnown) {
  for (const char* driver :
       {"efifb", "efidrm", "vesafb", "vesadrm", "simplefb", "simpledrm", "corebootdrm"})
    EXPECT_EQ(overlapping_framebuffers(replaced(kEfi, "efifb", driver), kCardResource, kCard),
              Names{driver});
}

// A region of a platform device without a name gets the device's name (platform_device_add in
// drivers/base/platform.c).
TEST(Framebuffer, CorebootDeviceRegionIsRecognised) {
  const std::string held = replaced(kEfi, "      c2000000-c23e7fff : efifb\n",
                                    "      c2000000-c23e7fff : coreboot-framebuffer.0\n"
                                    "        c2000000-c23e7fff : corebootdrm\n");
  const Names names = overlapping_framebuffers(held, kCardResource, kCard);
  EXPECT_EQ(names, (Names{"coreboot-framebuffer.0", "corebootdrm"}));
  EXPECT_TRUE(holds_device_region(names));
  EXPECT_FALSE(holds_device_region({"efifb"}));
  EXPECT_STREQ(initcall_of(names), "framebuffer_driver_init");
  EXPECT_STREQ(initcall_of({"simple-framebuffer.0"}), "framebuffer_driver_init");
  EXPECT_STREQ(initcall_of({"BOOTFB", "simpledrm"}), "sysfb_init");
  EXPECT_STREQ(initcall_of({"efifb"}), "sysfb_init");
}

TEST(Framebuffer, BlacklistedInitcallIsOneOfAList) {
  const auto listed = [](const char* line) {
    return is_initcall_blacklisted(CommandLine::parse(line), "sysfb_init");
  };
  EXPECT_TRUE(listed("quiet initcall_blacklist=sysfb_init"));
  EXPECT_TRUE(listed("initcall_blacklist=a initcall_blacklist=b,sysfb_init"));
  EXPECT_FALSE(listed("initcall_blacklist=sysfb_init2 sysfb_init"));
}

// A framebuffer that is larger than the BAR is listed above it: only the addresses show the
// overlap.
TEST(Framebuffer, AddressesShowOverlapBeyondTheBar) {
  constexpr const char* kIomem =
      "c0000000-febfffff : PCI Bus 0000:00\n"
      "  c2000000-c3ffffff : efifb\n"
      "    c2000000-c2ffffff : 0000:01:00.0\n";
  EXPECT_EQ(overlapping_framebuffers(kIomem, kCardResource, kCard), Names{"efifb"});
  EXPECT_EQ(overlapping_framebuffers(kIomem, kOtherResource, kOther), Names{});
}

TEST(Framebuffer, CardDriversAreNotFramebuffers) {
  for (const char* driver : {"vfio-pci", "bochs-drm", "nvidia", ""}) {
    const std::string iomem = replaced(kEfi, "efifb", driver);
    EXPECT_EQ(overlapping_framebuffers(iomem, kCardResource, kCard), Names{}) << driver;
  }
}

// An APU's BAR above 4 GB; a BAR without an address (IORESOURCE_UNSET) overlaps nothing.
TEST(Framebuffer, AddressesHave64Bits) {
  constexpr const char* kIomem = "7c00000000-7c0fffffff : efifb\n";
  EXPECT_EQ(overlapping_framebuffers(
                kIomem, "0x0000007c00000000 0x0000007c0fffffff 0x000000000014220c\n", kCard),
            Names{"efifb"});
  EXPECT_EQ(overlapping_framebuffers(
                kIomem, "0x0000007c00000000 0x0000007c0fffffff 0x000000002014220c\n", kCard),
            Names{});
}

TEST(Framebuffer, InvalidIomemIsIgnored) {
  for (const char* iomem : {"", "\n", "efifb", " : efifb", "- : efifb", "x-y : efifb",
                            "00000000000000001-2 : efifb", "c2000000 : efifb-1"})
    EXPECT_EQ(overlapping_framebuffers(iomem, kCardResource, kCard), Names{}) << iomem;
  EXPECT_EQ(overlapping_framebuffers(kEfi, "0x 0x 0x\nnonsense\n", kOther), Names{});
}

TEST(IoMemory, RegionsDirectlyInBarsAreFound) {
  const IoMemory memory(
      "c0000000-febfffff : PCI Bus 0000:00\n"
      "  c2000000-c2ffffff : 0000:01:00.0\n"
      "    c2000000-c2ffffff : mystery\n"
      "      c2000000-c2000fff : inner\n"
      "    c2800000-c2ffffff : mystery\n"
      "  c3000000-c3ffffff : 0000:01:00.0\n"
      "    c3000000-c3ffffff : vfio-pci\n"
      "  c4000000-c4ffffff : 0000:01:00.1\n"
      "  c5000000-c5ffffff : other\n");
  EXPECT_EQ(memory.regions_in_bars(*PciAddress::parse("0000:01:00.0")),
            (Names{"mystery", "vfio-pci"}));
  EXPECT_EQ(memory.regions_in_bars(*PciAddress::parse("0000:01:00.1")), Names{});
}

TEST(Framebuffer, IsReadFromTheMachine) {
  FakeTree tree;
  EXPECT_FALSE(read_overlapping_framebuffers(tree.root(), kCard).has_value());
  tree.file("/proc/iomem", kEfi);
  EXPECT_FALSE(read_overlapping_framebuffers(tree.root(), kCard).has_value());
  tree.file("/sys/bus/pci/devices/0000:01:00.0/resource", kCardResource);
  EXPECT_EQ(read_overlapping_framebuffers(tree.root(), kCard).value_or({}), Names{"efifb"});
}

}  // namespace
}  // namespace host
