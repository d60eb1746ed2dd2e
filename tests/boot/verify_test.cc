// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-verify in the real root of a booted machine: it proves what is healthy, and describes what
// is not in a sentence that a user understands.
#include <algorithm>
#include <iostream>
#include <sstream>

#include "tests/lab/lab.h"

namespace {

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";

const std::vector<lab::Question> kQuestions = {{"text", "vfio-verify"},
                                               {"json", "vfio-verify --format json"}};

enum Exit { kPass = 0, kFail = 1, kUnknown = 2 };

class Verify : public lab::BootTest {
 protected:
  // The findings whose id starts with `id`.
  static std::vector<nlohmann::json> findings(const lab::Answer& answer, const std::string& id) {
    std::vector<nlohmann::json> found;
    const nlohmann::json all = answer.json();
    if (!all.is_object() || !all.contains("findings")) return found;
    for (const nlohmann::json& finding : all["findings"])
      if (finding.value("id", "").rfind(id, 0) == 0) found.push_back(finding);
    return found;
  }

  // A captured machine gives the same findings as the real one, except for checks that need a
  // device or a user.
  static void expect_same_findings(const lab::Answer& real, const lab::Answer& replayed) {
    auto before = findings(real, "");
    for (nlohmann::json& finding : before) remove_vfio_source(finding);
    size_t same = 0;
    for (const nlohmann::json& after : findings(replayed, "")) {
      if (after.value("status", "") == "skip") continue;
      EXPECT_NE(std::find(before.begin(), before.end(), after), before.end()) << after.dump();
      ++same;
    }
    EXPECT_GT(same, 20u) << replayed.out;
  }

  // For an opened device, VFIO itself reports which functions are also reset.
  static void remove_vfio_source(nlohmann::json& finding) {
    const std::string source = ", according to VFIO", evidence = finding.value("evidence", "");
    if (evidence.ends_with(source))
      finding["evidence"] = evidence.substr(0, evidence.size() - source.size());
  }

  // The sum of all "the test of … took 412 ms", in milliseconds.
  static int total_test_time(const std::string& messages) {
    int sum = 0;
    std::istringstream words(messages);
    for (std::string word; words >> word;)
      if (int one = 0; word == "took" && words >> one) sum += one;
    return sum;
  }

  static bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }
};

TEST_P(Verify, PassesHealthyMachine) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .cards = {{.kind = lab::Kind::kWithUsb}, {}}},
                {.configuration = kGaming},
                {{"text", "vfio-verify"},
                 {"json", "vfio-verify --live --format json"},
                 {"list", "vfio-verify list"},
                 {"setup", "vfio-verify setup gaming"},
                 {"capture", "vfio-verify capture /run/c.tar.zst"},
                 {"replay", "vfio-verify --root /run/c.tar.zst --format json"}});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  const lab::Answer text = seen.answer("text");
  EXPECT_EQ(text.exit, kPass) << text.out << text.err;
  EXPECT_TRUE(contains(text.out, "0000:01:00.1")) << text.out;
  EXPECT_TRUE(contains(text.out, "PASS: ready for a guest")) << text.out;
  EXPECT_TRUE(contains(seen.answer("list").out, "[gaming] 1234:1111")) << seen.answer("list").out;
  EXPECT_TRUE(contains(seen.answer("setup").out, "host=0000:01:00.1")) << seen.answer("setup").out;
  const lab::Answer json = seen.answer("json");
  EXPECT_EQ(json.exit, kPass) << json.err;
  for (const char* family :
       {"iommu.", "irq.", "group.", "bind.", "power.", "reset.", "link.", "bar.", "dma."}) {
    const auto found = findings(json, family);
    EXPECT_FALSE(found.empty()) << family;
    for (const nlohmann::json& finding : found) {
      const std::string id = finding.value("id", "");
      if (id == "dma.superpages") continue;  // stock kernels do not show them
      const bool is_asked = id != "bind.expected" && id != "reset.endurance";
      EXPECT_EQ(finding.value("status", ""), is_asked ? "pass" : "skip") << finding.dump();
    }
  }
  EXPECT_EQ(seen.answer("capture").exit, kPass) << seen.answer("capture").err;
  expect_same_findings(json, seen.answer("replay"));
  // All functions are passed through: none can be reset alone, although reset_method of the first
  // says so.
  EXPECT_EQ(seen.finding("json", "reset.method", "0000:01:00.0").value("evidence", ""),
            "it can be reset only with its bus, which also resets 0000:01:00.1 and 0000:01:00.2");
  EXPECT_EQ(seen.finding("json", "reset.method", "0000:01:00.1").value("evidence", ""),
            "it can be reset only with its bus, which also resets 0000:01:00.0 and 0000:01:00.2, "
            "according to VFIO");
  // QEMU's secondary-vga has no option ROM, which is reported and is not a failure.
  EXPECT_EQ(seen.finding("json", "rom.readable", "0000:01:00.0").value("status", ""), "warn");
  for (const char* id :
       {"dma.read", "dma.write", "dma.blocked.unmapped", "dma.blocked.physical",
        "dma.blocked.readonly", "dma.blocked.revoked", "dma.remapped", "irq.delivered"})
    for (const char* function : {"0000:01:00.1", "0000:01:00.2"})
      EXPECT_EQ(seen.finding("json", id, function).value("status", ""), "pass") << id << function;
  const int took = total_test_time(json.err);
  EXPECT_GT(took, 0) << json.err;
  EXPECT_LT(took, 8000) << json.err;  // ten times what it takes
  std::cout << "measured: live checks of audio and USB on " << kernel() << ": " << took << " ms\n";
}

ON_KERNELS(Verify, "6.1", "6.12", "sid");

class VerifyWithoutRemapping : public Verify {};

TEST_P(VerifyWithoutRemapping, FailsInterruptRemapping) {
  const lab::Boot seen = lab::boot({.kernel = kernel(),
                                    .iommu = lab::Iommu::kIntelWithoutRemapping,
                                    .cards = {{.kind = lab::Kind::kWithUsb}, {}}},
                                   {.configuration = kGaming, .systemd = false}, kQuestions);
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  const lab::Answer text = seen.answer("text");
  EXPECT_EQ(text.exit, kFail) << text.out << text.err;
  EXPECT_TRUE(contains(text.out, "interrupt remapping")) << text.out;
  const lab::Answer json = seen.answer("json");
  bool failed = false;
  for (const nlohmann::json& finding : findings(json, "irq."))
    failed |= finding.value("status", "") == "fail";
  EXPECT_TRUE(failed) << json.out;
  // QEMU's default: the IOMMU maps 39 bits, and the processor has more. Only the USB controller has
  // a 64-bit BAR.
  EXPECT_EQ(seen.finding("json", "iommu.width", "0000:01:00.2").value("status", ""), "warn");
  const auto attached = findings(json, "iommu.attach");
  EXPECT_FALSE(attached.empty()) << json.out;
  for (const nlohmann::json& finding : attached)
    EXPECT_EQ(finding.value("status", ""), "fail") << finding.dump();
}

ON_KERNELS(VerifyWithoutRemapping, "6.12");

class VerifyHistory : public Verify {};

// If a host driver had the card, a later bind does not change the verdict.
TEST_P(VerifyHistory, FailsIfHostDriverHasCard) {
  const lab::Boot seen = lab::boot({.kernel = kernel(), .arguments = "vfio_early=off"},
                                   {.configuration = kGaming, .systemd = false}, kQuestions);
  const lab::Answer text = seen.answer("text");
  EXPECT_EQ(text.exit, kFail) << text.out << text.err;
  EXPECT_TRUE(contains(text.out, "bochs-drm")) << text.out;
}

// The card is claimed later: all other checks may pass.
TEST_P(VerifyHistory, FailsIfHostDriverHadCard) {
  const std::string functions = "/sys/bus/pci/devices/0000:01:00";
  const auto unbind = [&](const std::string& function) {
    return "sh -c 'echo 0000:01:00." + function + " > " + functions + "." + function +
           "/driver/unbind'";
  };
  const lab::Boot seen =
      lab::boot({.kernel = kernel()}, {.configuration = kGaming, .vfio_early = false},
                {{"video", unbind("0")},
                 {"audio", unbind("1")},
                 {"claim", "vfio-early claim"},
                 {"json", "vfio-verify --format json"}});
  for (const char* step : {"video", "audio", "claim"})
    EXPECT_EQ(seen.answer(step).exit, 0) << step << ": " << seen.answer(step).err;
  const lab::Answer json = seen.answer("json");
  EXPECT_EQ(json.exit, kFail) << json.out << json.err;
  const auto history = findings(json, "bind.history");
  ASSERT_EQ(history.size(), 2u) << json.out;
  for (const nlohmann::json& finding : history) EXPECT_NE(finding.value("status", ""), "pass");
  EXPECT_EQ(history[0].value("subject", ""), "0000:01:00.0");
  EXPECT_EQ(history[0].value("status", ""), "fail") << history[0].dump();
  EXPECT_TRUE(contains(history[0].value("evidence", ""), "bochs-drm")) << history[0].dump();
  EXPECT_EQ(findings(json, "bind.driver").at(0).value("status", ""), "pass");
}

ON_KERNELS(VerifyHistory, "6.1");

// All the checks of a typical guide, in its order: the IOMMU in the firmware setup, on the command
// line, lspci -nnk, the groups, VFIO. One command does this before anything is configured, and
// tells a user who knows none of these words what to type.
class VerifyUnconfigured : public Verify {
 protected:
  static lab::Boot boot_unconfigured(lab::Machine machine) {
    machine.kernel = kernel();
    return lab::boot(machine, {.configuration = "# nothing yet\n", .systemd = false},
                     {{"text", "vfio-verify 0000:01:00"}, {"list", "vfio-verify list"}});
  }

  // Each of `parts` must follow the one before.
  static void expect_in_order(const std::string& text, const std::vector<std::string>& parts) {
    size_t at = 0;
    for (const std::string& part : parts) {
      at = text.find(part, at);
      ASSERT_NE(at, text.npos) << part << "\nis not there, or not in its place:\n" << text;
    }
  }
};

TEST_P(VerifyUnconfigured, ReportsThatOnlyTheClaimIsMissing) {
  const lab::Boot seen = boot_unconfigured({});
  expect_in_order(seen.answer("text").out,
                  {"no section of /etc/vfio-early.conf names it", "vfio-verify setup 0000:01:00",
                   "iommu.present", "dmar0", "irq.remapping", "go through IR- chips",
                   "group.isolated", "0000:01:00.1 8086:2668", "bind.driver",
                   "bound to snd_hda_intel", "INCONCLUSIVE: no check failed"});
  EXPECT_EQ(seen.answer("text").exit, kUnknown);
  EXPECT_TRUE(contains(seen.answer("list").out, "7   0000:01:00.1 audio   snd_hda_intel 8086:2668"))
      << seen.answer("list").out;
  EXPECT_TRUE(contains(seen.answer("list").out, "\n          subsystem 1af4:1100"))
      << seen.answer("list").out;
}

TEST_P(VerifyUnconfigured, ReportsWhyNoIommuIsActive) {
  const lab::Boot off = boot_unconfigured({.arguments = "intel_iommu=off"});
  expect_in_order(off.answer("text").out, {"disabled by intel_iommu=off", "-> "});
  const lab::Boot none = boot_unconfigured({.iommu = lab::Iommu::kNone});
  expect_in_order(none.answer("text").out, {"the firmware describes no IOMMU", "-> "});
}

LONG_ON_STOCK_KERNELS(VerifyUnconfigured);

// The host's own domains are of the type "identity". This is not a weakness: an attachment replaces
// them.
class VerifyIommuPassthrough : public Verify {};

TEST_P(VerifyIommuPassthrough, PassesHealthyMachine) {
  const lab::Boot seen = lab::boot({.kernel = kernel(), .arguments = "iommu=pt"},
                                   {.configuration = kGaming, .systemd = false}, kQuestions);
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  const lab::Answer text = seen.answer("text");
  EXPECT_EQ(text.exit, kPass) << text.out << text.err;
  const auto groups = findings(seen.answer("json"), "iommu.group");
  ASSERT_FALSE(groups.empty());
  for (const nlohmann::json& finding : groups)
    EXPECT_TRUE(contains(finding.value("evidence", ""), "identity")) << finding.dump();
}

LONG_ON_STOCK_KERNELS(VerifyIommuPassthrough);

}  // namespace
