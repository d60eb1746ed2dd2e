// SPDX-License-Identifier: GPL-2.0-or-later
//
// The PCI functions in a domain's XML: those that libvirt would give to the guest, and no others.
#include "early/hand_over/domain_xml.h"

#include <gtest/gtest.h>

namespace early::hand_over {
namespace {

// Their addresses; "invalid" for an error.
std::string passed(const std::string& xml) {
  const auto functions = passed_functions(xml);
  if (!functions) return "invalid";
  std::string text;
  for (const host::PciAddress& function : *functions)
    text += (text.empty() ? "" : " ") + function.str();
  return text;
}

std::string with_devices(const std::string& devices) {
  return "<?xml version='1.0'?>\n<domain type='kvm' id='1'>\n  <name>win</name>\n  <devices>\n" +
         devices + "  </devices>\n</domain>\n";
}

constexpr const char* kHostdev = R"(<hostdev mode='subsystem' type='pci' managed='no'>
  <driver name='vfio'/>
  <source>
    <address domain='0x0000' bus='0x01' slot='0x00' function='0x1'/>
  </source>
  <alias name='hostdev0'/>
  <address type='pci' domain='0x0000' bus='0x06' slot='0x00' function='0x0'/>
</hostdev>
)";

TEST(PassedFunctions, SourceOfHostdevCounts) {
  EXPECT_EQ(passed(with_devices(kHostdev)), "0000:01:00.1");
  EXPECT_EQ(passed(with_devices("")), "");
}

TEST(PassedFunctions, QuotesOrderAndBlanksDoNotMatter) {
  EXPECT_EQ(passed(with_devices("<hostdev\n type = \"pci\" mode=\"subsystem\">"
                                "<source  ><address function=\"0\" slot='31' bus='0xaF' />"
                                "</source></hostdev>")),
            "0000:af:1f.0");
}

TEST(PassedFunctions, VirtualFunctionOfInterfaceCounts) {
  EXPECT_EQ(passed(with_devices("<interface type='hostdev'><source><address type='pci' "
                                "domain='0x0001' bus='0x02' slot='0x10' function='0x2'/>"
                                "</source></interface>")),
            "0001:02:10.2");
}

TEST(PassedFunctions, OtherAddressesDoNotCount) {
  const std::string address = "<address domain='0' bus='1' slot='0' function='0'/>";
  EXPECT_EQ(passed(with_devices("<hostdev type='usb'><source>" + address + "</source></hostdev>")),
            "");
  EXPECT_EQ(passed(with_devices("<hostdev type='pci'>" + address + "</hostdev>")), "");
  EXPECT_EQ(passed(with_devices("<disk type='pci'><source>" + address + "</source></disk>")), "");
  EXPECT_EQ(passed(with_devices("<!-- " + std::string(kHostdev) + " -->")), "");
  EXPECT_EQ(
      passed("<domain><metadata><![CDATA[" + std::string(kHostdev) + "]]></metadata></domain>"),
      "");
  EXPECT_EQ(passed("<domain><metadata><hostdev type='pci'><source>" + address +
                   "</source></hostdev></metadata></domain>"),
            "");
}

TEST(PassedFunctions, InvalidTextIsRefused) {
  for (const char* xml :
       {"<domain>", "</domain>", "<domain><devices></domain></devices>", "<domain", "<domain a>",
        "<domain a='1' a='2'/>", "<domain a=1/>", "<!DOCTYPE x [<!ENTITY a 'b'>]><domain/>",
        "<domain><!-- </domain>", "<domain a='></domain>", "<>", "<domain/ >"})
    EXPECT_EQ(passed(xml), "invalid") << xml;
  EXPECT_EQ(passed(""), "");
  const std::string source = "<hostdev type='pci'><source><address ";
  for (const char* address :
       {"bus='1' slot='0'", "bus='1' slot='0' function='8'", "bus='0x100' slot='0' function='0'",
        "bus='1' slot='32' function='0'", "bus='&#49;' slot='0' function='0'",
        "bus='-1' slot='0' function='0'"})
    EXPECT_EQ(passed(with_devices(source + address + "/></source></hostdev>")), "invalid")
        << address;
}

TEST(PassedFunctions, DepthHasLimit) {
  std::string xml;
  for (int i = 0; i < 100; ++i) xml += "<a>";
  for (int i = 0; i < 100; ++i) xml += "</a>";
  EXPECT_EQ(passed(xml), "invalid");
}

}  // namespace
}  // namespace early::hand_over
