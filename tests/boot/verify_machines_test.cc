// SPDX-License-Identifier: GPL-2.0-or-later
//
// For ci/long: what vfio-verify finds as root on each kind of machine. An unprivileged user of the
// same boot must get the same results or none, and never a pass that root does not get. x2APIC is
// in newer_qemu_test.cc.
#include <algorithm>
#include <iostream>
#include <map>
#include <set>

#include "tests/lab/images.h"
#include "tests/lab/lab.h"

namespace {

using lab::Iommu;
using lab::Upstream;

constexpr const char* kCard = "0000:01:00.0";
constexpr const char* kHost = "host";
constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";

const std::vector<lab::Question> kQuestions = {
    {"json", "vfio-verify --format json"},
    {"text", "vfio-verify"},
    {"every",
     "sh -c 'cd /sys/bus/pci/devices; for f in *; do read -r c < $f/class; case $c in 0x06*) ;; *) "
     "all=\"$all $f\";; esac; done; vfio-verify --quick --format json $all'"},
    {"list", "vfio-verify list --format json"},
    {"firmware", "vfio-verify firmware --format json"},
    {"open", "chmod 755 /"},
    {"user", "busybox su nobody -c 'vfio-verify --format json'"}};

// For su.
const lab::Overlay kUsers = {"etc/passwd",
                             "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"};

// The results of these checks depend on the user who runs them.
const std::set<std::string> kUserDependentChecks = {"guest.device", "guest.memlock"};

// A row of a machine's table.
struct Expected {
  std::string id;
  std::string subject;
  std::string status;
  std::string words = {};  // in the evidence or in the remedy
};

using Key = std::pair<std::string, std::string>;  // id and subject

std::map<Key, nlohmann::json> findings(const lab::Boot& seen, const std::string& question) {
  std::map<Key, nlohmann::json> found;
  const nlohmann::json answer = seen.answer(question).json();
  if (!answer.is_object() || !answer.contains("findings")) return found;
  for (const nlohmann::json& finding : answer["findings"])
    found.emplace(Key{finding.value("id", ""), finding.value("subject", "")}, finding);
  return found;
}

// The same status as root's, or no result: never a different judgement.
void expect_user_agrees_with_root(const lab::Boot& seen) {
  const auto root = findings(seen, "json"), user = findings(seen, "user");
  EXPECT_GT(user.size(), 40u) << seen.answer("user").out << seen.answer("user").err;
  for (const auto& [key, finding] : user) {
    const std::string status = finding.value("status", "");
    if (kUserDependentChecks.contains(key.first) || status == "unknown") continue;
    const auto root_finding = root.find(key);
    if (root_finding == root.end() && status == "skip") continue;
    ASSERT_NE(root_finding, root.end()) << "no finding for root: " << finding.dump();
    if (status == "skip" && root_finding->second.value("status", "") != "fail") continue;
    EXPECT_EQ(status, root_finding->second.value("status", ""))
        << "the user: " << finding.dump() << "\nroot: " << root_finding->second.dump();
  }
  EXPECT_NE(seen.answer("user").exit, 0) << "an unprivileged user gets a pass";
}

void expect_findings(const lab::Boot& seen, const std::vector<Expected>& table) {
  for (const Expected& row : table) {
    const nlohmann::json finding = seen.finding("json", row.id, row.subject);
    EXPECT_EQ(finding.value("status", ""), row.status) << row.id << ": " << finding.dump();
    const std::string text = finding.value("evidence", "") + "\n" + finding.value("remedy", "");
    EXPECT_NE(text.find(row.words), text.npos) << row.id << ": " << finding.dump();
  }
}

// Checks that the kernel's groups are those that follow from the hardware by the kernel's rules,
// for all functions that are not bridges.
void expect_kernel_groups_match(const lab::Boot& seen) {
  std::set<int> groups;
  const nlohmann::json list = seen.answer("list").json();
  for (const nlohmann::json& function : list.value("functions", nlohmann::json::array()))
    if (!function["group"].is_null() && !function.value("class", "").starts_with("06"))
      groups.insert(function["group"].get<int>());
  size_t compared = 0;
  for (const auto& [key, finding] : findings(seen, "every")) {
    if (key.first != "group.kernel" || key.second == kHost) continue;
    EXPECT_EQ(finding.value("status", ""), "pass") << finding.dump();
    ++compared;
  }
  EXPECT_EQ(compared, groups.size()) << seen.answer("every").out << seen.answer("every").err;
  std::cout << "compared: " << compared << " groups with the kernel's\n";
}

class VerifyReports : public lab::BootTest {
 protected:
  static lab::Boot boot_and_expect(lab::Machine machine, const std::vector<Expected>& table,
                                   const std::string& configuration = kGaming) {
    machine.kernel = kernel();
    lab::Boot seen =
        lab::boot(machine, {.configuration = configuration, .overlays = {kUsers}, .systemd = false},
                  kQuestions);
    expect_findings(seen, table);
    expect_kernel_groups_match(seen);
    expect_user_agrees_with_root(seen);
    return seen;
  }
};

TEST_P(VerifyReports, AmdIommu) {
  const lab::Boot seen =
      boot_and_expect({.iommu = Iommu::kAmd}, {{"iommu.present", kHost, "pass", "ivhd0"},
                                               {"iommu.firmware", kHost, "pass", "IVRS: 1 unit"},
                                               {"irq.x2apic", kHost, "skip"}});
  if (lab::amd_remaps_interrupts(kernel()))
    expect_findings(seen, {{"iommu.attach", kCard, "pass"}, {"irq.remapping", kHost, "pass"}});
  else
    expect_findings(seen, {{"iommu.attach", kCard, "fail"},
                           {"irq.remapping", kHost, "fail", "No southbridge IOAPIC found"}});
}

TEST_P(VerifyReports, IntelIommuWithRemapping) {
  const lab::Boot seen =
      boot_and_expect({.iommu = Iommu::kIntel}, {{"iommu.present", kHost, "pass", "dmar0"},
                                                 {"iommu.firmware", kHost, "pass", "DMAR: 1 unit"},
                                                 {"iommu.group", kCard, "pass", "group"},
                                                 {"iommu.attach", kCard, "pass", "type1 v2"},
                                                 {"irq.remapping", kHost, "pass", "attached"},
                                                 {"irq.x2apic", kHost, "pass", "does not opt out"},
                                                 {"group.isolated", kCard, "pass"},
                                                 {"group.path", kCard, "pass", "ACS on"}});
  EXPECT_FALSE(seen.report().log("Enabled IRQ remapping in xapic mode").empty());
}

TEST_P(VerifyReports, IntelIommuWithoutRemapping) {
  boot_and_expect(
      {.iommu = Iommu::kIntelWithoutRemapping},
      {{"iommu.present", kHost, "pass", "dmar0"},
       {"iommu.attach", kCard, "fail", "interrupts are not remapped: see irq.remapping"},
       {"irq.remapping", kHost, "fail", "interrupt remapping is disabled"},
       {"group.isolated", kCard, "pass"}});
}

TEST_P(VerifyReports, IntelIommuInScalableMode) {
  boot_and_expect({.iommu = Iommu::kIntelScalable}, {{"iommu.present", kHost, "pass", "dmar0"},
                                                     {"iommu.attach", kCard, "pass"},
                                                     {"irq.remapping", kHost, "pass"}});
}

TEST_P(VerifyReports, IntelIommuSwitchedOff) {
  boot_and_expect({.iommu = Iommu::kIntel, .arguments = "intel_iommu=off"},
                  {{"iommu.present", kHost, "fail", "disabled by intel_iommu=off"},
                   {"iommu.firmware", kHost, "pass", "DMAR: 1 unit"},
                   {"iommu.group", kCard, "skip"},
                   {"irq.remapping", kHost, "skip"},
                   {"group.isolated", kHost, "skip"}});
}

TEST_P(VerifyReports, AmdIommuWithoutRemapping) {
  boot_and_expect({.iommu = Iommu::kAmdWithoutRemapping},
                  {{"iommu.present", kHost, "pass", "ivhd0"},
                   {"iommu.attach", kCard, "fail"},
                   {"irq.remapping", kHost, "fail", "the kernel says \"AMD-Vi: "}});
}

TEST_P(VerifyReports, AmdIommuSwitchedOff) {
  boot_and_expect({.iommu = Iommu::kAmd, .arguments = "intel_iommu=off amd_iommu=off"},
                  {{"iommu.present", kHost, "fail", "disabled by amd_iommu=off"},
                   {"iommu.firmware", kHost, "pass", "IVRS: 1 unit"}});
}

TEST_P(VerifyReports, MissingIommu) {
  boot_and_expect({.iommu = Iommu::kNone},
                  {{"iommu.present", kHost, "fail", "the firmware describes no IOMMU"},
                   {"iommu.firmware", kHost, "fail"},
                   {"iommu.group", kCard, "skip"}});
}

TEST_P(VerifyReports, IommuUnderOvmf) {
  boot_and_expect({.firmware = lab::Firmware::kOvmf, .iommu = Iommu::kIntel},
                  {{"iommu.present", kHost, "pass", "dmar0"},
                   {"iommu.firmware", kHost, "pass", "DMAR: 1 unit"},
                   {"iommu.attach", kCard, "pass"},
                   {"irq.remapping", kHost, "pass"}});
}

// Every place that a card can have, in one machine.
TEST_P(VerifyReports, EveryTopology) {
  const lab::Boot seen = boot_and_expect(
      {.cards = {{.upstream = Upstream::kPortFunction},
                 {.upstream = Upstream::kPortFunction},
                 {.upstream = Upstream::kSwitch},
                 {.upstream = Upstream::kPciBridge},
                 {.upstream = Upstream::kPortWithoutAcs},
                 {}}},
      {{"group.path", "0000:03:00.0", "pass", "(switch, downstream port, no ACS)"},
       {"group.hardware", "0000:03:00.0", "fail", "0000:04:00.0 (snd_hda_intel) and the card can"},
       {"group.path", "0000:06:01.0", "warn",
        "(PCIe-to-PCI bridge, no ACS) have the same requester id"},
       {"group.isolated", "0000:06:01.0", "fail", "The host uses 0000:06:02.0"},
       {"group.path", "0000:07:00.0", "pass",
        "(root port, no ACS) may send requests directly to other functions"},
       {"group.isolated", "0000:07:00.0", "pass"},
       {"group.hardware", "0000:07:00.0", "pass", "without ACS, that all requests through"},
       {"group.path", "0000:09:00.0", "pass", "0000:00:10.0 (root port, ACS on)"},
       {"group.hardware", "0000:09:00.0", "pass", "no function outside"},
       {"group.isolated", "0000:0a:00.0", "fail", "The host uses 0000:0a:00.1 (snd_hda_intel)"},
       {"group.viable", "0000:0a:00.0", "fail", "snd_hda_intel"}},
      "[switch]\naddress = 0000:03:00.0\n[bridge]\naddress = 0000:06:01.0\n"
      "[open]\naddress = 0000:07:00\n"
      "[port-function]\naddress = 0000:09:00\n[half]\naddress = 0000:0a:00.0\n");
  for (const nlohmann::json& function : seen.answer("list").json()["functions"]) {
    const std::string address = function.value("address", "");
    const bool below_switch = address.starts_with("0000:03:") || address.starts_with("0000:04:");
    EXPECT_EQ(!function["peers_bypassing_iommu"].empty(), below_switch) << function.dump();
  }
}

TEST_P(VerifyReports, SiblingPortsWithoutAcs) {
  boot_and_expect({.cards = {{.upstream = Upstream::kPortFunctionWithoutAcs},
                             {.upstream = Upstream::kPortFunctionWithoutAcs}}},
                  {{"group.path", kCard, "warn", "0000:00:10.0 (root port, no ACS)"},
                   {"group.isolated", kCard, "fail", "0000:02:00.0"},
                   {"group.hardware", kCard, "pass"}});
}

LONG_ON_STOCK_KERNELS(VerifyReports);

// The driver is built in: the IOMMU is active before vfio-early runs.
class VirtioIommu : public VerifyReports {};

TEST_P(VirtioIommu, HasNoInterruptRemapping) {
  boot_and_expect({.iommu = Iommu::kVirtio},
                  {{"iommu.present", kHost, "pass"},
                   {"iommu.firmware", kHost, "pass", "VIOT"},
                   {"iommu.attach", kCard, "fail", "interrupts are not remapped"},
                   {"irq.remapping", kHost, "fail", "a virtio-iommu does not remap interrupts"}});
}

LONG_ON_KERNELS(VirtioIommu, "test-6.12", "test-sid");

// The driver is a module, loaded after vfio-early has run: no function has a group before.
class LateIommu : public VerifyReports {};

TEST_P(LateIommu, LeavesCardToHost) {
  const lab::Boot seen =
      boot_and_expect({.iommu = Iommu::kVirtio}, {{"iommu.present", kHost, "pass"}});
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.logged("gaming", "no IOMMU is active"));
}

LONG_ON_KERNELS(LateIommu, "6.12", "backports", "sid");

class IommuWithoutDriver : public VerifyReports {};

TEST_P(IommuWithoutDriver, IsReportedByName) {
  boot_and_expect({.iommu = Iommu::kVirtio},
                  {{"iommu.present", kHost, "fail", "a virtio-iommu, whose driver is not loaded"},
                   {"iommu.firmware", kHost, "pass", "VIOT"},
                   {"iommu.group", kCard, "skip"}});
}

LONG_ON_KERNELS(IommuWithoutDriver, "6.1");

}  // namespace
