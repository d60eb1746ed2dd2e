// SPDX-License-Identifier: GPL-2.0-or-later
//
// The page of --format html, and --output.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/printable.h"
#include "host/version.h"
#include "tests/unit/verify/isolation_machine.h"
#include "verify/commands.h"
#include "verify/output/markup.h"
#include "verify/report/explain.h"
#include "verify/report/page_style.h"
#include "verify/report/report.h"

namespace verify {
namespace {

// Markup, quotes, control characters, invalid UTF-8, and characters that change the direction of
// text.
const std::string kEvil =
    "</title></style></pre>\"'><script src=\"https://example.com/x\">alert(1)</script>"
    "<img src=x onerror=y>&amp;]]>-->\033[2J\x01\xff\u202e\u2028\u009b\n<b>";

std::string page_of(const Inspection& machine, const Findings& findings) {
  return report_html({{"--format", "html"}, machine, findings});
}

std::string page_of(const Inspection& machine) {
  return page_of(machine, run_checks(machine));
}

Inspection failing() {
  Inspection machine = healthy();
  machine.live.reset();
  machine.functions[0].function.driver = "nouveau";
  machine.interrupts = InterruptChips{.remapped = 0, .direct = 9, .example = "PCI-MSI"};
  return machine;
}

// Every text that comes from the machine is `kEvil`.
Inspection hostile() {
  Inspection machine = failing();
  machine.platform.name = machine.machine.kernel_release = machine.machine.boot_id = kEvil;
  for (ConfiguredFunction& function : machine.functions) function.card = kEvil;
  for (host::PciFunction& function : machine.machine.functions) function.driver = kEvil;
  machine.refusals.push_back({.card = kEvil + "2", .file = kEvil, .why = kEvil});
  return machine;
}

Findings hostile_findings() {
  Findings findings;
  for (const Status status :
       {Status::kPass, Status::kWarn, Status::kFail, Status::kSkip, Status::kUnknown})
    findings.push_back({"bind.driver", kEvil, status, kEvil, Remedy(kEvil, {kEvil, kEvil})});
  findings.push_back({.id = "bind.history",
                      .subject = kVga,
                      .status = Status::kFail,
                      .evidence = kEvil,
                      .remedy = {},
                      .waits_for = kEvil});
  findings.push_back({kEvil, kEvil, Status::kFail, kEvil, kEvil});
  return findings;
}

// What `page` has that a page must not have; "": nothing. Values are escaped, so a tag ends at the
// first '>'.
std::string fault_of(const std::string& page) {
  static const std::set<std::string> kTags = {
      "html",   "head",    "meta", "title", "style",   "body", "header", "main",  "section",
      "h1",     "h2",      "h3",   "p",     "a",       "span", "div",    "table", "thead",
      "tbody",  "tr",      "th",   "td",    "details", "code", "pre",    "ul",    "li",
      "strong", "summary", "svg",  "g",     "rect",    "path", "text",   "tspan"};
  static const std::set<std::string> kAttributes = {
      "xmlns",  "lang",    "charset", "name", "content", "http-equiv", "class",
      "id",     "open",    "scope",   "href", "role",    "aria-label", "width",
      "height", "viewBox", "x",       "y",    "rx",      "d"};
  const std::regex tag("<(/?)([A-Za-z0-9!]+)((?: [A-Za-z-]+=\"[^\"<>]*\")*)(/?)>");
  const std::regex attribute(" ([A-Za-z-]+)=\"([^\"]*)\"");
  const std::string head = "<!DOCTYPE html>\n";
  if (!page.starts_with(head)) return "no document type";
  for (size_t at = page.find('<', head.size()); at != page.npos; at = page.find('<', at + 1)) {
    std::smatch match;
    const std::string rest = page.substr(at, 500);
    if (!std::regex_search(rest, match, tag, std::regex_constants::match_continuous))
      return "not a tag: " + rest;
    if (!kTags.contains(match[2])) return "tag " + match[2].str();
    const std::string attributes = match[3];
    for (std::sregex_iterator it(attributes.begin(), attributes.end(), attribute), end; it != end;
         ++it) {
      if (!kAttributes.contains((*it)[1])) return "attribute " + (*it)[1].str();
      if ((*it)[1] == "href" && (*it)[2].str().front() != '#') return "link to " + (*it)[2].str();
    }
  }
  if (host::printable(page) != page) return "a character that is not printable";
  return "";
}

// "": xmllint accepts it, or is not installed.
std::string xml_fault(const std::string& page) {
  if (std::system("xmllint --version >/dev/null 2>&1") != 0) return "";
  const std::string file = testing::TempDir() + "page-" + std::to_string(::getpid());
  std::ofstream(file) << page;
  const int status = std::system(("xmllint --noout " + file + " >/dev/null 2>&1").c_str());
  return status == 0 ? "" : "xmllint rejects it";
}

std::string unescaped(std::string text) {
  const std::pair<const char*, const char*> kEntities[] = {
      {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#10;", "\n"}, {"&amp;", "&"}};
  for (const auto& [entity, character] : kEntities)
    for (size_t at = text.find(entity); at != text.npos; at = text.find(entity, at + 1))
      text.replace(at, std::string_view(entity).size(), character);
  return text;
}

constexpr const char* kJson = "<pre id=\"json\">";

// The page without the JSON, which has every finding.
std::string before_json(const std::string& page) {
  return page.substr(0, page.find(kJson));
}

TEST(Html, IsWellFormedAndLoadsNothing) {
  for (const Inspection& machine : {healthy(), failing(), without_iommu(), Inspection{}}) {
    const std::string page = page_of(machine);
    EXPECT_EQ(fault_of(page), "");
    EXPECT_EQ(xml_fault(page), "");
    EXPECT_TRUE(has_text(page,
                         "<meta http-equiv=\"Content-Security-Policy\" "
                         "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>"));
  }
  EXPECT_FALSE(has_text(std::string(page_style()), "url("));
  EXPECT_FALSE(has_text(std::string(page_style()), "@import"));
  EXPECT_EQ(page_style().find_first_of("<&"), page_style().npos);
}

// The control: the functions above find these faults.
TEST(Html, FaultsAreFound) {
  const std::string page = page_of(healthy());
  for (const char* fault : {"<script>", "<img src=\"x\">", "<a href=\"https://example.com/\">",
                            "<p onclick=\"x\">", "<", "\033", "\xff", "\u202e"}) {
    std::string wrong = page;
    wrong.insert(wrong.find("<main>"), fault);
    EXPECT_NE(fault_of(wrong), "") << fault;
  }
  if (std::system("xmllint --version >/dev/null 2>&1") != 0) return;
  for (const char* fault : {"<p>", "&x;", "<br>", "<p class=x></p>", "\x01"}) {
    std::string wrong = page;
    wrong.insert(wrong.find("<main>"), fault);
    EXPECT_NE(xml_fault(wrong), "") << fault;
  }
}

TEST(Html, HostileTextIsOnlyText) {
  const Inspection machine = hostile();
  for (const Findings& findings : {run_checks(machine), hostile_findings()}) {
    const std::string page = page_of(machine, findings);
    EXPECT_EQ(fault_of(page), "");
    EXPECT_EQ(xml_fault(page), "");
    EXPECT_TRUE(has_text(page, "&lt;script src=&quot;https://example.com/x&quot;&gt;"));
  }
}

// A command is copied into a shell: what follows a line feed in a name must not be a second one.
TEST(Html, CommandsStayOnOneLine) {
  const Findings findings = {
      {"bind.driver", kVga, Status::kFail, "x", Remedy("run:", {"first 'a\nreboot'", "second"})}};
  const std::string page = page_of(healthy(), findings);
  EXPECT_TRUE(has_text(page, "<pre><code>first 'a reboot'\nsecond</code></pre>")) << page;
}

TEST(Html, JsonIsThatOfTheOtherFormat) {
  for (const Inspection& machine : {healthy(), hostile()}) {
    const Findings findings = run_checks(machine);
    const Report report{{"--format", "html"}, machine, findings};
    const std::string page = report_html(report);
    const size_t begin = page.find(kJson) + std::string_view(kJson).size();
    ASSERT_NE(begin, page.npos);
    EXPECT_EQ(unescaped(page.substr(begin, page.find("</pre>", begin) - begin)),
              host::printable(report_json(report)));
  }
}

TEST(Html, SummaryHasCardsChaptersHostAndNextStep) {
  const std::string page = page_of(failing());
  const std::string version = fmt::format("<td>vfio-verify {}</td>", host::kVersion);
  for (const char* part :
       {"<h1 class=\"fail\">FAIL: not ready for a guest",
        "<span class=\"status fail\">NOT READY</span>", "<td>gaming</td>",
        "<td>0000:01:00.0, .1</td>", "<td>Linux 6.12.0</td>",
        "<td>Debian GNU/Linux 12 (bookworm)</td>", version.c_str(), "<td>--format html</td>",
        ">Configuration</a></td>", "not run: --live tests the card itself"})
    EXPECT_TRUE(has_text(page, part)) << part;
  const size_t next = page.find("<h2>Next step</h2>");
  ASSERT_NE(next, page.npos);
  EXPECT_TRUE(has_text(page.substr(next, 300), "<a href=\"#check-")) << page.substr(next, 300);
  EXPECT_TRUE(has_text(page_of(healthy()), "<span class=\"status pass\">READY</span>"));
  EXPECT_TRUE(has_text(page_of(Inspection{}), "No card is configured."));
}

TEST(Html, LinksLeadSomewhere) {
  const std::string page = page_of(failing());
  const std::regex link("href=\"#([^\"]*)\"");
  int links = 0;
  for (std::sregex_iterator it(page.begin(), page.end(), link), end; it != end; ++it, ++links)
    EXPECT_EQ(count(page, " id=\"" + (*it)[1].str() + "\""), 1) << (*it)[1];
  EXPECT_GT(links, 10);
}

TEST(Html, HasEveryFindingThatIsNotSkipped) {
  const Inspection machine = failing();
  const Findings findings = run_checks(machine);
  const std::string page = before_json(page_of(machine, findings));
  for (const Finding& finding : findings) {
    const bool shown = has_text(
        page, "<code>" + finding.subject + "</code>: " + escaped(finding.evidence) + "</li>");
    EXPECT_EQ(shown, finding.status != Status::kSkip) << finding.id << " " << finding.subject;
  }
}

TEST(Html, OnlyFindingsThatAreNotAPassAreOpen) {
  const Findings findings = {{"bind.driver", kVga, Status::kPass, "passes", ""},
                             {"bind.driver", kAudio, Status::kPass, "passes, too", ""},
                             {"bind.history", kVga, Status::kFail, "fails", "fix it"},
                             {"bind.history", kAudio, Status::kSkip, "is skipped", ""}};
  const std::string page = before_json(page_of(healthy(), findings));
  EXPECT_TRUE(has_text(page,
                       "<details class=\"finding open fail\" id=\"check-bind.history\" "
                       "open=\"open\"><summary><span class=\"status fail\">FAIL</span>"))
      << page;
  EXPECT_TRUE(has_text(page, "<details class=\"finding\" id=\"check-bind.driver\"><summary>"))
      << page;
  EXPECT_EQ(count(page, "<summary>2 passed</summary>"), 1) << page;
  EXPECT_EQ(count(page, " open=\"open\""), 1);
  EXPECT_FALSE(has_text(page, "is skipped")) << "only counted";
  EXPECT_TRUE(has_text(page, "1 failed, 2 passed, 1 skipped")) << page;
}

TEST(Html, ExplainsEachCheckOnce) {
  const Findings findings = {{"iommu.attach", kVga, Status::kPass, "one", ""},
                             {"iommu.attach", kAudio, Status::kPass, "two", ""}};
  const std::string page = page_of(healthy(), findings);
  const auto explanation = explanation_of("iommu.attach");
  ASSERT_TRUE(explanation);
  EXPECT_EQ(count(page, escaped(explanation->question)), 1);
  ASSERT_FALSE(explanation->blocks.empty());
  EXPECT_EQ(count(page, escaped(explanation->blocks.front())), 1);
  EXPECT_EQ(explanation_of("no.such.check"), std::nullopt);
}

TEST(Html, FindingThatWaitsHasALinkInsteadOfARemedy) {
  Findings findings = {{"bind.driver", kVga, Status::kFail, "x", "first"},
                       {.id = "bind.history",
                        .subject = kVga,
                        .status = Status::kFail,
                        .evidence = "y",
                        .remedy = "second",
                        .waits_for = "bind.driver"}};
  const std::string page = before_json(page_of(healthy(), findings));
  EXPECT_TRUE(has_text(page, "<p>Fix <a href=\"#check-bind.driver\">bind.driver</a> first.</p>"));
  EXPECT_TRUE(has_text(page, "<p>first</p>"));
  EXPECT_FALSE(has_text(page, "<p>second</p>"));
}

// WCAG 2.1: "relative luminance" and "contrast ratio".
double luminance(const std::string& colour) {
  double result = 0;
  const double kWeights[] = {0.2126, 0.7152, 0.0722};
  for (size_t i = 0; i < 3; ++i) {
    const double part = std::stoi(colour.substr(1 + 2 * i, 2), nullptr, 16) / 255.0;
    result +=
        kWeights[i] * (part <= 0.03928 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4));
  }
  return result;
}
double contrast(const std::string& one, const std::string& other) {
  const auto [low, high] = std::minmax({luminance(one), luminance(other)});
  return (high + 0.05) / (low + 0.05);
}

using Colours = std::map<std::string, std::string>;
Colours colours_in(const std::string& style) {
  Colours colours;
  const std::regex variable("--([a-z0-9-]+): (#[0-9a-f]{6});");
  for (std::sregex_iterator it(style.begin(), style.end(), variable), end; it != end; ++it)
    colours[(*it)[1]] = (*it)[2];
  return colours;
}

TEST(Html, TextHasContrastInBothSchemes) {
  EXPECT_NEAR(contrast("#ffffff", "#767676"), 4.54, 0.01) << "the example of WCAG";
  const std::string style(page_style());
  const size_t dark = style.find("prefers-color-scheme: dark");
  ASSERT_NE(dark, style.npos);
  for (const Colours& colours :
       {colours_in(style.substr(0, dark)), colours_in(style.substr(dark))}) {
    for (const char* text : {"text", "muted", "link", "pass", "warn", "fail", "unknown"})
      for (const char* back : {"page", "panel"})
        EXPECT_GE(contrast(colours.at(text), colours.at(back)), 4.5) << text << " on " << back;
    for (int i = 0; i < 8; ++i)
      EXPECT_GE(contrast(colours.at("on-group"), colours.at("g" + std::to_string(i))), 4.5) << i;
  }
}

class Output : public testing::Test {
 protected:
  Output() {
    hardware_.add("0000:00:01.0", "", kRootPort, 1)
        .add("0000:01:00.0", "0000:00:01.0", kEndpoint, 4);
    hardware_.tree.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:01:00\n");
  }

  int run(std::vector<const char*> arguments) const {
    arguments.insert(arguments.begin(), "vfio-verify");
    const auto parsed =
        parse_options(commands(), static_cast<int>(arguments.size()), arguments.data());
    if (!parsed.options) return parsed.early_exit->exit_code;
    return parsed.options->command->run(hardware_.tree.root(), *parsed.options);
  }
  std::string path(const char* name) const { return (hardware_.tree.directory() / name).string(); }

  IsolationMachine hardware_;
};

TEST_F(Output, IsWrittenToTheFile) {
  const std::string file = path("report");
  for (const auto& [format, beginning] :
       std::map<const char*, const char*>{{"html", "<!DOCTYPE html>\n"},
                                          {"json", "{\n"},
                                          {"junit", "<?xml"},
                                          {"text", "vfio-verify "},
                                          {"summary", "vfio-verify "}}) {
    EXPECT_LE(run({"--format", format, "-o", file.c_str()}), kExitUnknown);
    const std::string text = hardware_.tree.text("/report");
    EXPECT_TRUE(text.starts_with(beginning)) << format << ": " << text.substr(0, 80);
    EXPECT_EQ(text.find('\033'), text.npos) << format;
  }
  struct stat about = {};
  ASSERT_EQ(::stat(file.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u) << "it has what only root may read";
}

TEST_F(Output, TextIsThatOfAPipe) {
  const std::string file = path("report");
  testing::internal::CaptureStdout();
  const int status = run({"--output", "-"});
  std::fflush(stdout);
  const std::string printed = testing::internal::GetCapturedStdout();
  testing::internal::CaptureStdout();
  EXPECT_EQ(run({"--output", file.c_str()}), status);
  std::fflush(stdout);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(hardware_.tree.text("/report"), printed);
  EXPECT_TRUE(has_text(printed, "iommu.present")) << printed;
}

TEST_F(Output, ErrorsNameTheFile) {
  const auto error_of = [&](const std::string& file, int wanted) {
    testing::internal::CaptureStderr();
    EXPECT_EQ(run({"--format", "html", "-o", file.c_str()}), wanted) << file;
    return testing::internal::GetCapturedStderr();
  };
  EXPECT_EQ(error_of(path("missing/report"), kExitUsage),
            "vfio-verify: no directory " + path("missing") + " found\n");
  for (const std::string& file : {path("etc"), std::string("/dev/full")})
    EXPECT_EQ(error_of(file, kExitUsage),
              "vfio-verify: cannot write " + file + ": it is not a regular file\n");
  EXPECT_EQ(error_of("", kExitUsage), "vfio-verify: the name of the file to write is empty\n");
}

TEST_F(Output, OfSaveAndCaptureIsTestedBeforeTheirWork) {
  for (const std::string command : {"save", "capture"})
    for (const auto& [file, error] : std::map<std::string, std::string>{
             {path("etc"), "cannot write " + path("etc") + ": it is not a regular file"},
             {path("missing/file"), "no directory " + path("missing") + " found"}}) {
      testing::internal::CaptureStderr();
      EXPECT_EQ(run({command.c_str(), file.c_str()}), kExitUsage) << command;
      EXPECT_EQ(testing::internal::GetCapturedStderr(), "vfio-verify: " + error + "\n");
    }
}

// A shell that completes CARD shows no error.
TEST_F(Output, OfCardsHasTheSectionsWithoutSysfs) {
  std::filesystem::remove_all(hardware_.tree.directory() / "sys");
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  EXPECT_EQ(run({"cards"}), kExitUnknown);
  std::fflush(stdout);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "gaming\t/etc/vfio-early.conf:1\n");
  EXPECT_TRUE(has_text(testing::internal::GetCapturedStderr(), "/sys/bus/pci/devices"));
}

TEST_F(Output, IsOnlyForReports) {
  for (const char* command : {"list", "firmware", "setup", "capture"})
    EXPECT_EQ(run({command, "x", "-o", "report"}), kExitUsage) << command;
  EXPECT_EQ(run({"image", "--all", "--format", "html"}), kExitUsage) << "image has no page";
}

}  // namespace
}  // namespace verify
