// SPDX-License-Identifier: GPL-2.0-or-later
//
// Why a group has its size, and whether the kernel's grouping follows from the hardware, on real
// topologies. If the two judgements differ, the reason must be reported.
#include "tests/lab/lab.h"

namespace {

using lab::Upstream;

const std::vector<lab::Question> kQuestions = {
    {"json", "vfio-verify --format json"},
    {"tables", "vfio-verify firmware --format json"},
    {"open", "chmod 755 /"},
    {"user", "busybox su nobody -c 'vfio-verify --format json'"}};

// For su.
const lab::Overlay kUsers = {"etc/passwd",
                             "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"};

class IommuGroups : public lab::BootTest {
 protected:
  static lab::Boot boot(Upstream upstream, const std::string& section,
                        const std::string& arguments = "") {
    return lab::boot(
        {.kernel = kernel(), .cards = {{.upstream = upstream}, {}}, .arguments = arguments},
        {.configuration = "[gaming]\n" + section + "\n", .overlays = {kUsers}, .systemd = false},
        kQuestions);
  }

  static testing::AssertionResult finding_is(const lab::Boot& seen, const std::string& id,
                                             const std::string& subject, const std::string& status,
                                             const std::string& words) {
    const nlohmann::json finding = seen.finding("json", id, subject);
    if (finding.value("status", "") == status &&
        finding.value("evidence", "").find(words) != std::string::npos)
      return testing::AssertionSuccess();
    return testing::AssertionFailure()
           << id << ": " << finding.dump() << " is not " << status << " with '" << words << "'\n"
           << seen.answer("json").err;
  }
};

TEST_P(IommuGroups, MatchRootPortWithAcs) {
  const lab::Boot seen = boot(Upstream::kRootPort, "address = 0000:01:00");
  EXPECT_TRUE(finding_is(seen, "group.path", "0000:01:00.0", "pass", "(root port, ACS on)"));
  EXPECT_TRUE(finding_is(seen, "group.kernel", "0000:01:00.0", "pass", "group"));
  EXPECT_TRUE(finding_is(seen, "group.hardware", "0000:01:00.0", "pass", ""));
  const nlohmann::json tables = seen.answer("tables").json();
  ASSERT_TRUE(tables.is_object()) << seen.answer("tables").out << seen.answer("tables").err;
  EXPECT_EQ(tables["signature"], "DMAR");
  EXPECT_EQ(tables["flags"].dump(), R"(["INTR_REMAP"])");
  EXPECT_EQ(tables["units"][0]["base"], "0xfed90000");
  // An unprivileged user cannot read this, and must not get a result.
  for (const char* id : {"group.path", "group.kernel", "group.hardware"})
    EXPECT_EQ(seen.finding("user", id, "0000:01:00.0").value("status", ""), "unknown")
        << seen.answer("user").out << seen.answer("user").err;
}

ON_KERNELS(IommuGroups, "6.12");

class IommuGroupTopology : public IommuGroups {};

TEST_P(IommuGroupTopology, SwitchWithoutAcsDoesNotIsolate) {
  const lab::Boot seen = boot(Upstream::kSwitch, "address = 0000:03:00.0");
  EXPECT_TRUE(finding_is(seen, "group.path", "0000:03:00.0", "pass",
                         "0000:02:00.0 (switch, downstream port, no ACS)"));
  EXPECT_TRUE(finding_is(seen, "group.kernel", "0000:03:00.0", "pass", ""));
  EXPECT_TRUE(
      finding_is(seen, "group.hardware", "0000:03:00.0", "fail",
                 "0000:04:00.0 (snd_hda_intel) and the card can access each other's memory"));
}

TEST_P(IommuGroupTopology, FunctionsBelowSwitchPassTogether) {
  const lab::Boot seen = boot(Upstream::kSwitch, "address = 0000:03:00.0 0000:04:00.0");
  for (const char* card : {"0000:03:00.0", "0000:04:00.0"}) {
    EXPECT_TRUE(finding_is(seen, "group.kernel", card, "pass", ""));
    EXPECT_TRUE(finding_is(seen, "group.hardware", card, "pass", ""));
  }
}

TEST_P(IommuGroupTopology, ConventionalBridgeSharesRequesterId) {
  const lab::Boot seen = boot(Upstream::kPciBridge, "address = 0000:02:01.0");
  EXPECT_TRUE(finding_is(
      seen, "group.path", "0000:02:01.0", "warn",
      "all devices below 0000:01:00.0 (PCIe-to-PCI bridge, no ACS) have the same requester id"));
  EXPECT_TRUE(finding_is(seen, "group.kernel", "0000:02:01.0", "pass", ""));
}

TEST_P(IommuGroupTopology, RootPortWithoutAcsIsReported) {
  const lab::Boot seen = boot(Upstream::kPortWithoutAcs, "address = 0000:01:00");
  EXPECT_TRUE(finding_is(seen, "group.path", "0000:01:00.0", "pass", "(root port, no ACS)"));
  EXPECT_TRUE(finding_is(seen, "group.kernel", "0000:01:00.0", "pass", ""));
}

TEST_P(IommuGroupTopology, IgnoredAcsOverrideIsReported) {
  const lab::Boot seen = boot(Upstream::kPortWithoutAcs, "address = 0000:01:00",
                              "pcie_acs_override=downstream,multifunction");
  EXPECT_TRUE(finding_is(seen, "group.override", "host", "warn", "mainline Linux ignores it"));
  EXPECT_TRUE(finding_is(seen, "group.kernel", "0000:01:00.0", "pass", ""));
}

LONG_ON_STOCK_KERNELS(IommuGroupTopology);

}  // namespace
