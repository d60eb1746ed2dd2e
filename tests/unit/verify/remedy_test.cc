// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/remedy.h"

#include "tests/unit/verify/healthy.h"
#include "verify/report/report.h"

namespace verify {
namespace {

const Remedy kRemedy = "or " + Remedy("set it:", {"first", "second"}).then("then reboot");

TEST(Remedy, HasEachCommandOnItsLine) {
  EXPECT_EQ(kRemedy.str(), "or set it:\n  first\n  second\nthen reboot");
  EXPECT_EQ(kRemedy.steps().size(), 2u);
  EXPECT_TRUE(Remedy("").empty());
  EXPECT_EQ(Remedy().str(), "");
  EXPECT_EQ("words" + Remedy(), Remedy("words"));
}

std::string text_with(const Remedy& remedy) {
  const Inspection machine = healthy();
  Finding finding = fail(kHost, "evidence", remedy);
  finding.id = "iommu.present";
  const Findings findings = {finding};
  return report_text({.arguments = {}, .inspection = machine, .findings = findings});
}

TEST(Remedy, ReportWrapsWordsAndKeepsCommands) {
  const std::string command(100, 'x');
  const std::string text = text_with({"set it:", {command}});
  EXPECT_TRUE(has_text(text, "-> set it:\n")) << text;
  EXPECT_TRUE(has_text(text, "  " + command + "\n")) << text;
}

// The record and the configuration are files: what they contain must not look like a command, or
// like a line of the report.
TEST(Remedy, LineBreaksInWordsStayWords) {
  const std::string text = text_with(std::string("look\n  rm -rf /\nVERDICT: PASS"));
  EXPECT_TRUE(has_text(text, "-> look rm -rf / VERDICT: PASS\n")) << text;
}

}  // namespace
}  // namespace verify
