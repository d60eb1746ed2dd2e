// SPDX-License-Identifier: GPL-2.0-or-later
//
// If a finding refers to another check, that check must have an open finding.
#include "verify/check/causes.h"

#include <algorithm>
#include <map>
#include <set>

#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"

namespace verify {
namespace {

Finding with_id(const char* id, Finding finding) {
  finding.id = id;
  return finding;
}

TEST(Causes, NameTheFirstOpenCheck) {
  Findings all = {
      with_id("bind.plan", unknown(kVga, "no section names it", "write one")),
      with_id("bind.driver", caused_by("bind.plan", skip(kVga, "bound to nouveau"))),
      with_id("rom.valid", caused_by("bind.driver", unknown(kVga, "not read", "bind it"))),
  };
  resolve_causes(all);
  EXPECT_EQ(all[1].evidence, "bound to nouveau: see bind.plan");
  EXPECT_EQ(all[1].remedy, "") << "a skipped check has none";
  EXPECT_EQ(all[2].evidence, "not read: see bind.plan");
  EXPECT_EQ(all[2].remedy, "fix bind.plan first");
}

// "fix bar.framebuffer first" and there "fix bind.driver first": the reader had to follow the
// chain.
TEST(Causes, NameTheRootOfAChain) {
  Findings all = {
      with_id("iommu.present", fail(kHost, "no IOMMU", "enable it")),
      with_id("bind.driver", caused_by("iommu.present", fail(kVga, "bound to nouveau", "bind it"))),
      with_id("bar.free", caused_by("bind.driver", unknown(kVga, "not read", "look"))),
      with_id("rom.valid", caused_by("bar.free", skip(kVga, "not read"))),
      with_id("rom.uefi", caused_by("rom.valid", warn(kVga, "not known", "look"))),
  };
  resolve_causes(all);
  EXPECT_EQ(all[0].remedy, "enable it");
  for (size_t i = 1; i < all.size(); ++i) EXPECT_EQ(all[i].waits_for, "iommu.present") << all[i].id;
  EXPECT_EQ(all[2].evidence, "not read: see iommu.present");
  EXPECT_EQ(all[2].remedy, "fix iommu.present first");
  EXPECT_EQ(all[4].remedy, "fix iommu.present first");
}

// The IOMMU does not explain why the second function is bound to nouveau.
TEST(Causes, EndTheChainAtAFindingOfItsOwn) {
  Findings all = {
      with_id("iommu.present", fail(kHost, "no IOMMU", "enable it")),
      with_id("bind.driver", caused_by("iommu.present", fail(kVga, "bound to nouveau", "bind it"))),
      with_id("bind.driver", fail(kAudio, "bound to snd_hda_intel", "unbind it")),
      with_id("guest.kvm", caused_by("bind.driver", unknown(kHost, "not tried", "bind it"))),
  };
  resolve_causes(all);
  EXPECT_EQ(all[3].remedy, "fix bind.driver first");
}

TEST(Causes, NeverNameAPassedCheck) {
  Findings all = {
      with_id("bind.driver", pass(kVga, "vfio-pci")),
      with_id("rom.valid", caused_by("bind.driver", unknown(kVga, "not read", "bind it"))),
  };
  resolve_causes(all);
  EXPECT_EQ(all[1].evidence, "not read");
  EXPECT_EQ(all[1].remedy, "bind it");
}

TEST(Causes, MustHaveTheSameSubject) {
  Findings all = {
      with_id("bind.driver", fail(kAudio, "on snd_hda_intel", "bind it")),
      with_id("bind.driver", pass(kVga, "vfio-pci")),
      with_id("rom.valid", caused_by("bind.driver", unknown(kVga, "not read", "bind it"))),
      with_id("guest.kvm", caused_by("bind.driver", unknown(kHost, "not tried", "bind it"))),
  };
  resolve_causes(all);
  EXPECT_EQ(all[2].remedy, "bind it");
  EXPECT_EQ(all[3].remedy, "fix bind.driver first") << "the host has no finding of its own there";
}

TEST(Causes, CyclesAreBroken) {
  Findings all = {with_id("a", caused_by("b", skip(kHost, "a"))),
                  with_id("b", caused_by("a", skip(kHost, "b")))};
  resolve_causes(all);
  EXPECT_EQ(all[0].evidence, "a");
}

// Machines on which a finding referred to a check without an open finding, and similar machines.
std::map<std::string, Inspection> machines() {
  std::map<std::string, Inspection> all = {{"healthy", healthy()},
                                           {"without an IOMMU", without_iommu()}};
  const auto each_function = [](Inspection& machine, const auto& change) {
    for (ConfiguredFunction& function : machine.functions) change(function);
  };
  for (const ClaimStatus claim_status :
       {ClaimStatus::kUnconfigured, ClaimStatus::kRefused, ClaimStatus::kClaimed}) {
    Inspection machine = with_attachment(Step::kOpenGroup, ENOENT);
    each_function(machine, [&](ConfiguredFunction& function) {
      function.claim_status = claim_status;
      function.function.driver = "nouveau";
      function.override = "";
      function.hardware.rom.state = hardware::OptionRom::State::kOnDriver;
    });
    if (claim_status == ClaimStatus::kRefused)
      machine.refusals = {{"gaming", "/etc/vfio-early.conf", 1, "another card is there", "look"}};
    machine.live.emplace();
    all["standing " + std::to_string(static_cast<int>(claim_status))] = machine;
  }
  for (const Step step : {Step::kNotTried, Step::kOpenContainer, Step::kFindType1, Step::kOpenGroup,
                          Step::kGetStatus, Step::kSetContainer, Step::kSetIommu})
    for (const int code : {EPERM, EACCES, EBUSY, EINVAL, ENOENT}) {
      Inspection machine = with_attachment(step, code);
      machine.attachments[machine.groups.front().number].reason =
          "not tested: no device is opened with --root";
      all["ended at " + std::to_string(static_cast<int>(step)) + ": " + std::to_string(code)] =
          machine;
    }
  all["not viable"] = with_attachment(Step::kGetStatus, 0, false);
  all["no card"] = healthy();
  all["no card"].functions.clear();
  all["no card"].groups.clear();
  all["silent"] = healthy();
  each_function(all["silent"], [](ConfiguredFunction& function) {
    function.hardware.registers_error = host::Error{EIO, "read the registers"};
  });
  return all;
}

// The checks that a text refers to by "see …" or "fix … first".
std::set<std::string> named_in(const std::string& text) {
  std::set<std::string> names;
  for (const Check& check : checks())
    for (const char* before : {"see ", "fix "})
      if (const size_t at = text.find(before + std::string(check.id)); at != text.npos) {
        const size_t end = at + std::string(before).size() + std::string(check.id).size();
        if (end == text.size() || std::string(" ;,\n").find(text[end]) != std::string::npos)
          names.insert(check.id);
      }
  return names;
}

TEST(Causes, AreOpenChecksOnEveryMachine) {
  for (const auto& [name, machine] : machines()) {
    const Findings findings = run_checks(machine);
    std::map<std::string, std::set<std::string>> first;  // by check, what to fix before it
    for (const Finding& finding : findings)
      for (const std::string& id : named_in(finding.evidence + "\n" + finding.remedy.str())) {
        bool open = false;
        for (const Finding& other : findings)
          open = open ||
                 (other.id == id && other.status != Status::kPass && other.status != Status::kSkip);
        EXPECT_TRUE(open) << name << ": " << finding.id << " names " << id << ": "
                          << finding.evidence << " | " << finding.remedy;
        if (finding.remedy == "fix " + id + " first") first[finding.id].insert(id);
      }
    for (const auto& [id, before] : first)
      for (const std::string& other : before)
        EXPECT_FALSE(first[other].contains(id))
            << name << ": " << id << " and " << other << " send the reader to each other";
  }
}

// A reader who follows "fix X first" finds at X what to do, not another "fix Y first".
TEST(Causes, AreOneStepAwayOnEveryMachine) {
  size_t waiting = 0;
  for (const auto& [name, machine] : machines()) {
    const Findings findings = run_checks(machine);
    for (const Finding& finding : findings) {
      if (finding.waits_for.empty()) continue;
      ++waiting;
      EXPECT_TRUE(std::any_of(findings.begin(), findings.end(),
                              [&](const Finding& root) {
                                return root.id == finding.waits_for && root.waits_for.empty() &&
                                       root.status != Status::kPass && root.status != Status::kSkip;
                              }))
          << name << ": " << finding.id << " waits for " << finding.waits_for;
    }
  }
  EXPECT_GT(waiting, 100U);
}

}  // namespace
}  // namespace verify
