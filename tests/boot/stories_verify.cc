// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-verify in the real root of a machine that booted: what is well is proven, what is not is
// said in a sentence that a person understands.
#include "tests/boot/lab.h"

namespace {

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";

const std::vector<lab::Question> kQuestions = {{"text", "vfio-verify"},
                                               {"json", "vfio-verify --format json"}};

enum Exit { kPass = 0, kFail = 1 };

class Verify : public lab::Story {
 protected:
  // The findings whose id begins so.
  static std::vector<nlohmann::json> findings(const lab::Answer& answer, const std::string& id) {
    std::vector<nlohmann::json> found;
    const nlohmann::json all = answer.json();
    if (!all.is_object() || !all.contains("findings")) return found;
    for (const nlohmann::json& finding : all["findings"])
      if (finding.value("id", "").rfind(id, 0) == 0) found.push_back(finding);
    return found;
  }

  static bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }
};

TEST_P(Verify, ProvesAHealthyMachine) {
  const lab::Boot seen = lab::boot({.kernel = kernel()}, {.configuration = kGaming}, kQuestions);
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  const lab::Answer text = seen.answer("text");
  EXPECT_EQ(text.exit, kPass) << text.out << text.err;
  EXPECT_TRUE(contains(text.out, "0000:01:00.1")) << text.out;
  const lab::Answer json = seen.answer("json");
  EXPECT_EQ(json.exit, kPass) << json.err;
  for (const char* family : {"iommu.", "irq.", "group.", "bind.", "dma."}) {
    const auto found = findings(json, family);
    EXPECT_FALSE(found.empty()) << family;
    for (const nlohmann::json& finding : found)
      EXPECT_EQ(finding.value("status", ""), "pass") << finding.dump();
  }
}

TEST_P(Verify, SaysThatInterruptsAreNotRemapped) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .iommu = lab::Iommu::kIntelWithoutRemapping},
                {.configuration = kGaming, .systemd = false}, kQuestions);
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  const lab::Answer text = seen.answer("text");
  EXPECT_EQ(text.exit, kFail) << text.out << text.err;
  EXPECT_TRUE(contains(text.out, "interrupt remapping")) << text.out;
  bool failed = false;
  for (const nlohmann::json& finding : findings(seen.answer("json"), "irq."))
    failed |= finding.value("status", "") == "fail";
  EXPECT_TRUE(failed) << seen.answer("json").out;
}

ON_KERNELS(Verify, "6.1", "6.12");

class VerifyOnce : public Verify {};

// What a driver of the host had, no later bind makes unhappened.
TEST_P(VerifyOnce, DoesNotPassWhereTheHostHasTheCard) {
  const lab::Boot seen = lab::boot({.kernel = kernel(), .arguments = "vfio_early=off"},
                                   {.configuration = kGaming, .systemd = false}, kQuestions);
  const lab::Answer text = seen.answer("text");
  EXPECT_EQ(text.exit, kFail) << text.out << text.err;
  EXPECT_TRUE(contains(text.out, "bochs-drm")) << text.out;
}

ON_KERNELS(VerifyOnce, "6.1");

}  // namespace
