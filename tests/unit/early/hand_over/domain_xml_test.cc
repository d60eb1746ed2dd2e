// SPDX-License-Identifier: GPL-2.0-or-later
//
// The PCI functions in a domain's XML: those that libvirt would give to the guest, and no others.
#include "early/hand_over/domain_xml.h"

#include <cerrno>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "early/hand_over/hand_overs.h"
#include "early/hand_over/libvirt_hook.h"
#include "tests/unit/fake_tree.h"

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

std::string repeated(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// Metadata of other programs may be nested deeply.
TEST(PassedFunctions, DepthHasNoLimit) {
  const std::string deep = repeated("<a>", 10'000) + "<hostdev/>" + repeated("</a>", 10'000);
  const std::string metadata = "<domain><metadata>" + deep + "</metadata>";
  EXPECT_EQ(passed(metadata + "</domain>"), "");
  EXPECT_EQ(passed(metadata + "<devices>" + kHostdev + "</devices></domain>"), "0000:01:00.1");
  EXPECT_EQ(passed("<domain><metadata>" + repeated("<a>", 100) + "</metadata></domain>"),
            "invalid");
  EXPECT_EQ(passed("<domain>" + repeated("<a>", 10) + repeated("</a>", 11) + "</domain>"),
            "invalid");
}

class DomainXmlTest : public testing::Test {
 protected:
  DomainXmlTest() { EXPECT_EQ(::pipe2(ends_, O_CLOEXEC), 0); }
  ~DomainXmlTest() override {
    ::close(ends_[0]);
    if (ends_[1] >= 0) ::close(ends_[1]);
  }

  int ends_[2] = {-1, -1};
};

TEST_F(DomainXmlTest, IsReadToItsEnd) {
  const std::string text(size_t{5} << 20, 'x');
  std::jthread libvirt([&] {
    for (size_t done = 0; done < text.size();) {
      const ssize_t count = ::write(ends_[1], text.data() + done, text.size() - done);
      if (count > 0) done += static_cast<size_t>(count);
    }
    ::close(std::exchange(ends_[1], -1));
  });
  const auto read = read_domain_xml(ends_[0], std::chrono::seconds(100));
  ASSERT_TRUE(read);
  EXPECT_TRUE(*read == text);
}

TEST_F(DomainXmlTest, OpenPipeTimesOut) {
  ASSERT_EQ(::write(ends_[1], "<domain>", 8), 8);
  const auto read = read_domain_xml(ends_[0], std::chrono::milliseconds(100));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ETIMEDOUT);
}

TEST_F(DomainXmlTest, EndlessTextIsRefused) {
  const host::Fd zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  const auto read = read_domain_xml(zero.get(), std::chrono::seconds(100));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, EFBIG);
}

// Only the claim of a card may fail a domain, not a damaged hand-over.json.
TEST(HookCall, DamagedHandOversDoNotFailStart) {
  FakeTree tree;
  tree.file(kHandOverFile, "[]");
  Options options;
  options.argument = "win";
  options.more = {"start", "begin", "-"};
  const auto call = read_hook_call(tree.root(), options);
  ASSERT_TRUE(call);
  EXPECT_TRUE(call->cards.empty());
  options.more = {"release", "end", "-"};
  EXPECT_FALSE(read_hook_call(tree.root(), options));
}

// The name is printed, logged and saved.
TEST(HookCall, NameOfDomainIsOneLineOfText) {
  FakeTree tree;
  Options options;
  options.more = {"release", "end"};
  for (const char* name : {"x\n<0>evil", "x\x1b[2J", "w\xff\xfe"}) {
    options.argument = name;
    EXPECT_FALSE(read_hook_call(tree.root(), options)) << name;
  }
  options.argument = "wÄ --help";
  EXPECT_TRUE(read_hook_call(tree.root(), options));
}

}  // namespace
}  // namespace early::hand_over
