// SPDX-License-Identifier: GPL-2.0-or-later
//
// The report formats for other programs, checked by such programs if they are installed: xmllint
// for JUnit, Perl's prove for TAP.
#include <cstdlib>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "tests/unit/verify/healthy.h"
#include "verify/report/report.h"

namespace verify {
namespace {

// One finding of each status, with all characters that are hard to quote.
const Findings kAll = {
    {"iommu.present", kHost, Status::kPass, "dmar0", ""},
    {"irq.remapping", kHost, Status::kWarn, "posted # not", "nothing\n  \"quoted\" command"},
    {"bind.driver", kVga, Status::kFail, "<driver> & \\ \"bochs\"", "say:\n  type 'this' & that"},
    {"bind.history", kVga, Status::kUnknown,
     "gone\x01\xff\n...\n\u009b31m\u2028\u202e\xef\xbf\xbe\x7f", "run it earlier"},
    {"bind.history", kVga, Status::kPass, "twice the same subject", ""},
    {"bar.framebuffer", kHost, Status::kSkip, "no card ]]>", ""},
};

std::string text_in(const char* format, const Findings& findings) {
  Inspection machine = healthy();
  machine.functions[0].card = "my \"card\" #1";
  for (const Format& form : formats())
    if (std::string(format) == form.name) return form.write({{}, machine, findings});
  ADD_FAILURE() << "no format " << format;
  return {};
}

// The exit status of a program that gets the report as a file, appended to the command.
int exit_status_of(const std::string& command, const std::string& report) {
  const std::string file = testing::TempDir() + "report-" + std::to_string(::getpid());
  std::ofstream(file) << report;
  const int status = std::system((command + " " + file + " >/dev/null 2>&1").c_str());
  return WEXITSTATUS(status);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Junit, MatchesSchemaAndCounts) {
  const std::string xml = text_in("junit", kAll);
  const std::string validator =
      std::string("xmllint --noout --relaxng ") + VFIO_VERIFY_JUNIT_SCHEMA;
  EXPECT_EQ(exit_status_of(validator, xml), 0) << xml;
  std::string wrong = xml;
  wrong.replace(wrong.find("<failure "), 9, "<failing ");
  EXPECT_NE(exit_status_of(validator, wrong), 0) << "no judge";
  EXPECT_EQ(count(xml, "tests=\"6\" failures=\"1\" errors=\"1\" skipped=\"1\""), 2) << xml;
  EXPECT_EQ(count(xml, "<testcase "), 6);
  EXPECT_EQ(count(xml, "<failure "), 1);
  EXPECT_EQ(count(xml, "<error "), 1);
  EXPECT_TRUE(has_text(xml, "name=\"0000:01:00.0\"")) << xml;
  EXPECT_TRUE(has_text(xml, "&lt;driver&gt; &amp; \\ &quot;bochs&quot;")) << xml;
}

// A check that only advises is neither an error nor a pass.
TEST(Junit, UnknownAdvisoryCheckIsSkipped) {
  Findings findings = {kAll[0], {"rom.readable", kVga, Status::kUnknown, "it sleeps", "wake it"}};
  findings[1].decides = false;
  const std::string xml = text_in("junit", findings);
  EXPECT_TRUE(has_text(xml, "tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"1\"")) << xml;
  EXPECT_TRUE(has_text(xml, "<skipped message=\"unknown: it sleeps\"/>")) << xml;
  const std::string tap = text_in("tap", findings);
  EXPECT_TRUE(has_text(tap, "not ok 2 - rom.readable 0000:01:00.0 # TODO ")) << tap;
  EXPECT_EQ(exit_status_of("prove --exec cat", tap), 0) << tap;
}

TEST(Tap, IsAcceptedByProve) {
  EXPECT_EQ(exit_status_of("prove --exec cat", text_in("tap", kAll)), 1);
  const Findings fine = {kAll[0], kAll[1], kAll[4], kAll[5]};
  EXPECT_EQ(exit_status_of("prove --exec cat", text_in("tap", fine)), 0) << text_in("tap", fine);
  EXPECT_EQ(exit_status_of("prove --exec cat", "TAP version 13\n1..2\nok 1\n"), 1) << "no judge";
}

TEST(Tap, ShowsFailuresAndSkipsWithReason) {
  const auto lines = lines_of(text_in("tap", kAll));
  EXPECT_EQ(lines[0], "TAP version 13");
  EXPECT_EQ(lines[1], "1..6");
  EXPECT_EQ(lines[2], "ok 1 - iommu.present host");
  const std::string all = text_in("tap", kAll);
  EXPECT_TRUE(has_text(all, "\nnot ok 3 - bind.driver 0000:01:00.0\n  ---\n  status: fail\n"))
      << all;
  EXPECT_TRUE(has_text(all, "\nok 6 - bar.framebuffer host # SKIP no card ]]>\n")) << all;
}

// Checks the grammar of the exposition format strictly. No series may occur twice.
TEST(Prometheus, LinesAreValidAndSeriesUnique) {
  const std::regex help("# (HELP|TYPE) [a-z_]+ .+");
  const std::regex sample(
      "([a-z_]+(\\{[a-z]+=\"([^\"\\\\\n]|\\\\[\\\\\"n])*\"(,[a-z]+=\"([^\"\\\\\n]|\\\\[\\\\\"n])*"
      "\")"
      "*\\})?) [0-9]+");
  std::set<std::string> series;
  for (const std::string& line : lines_of(text_in("prometheus", kAll))) {
    std::smatch match;
    if (std::regex_match(line, help)) continue;
    ASSERT_TRUE(std::regex_match(line, match, sample)) << line;
    EXPECT_TRUE(series.insert(match[1]).second) << line;
  }
  EXPECT_EQ(series.size(), 2 + 5 * 5u);
}

TEST(Prometheus, IsAStateSet) {
  const std::string text = text_in("prometheus", kAll);
  const auto state = [](const char* status) {
    return std::string("vfio_verify_check{id=\"bind.history\",subject=\"0000:01:00.0\",status=\"") +
           status + "\"}";
  };
  EXPECT_TRUE(has_text(text, state("unknown") + " 1\n"));
  EXPECT_TRUE(has_text(text, state("pass") + " 1\n"));
  EXPECT_TRUE(has_text(text, state("fail") + " 0\n"));
  EXPECT_TRUE(has_text(text, "\nvfio_verify_exit_status 1\n"));
}

TEST(Nfd, LinesAreLabels) {
  const std::regex label(
      "feature\\.node\\.kubernetes\\.io/[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?=[A-Za-z0-9]+");
  const std::string text = text_in("nfd", kAll);
  for (const std::string& line : lines_of(text)) EXPECT_TRUE(std::regex_match(line, label)) << line;
  EXPECT_TRUE(has_text(text, "/vfio-verify.verdict=fail\n")) << text;
  EXPECT_TRUE(has_text(text, "vfio-verify.bar.framebuffer=skip\n")) << text;
  EXPECT_TRUE(has_text(text, "vfio-verify.irq.remapping=warn\n")) << text;
  EXPECT_TRUE(has_text(text, "vfio-verify.card.my__card___1=1\n")) << text;
}

// NFD ignores the lines above an expiry time, so it must be the first.
TEST(Nfd, ExpiryIsTheFirstLine) {
  const Inspection machine = healthy();
  const Report report{.inspection = machine, .findings = kAll, .expiry = 1'800'000'000};
  EXPECT_TRUE(report_nfd(report).starts_with("# +expiry-time=2027-01-15T08:00:00Z\nfeature."))
      << report_nfd(report);
  EXPECT_FALSE(has_text(text_in("nfd", kAll), "#"));
}

TEST(Quiet, ShowsOnlyOpenFindings) {
  const Inspection machine = healthy();
  EXPECT_EQ(report_text({.inspection = machine, .findings = {kAll[0]}, .quiet = true}), "");
  const std::string text = report_text({.inspection = machine, .findings = kAll, .quiet = true});
  EXPECT_EQ(count(text, "bind.driver"), 1) << text;
  EXPECT_EQ(count(text, "irq.remapping"), 0) << text;
}

}  // namespace
}  // namespace verify
