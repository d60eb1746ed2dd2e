// SPDX-License-Identifier: GPL-2.0-or-later
//
// The rows of the checks, and --list-checks.
#include "verify/explain.h"

#include <set>

#include "tests/unit/verify/healthy.h"
#include "verify/check/image.h"

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

}  // namespace
}  // namespace verify
