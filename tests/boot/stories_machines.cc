// SPDX-License-Identifier: GPL-2.0-or-later
//
// For ci/long: what vfio-verify finds as root on each kind of machine. An unprivileged user of the
// same boot must get the same results or none, and never a pass that root does not get. x2APIC is
// in stories_newer_qemu.cc.
#include <algorithm>
#include <iostream>
#include <map>
#include <set>

#include "tests/boot/images.h"
#include "tests/boot/lab.h"

namespace {

using lab::Iommu;
using lab::Place;

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
const std::set<std::string> kAboutTheUser = {"guest.device", "guest.memlock"};

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
void expect_no_more_than_root(const lab::Boot& seen) {
  const auto root = findings(seen, "json"), user = findings(seen, "user");
  EXPECT_GT(user.size(), 40u) << seen.answer("user").out << seen.answer("user").err;
  for (const auto& [key, finding] : user) {
    const std::string status = finding.value("status", "");
    if (kAboutTheUser.contains(key.first) || status == "unknown") continue;
    const auto of_root = root.find(key);
    if (of_root == root.end() && status == "skip") continue;
    ASSERT_NE(of_root, root.end()) << "no finding for root: " << finding.dump();
    if (status == "skip" && of_root->second.value("status", "") != "fail") continue;
    EXPECT_EQ(status, of_root->second.value("status", ""))
        << "the user: " << finding.dump() << "\nroot: " << of_root->second.dump();
  }
  EXPECT_NE(seen.answer("user").exit, 0) << "an unprivileged user gets a pass";
}

void expect(const lab::Boot& seen, const std::vector<Expected>& table) {
  for (const Expected& row : table) {
    const nlohmann::json finding = seen.finding("json", row.id, row.subject);
    EXPECT_EQ(finding.value("status", ""), row.status) << row.id << ": " << finding.dump();
    const std::string said = finding.value("evidence", "") + "\n" + finding.value("remedy", "");
    EXPECT_NE(said.find(row.words), said.npos) << row.id << ": " << finding.dump();
  }
}

// Checks that the kernel's groups are those that follow from the hardware by the kernel's rules,
// for all functions that are not bridges.
void expect_groups_of_the_hardware(const lab::Boot& seen) {
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

class Machines : public lab::Story {
 protected:
  static lab::Boot tell(lab::Machine machine, const std::vector<Expected>& table,
                        const std::string& configuration = kGaming) {
    machine.kernel = kernel();
    lab::Boot seen =
        lab::boot(machine, {.configuration = configuration, .overlays = {kUsers}, .systemd = false},
                  kQuestions);
    expect(seen, table);
    expect_groups_of_the_hardware(seen);
    expect_no_more_than_root(seen);
    return seen;
  }
};

TEST_P(Machines, Amd) {
  const lab::Boot seen =
      tell({.iommu = Iommu::kAmd}, {{"iommu.present", kHost, "pass", "ivhd0"},
                                    {"iommu.firmware", kHost, "pass", "IVRS: 1 unit"},
                                    {"irq.x2apic", kHost, "skip"}});
  if (lab::remaps_interrupts_of_amd(kernel()))
    expect(seen, {{"iommu.attach", kCard, "pass"}, {"irq.remapping", kHost, "pass"}});
  else
    expect(seen, {{"iommu.attach", kCard, "fail"},
                  {"irq.remapping", kHost, "fail", "No southbridge IOAPIC found"}});
}

TEST_P(Machines, IntelWithRemapping) {
  const lab::Boot seen =
      tell({.iommu = Iommu::kIntel}, {{"iommu.present", kHost, "pass", "dmar0"},
                                      {"iommu.firmware", kHost, "pass", "DMAR: 1 unit"},
                                      {"iommu.group", kCard, "pass", "group"},
                                      {"iommu.attach", kCard, "pass", "type1 v2"},
                                      {"irq.remapping", kHost, "pass", "attached"},
                                      {"irq.x2apic", kHost, "pass", "does not opt out"},
                                      {"group.isolated", kCard, "pass"},
                                      {"group.path", kCard, "pass", "ACS SV RR CR UF on"}});
  EXPECT_FALSE(seen.report().log("Enabled IRQ remapping in xapic mode").empty());
}

TEST_P(Machines, IntelWithoutRemapping) {
  tell({.iommu = Iommu::kIntelWithoutRemapping},
       {{"iommu.present", kHost, "pass", "dmar0"},
        {"iommu.attach", kCard, "fail", "interrupts are not remapped: see irq.remapping"},
        {"irq.remapping", kHost, "fail", "interrupt remapping is disabled"},
        {"group.isolated", kCard, "pass"}});
}

TEST_P(Machines, IntelScalable) {
  tell({.iommu = Iommu::kIntelScalable}, {{"iommu.present", kHost, "pass", "dmar0"},
                                          {"iommu.attach", kCard, "pass"},
                                          {"irq.remapping", kHost, "pass"}});
}

TEST_P(Machines, IntelSwitchedOffOnTheCommandLine) {
  tell({.iommu = Iommu::kIntel, .arguments = "intel_iommu=off"},
       {{"iommu.present", kHost, "fail", "disabled by intel_iommu=off"},
        {"iommu.firmware", kHost, "pass", "DMAR: 1 unit"},
        {"iommu.group", kCard, "skip"},
        {"irq.remapping", kHost, "skip"},
        {"group.isolated", kHost, "skip"}});
}

TEST_P(Machines, AmdWithoutRemapping) {
  tell({.iommu = Iommu::kAmdWithoutRemapping},
       {{"iommu.present", kHost, "pass", "ivhd0"},
        {"iommu.attach", kCard, "fail"},
        {"irq.remapping", kHost, "fail", "the kernel says \"AMD-Vi: "}});
}

TEST_P(Machines, AmdSwitchedOffOnTheCommandLine) {
  tell({.iommu = Iommu::kAmd, .arguments = "intel_iommu=off amd_iommu=off"},
       {{"iommu.present", kHost, "fail", "disabled by amd_iommu=off"},
        {"iommu.firmware", kHost, "pass", "IVRS: 1 unit"}});
}

TEST_P(Machines, WithoutAnIommu) {
  tell({.iommu = Iommu::kNone},
       {{"iommu.present", kHost, "fail", "the firmware describes no IOMMU"},
        {"iommu.firmware", kHost, "fail"},
        {"iommu.group", kCard, "skip"}});
}

TEST_P(Machines, Ovmf) {
  tell({.firmware = lab::Firmware::kOvmf, .iommu = Iommu::kIntel},
       {{"iommu.present", kHost, "pass", "dmar0"},
        {"iommu.firmware", kHost, "pass", "DMAR: 1 unit"},
        {"iommu.attach", kCard, "pass"},
        {"irq.remapping", kHost, "pass"}});
}

// Every place that a card can have, in one machine.
TEST_P(Machines, EveryPlace) {
  const lab::Boot seen = tell(
      {.cards = {{.place = Place::kPortFunction},
                 {.place = Place::kPortFunction},
                 {.place = Place::kSwitch},
                 {.place = Place::kPciBridge},
                 {.place = Place::kOpenPort},
                 {}}},
      {{"group.path", "0000:03:00.0", "pass", "(switch, downstream port, no ACS)"},
       {"group.hardware", "0000:03:00.0", "fail", "0000:04:00.0 (snd_hda_intel) and the card can"},
       {"group.path", "0000:06:01.0", "warn",
        "(PCIe-to-PCI bridge, no ACS) have the same requester id"},
       {"group.isolated", "0000:06:01.0", "fail", "The host uses 0000:06:02.0"},
       {"group.path", "0000:07:00.0", "pass",
        "(root port, no ACS) may forward requests without the IOMMU"},
       {"group.isolated", "0000:07:00.0", "pass"},
       {"group.hardware", "0000:07:00.0", "pass", "without ACS, that all requests through"},
       {"group.path", "0000:09:00.0", "pass", "0000:00:10.0 (root port, ACS SV RR CR UF on)"},
       {"group.hardware", "0000:09:00.0", "pass", "no function outside"},
       {"group.isolated", "0000:0a:00.0", "fail", "The host uses 0000:0a:00.1 (snd_hda_intel)"},
       {"group.viable", "0000:0a:00.0", "fail", "snd_hda_intel"}},
      "[switch]\naddress = 0000:03:00.0\n[bridge]\naddress = 0000:06:01.0\n"
      "[open]\naddress = 0000:07:00\n"
      "[port-function]\naddress = 0000:09:00\n[half]\naddress = 0000:0a:00.0\n");
  for (const nlohmann::json& function : seen.answer("list").json()["functions"]) {
    const std::string address = function.value("address", "");
    const bool below_switch = address.starts_with("0000:03:") || address.starts_with("0000:04:");
    EXPECT_EQ(!function["in_reach_past_iommu"].empty(), below_switch) << function.dump();
  }
}

TEST_P(Machines, PortsOfOneDeviceWithoutAcs) {
  tell({.cards = {{.place = Place::kOpenPortFunction}, {.place = Place::kOpenPortFunction}}},
       {{"group.path", kCard, "warn", "0000:00:10.0 (root port, no ACS)"},
        {"group.isolated", kCard, "fail", "0000:02:00.0"},
        {"group.hardware", kCard, "pass"}});
}

LONG_ON_STOCK_KERNELS(Machines);

// The driver is built in: the IOMMU is active before vfio-early runs.
class VirtioIommu : public Machines {};

TEST_P(VirtioIommu, TakesACardAndRemapsNoInterrupts) {
  tell({.iommu = Iommu::kVirtio},
       {{"iommu.present", kHost, "pass"},
        {"iommu.firmware", kHost, "pass", "VIOT"},
        {"iommu.attach", kCard, "fail", "interrupts are not remapped"},
        {"irq.remapping", kHost, "fail", "a virtio-iommu does not remap interrupts"}});
}

LONG_ON_KERNELS(VirtioIommu, "test-6.12", "test-sid");

// The driver is a module, loaded after vfio-early has run: no function has a group before.
class LateIommu : public Machines {};

TEST_P(LateIommu, IsThereWhenItIsTooLate) {
  const lab::Boot seen = tell({.iommu = Iommu::kVirtio}, {{"iommu.present", kHost, "pass"}});
  EXPECT_TRUE(seen.left_to_host("0000:01:00"));
  EXPECT_TRUE(seen.says("gaming", "no IOMMU is active"));
}

LONG_ON_KERNELS(LateIommu, "6.12", "backports", "sid");

class UnknownIommu : public Machines {};

TEST_P(UnknownIommu, IsNamedWithItsModule) {
  tell({.iommu = Iommu::kVirtio},
       {{"iommu.present", kHost, "fail", "a virtio-iommu, whose driver is not loaded"},
        {"iommu.firmware", kHost, "pass", "VIOT"},
        {"iommu.group", kCard, "skip"}});
}

LONG_ON_KERNELS(UnknownIommu, "6.1");

}  // namespace
