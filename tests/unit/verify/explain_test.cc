// SPDX-License-Identifier: GPL-2.0-or-later
//
// The rows of the checks, --list-checks and `explain`.
#include "verify/report/explain.h"

#include <set>
#include <sstream>

#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"
#include "verify/check/image.h"
#include "verify/commands.h"

namespace verify {
namespace {

template <typename Checks>
void expect_complete(const Checks& checks, std::set<std::string>& ids) {
  for (const auto& check : checks) {
    EXPECT_TRUE(ids.insert(check.id).second) << check.id << " is not unique";
    EXPECT_TRUE(std::string_view(check.question).ends_with('?')) << check.id;
    const std::string_view explanation = check.explanation;
    EXPECT_TRUE(explanation.starts_with('\n')) << check.id;
    EXPECT_TRUE(explanation.ends_with('.') || explanation.ends_with('*')) << check.id;
    EXPECT_NE(check.judge, nullptr) << check.id;
  }
}

TEST(Rows, HaveUniqueIdsQuestionsAndExplanations) {
  std::set<std::string> ids;
  expect_complete(checks(), ids);
  expect_complete(image_checks(), ids);
  EXPECT_EQ(ids.size(), checks().size() + image_checks().size());
  EXPECT_GT(ids.size(), 50u);
}

TEST(Rows, AreFoundByTheirId) {
  ASSERT_NE(find_check("iommu.attach"), nullptr);
  EXPECT_STREQ(find_check("iommu.attach")->id, "iommu.attach");
  for (const char* id : {"", "iommu", "iommu.attac", "iommu.attach ", "image.plan"})
    EXPECT_EQ(find_check(id), nullptr) << id;
}

// A heading that returns after another one would be printed twice.
TEST(Chapters, OfOneHeadingAreTogether) {
  std::vector<std::string> headings;
  for (const Chapter* chapter : chapters()) {
    EXPECT_FALSE(chapter->checks.empty()) << chapter->heading;
    if (headings.empty() || headings.back() != chapter->heading)
      headings.emplace_back(chapter->heading);
  }
  EXPECT_EQ(headings,
            (std::vector<std::string>{"Configuration", "IOMMU", "Interrupts", "Group", "Driver",
                                      "Card", "Device memory", "DMA", "Live", "Guest", "Host"}));
}

TEST(Markup, IsRemovedAsScdocReadsIt) {
  EXPECT_EQ(without_markup("Does _driver_override_ of *vfio-early*(8), a_b"),
            "Does driver_override of vfio-early(8), a_b");
  EXPECT_EQ(without_markup("_/dev/vfio/GROUP_ and _/dev/kvm_?"), "/dev/vfio/GROUP and /dev/kvm?");
  EXPECT_EQ(without_markup("FILE.d/\\*.conf"), "FILE.d/*.conf");
  EXPECT_EQ(without_markup("ends with \\"), "ends with \\");
}

TEST(CheckList, HasEachCheckInALine) {
  const std::string list = check_list();
  EXPECT_TRUE(list.starts_with("bind.plan            Does every configured card")) << list;
  EXPECT_TRUE(has_text(list, "\nbind.override        Does driver_override prevent every")) << list;
  EXPECT_TRUE(has_text(list, "\nimage.builtin        Is every driver for the card a module?\n"))
      << list;
}

TEST(Explain, PrintsQuestionAndExplanation) {
  EXPECT_EQ(explanation_text("dma.map"),
            "dma.map: Can memory be mapped for the group, and unmapped completely?\n"
            "\n"
            "The finding also has the largest number of simultaneous mappings\n"
            "(dma_entry_limit of vfio_iommu_type1).\n");
}

TEST(Explain, IndentsTheItemsOfAList) {
  EXPECT_TRUE(has_text(explanation_text("image.started"),
                       "\n\n- vfio_early=off, and parameters that switch the IOMMU off\n"
                       "- rdinit= with a different program\n"))
      << explanation_text("image.started");
  EXPECT_TRUE(has_text(explanation_text("image.started"), "\n  rd.systemd.unit="));
}

TEST(Explain, FitsEveryTerminalWithoutMarkup) {
  std::istringstream list(check_list());
  for (std::string line; std::getline(list, line);) {
    const std::string text = explanation_text(line.substr(0, line.find(' ')));
    EXPECT_FALSE(text.empty()) << line;
    EXPECT_FALSE(has_text(text, "\n\n\n") || has_text(text, " _") || has_text(text, "_ ")) << text;
    std::istringstream lines(text);
    for (std::string part; std::getline(lines, part);) EXPECT_LE(part.size(), 80u) << part;
  }
}

TEST(Explain, KnowsNoOtherId) {
  for (const char* id : {"", "iommu", "iommu.attac", "IOMMU.ATTACH", "*", "image."})
    EXPECT_EQ(explanation_text(id), "") << id;
}

struct Result {
  int exit_code = 0;
  std::string out, error;
};

Result explain(std::vector<const char*> words) {
  words.insert(words.begin(), {"vfio-verify", "explain"});
  const auto parsed = parse_options(commands(), static_cast<int>(words.size()), words.data());
  if (parsed.early_exit)
    return {parsed.early_exit->exit_code, parsed.early_exit->out, parsed.early_exit->error};
  Result result;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  result.exit_code = parsed.options->command->run(FakeTree().root(), *parsed.options);
  std::fflush(stdout);
  result.out = testing::internal::GetCapturedStdout();
  result.error = testing::internal::GetCapturedStderr();
  return result;
}

TEST(Explain, SucceedsForAnId) {
  const Result result = explain({"host.lockdown"});
  EXPECT_EQ(result.exit_code, kExitPass);
  EXPECT_EQ(result.out, explanation_text("host.lockdown"));
  EXPECT_EQ(result.error, "");
}

TEST(Explain, EveryMistakeIsAUsageError) {
  for (const std::vector<const char*>& words :
       std::vector<std::vector<const char*>>{{}, {"iommu.atach"}, {""}}) {
    const Result result = explain(words);
    EXPECT_EQ(result.exit_code, kExitUsage);
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(has_text(result.error, "'vfio-verify --list-checks' prints all checks"))
        << result.error;
  }
  EXPECT_TRUE(has_text(explain({"iommu.atach"}).error, "no check iommu.atach found"));
  EXPECT_EQ(explain({"dma.map", "dma.read"}).exit_code, kExitUsage) << "one check";
  EXPECT_EQ(explain({"--format", "json", "dma.map"}).exit_code, kExitUsage);
}

}  // namespace
}  // namespace verify
