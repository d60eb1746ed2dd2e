// SPDX-License-Identifier: GPL-2.0-or-later
//
// The output of the program: exit codes, text and JSON reports, options, and the man page.
#include "verify/report/report.h"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "host/version.h"
#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"
#include "verify/answer.h"
#include "verify/check/image.h"
#include "verify/commands.h"
#include "verify/options.h"
#include "verify/output/colour.h"

namespace verify {
namespace {

Finding finding_with(Status status) {
  return {"bind.driver", kVga, status, "evidence", ""};
}

// The report without --live.
std::string text_of(Inspection machine, bool colour = false) {
  machine.live.reset();
  const Findings findings = run_checks(machine);
  return report_text({{}, machine, findings, colour});
}

nlohmann::json json_of(const Inspection& machine) {
  const Findings findings = run_checks(machine);
  return nlohmann::json::parse(report_json({{"--format", "json"}, machine, findings}), nullptr,
                               false);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

Inspection failing() {
  Inspection machine = with_attachment(Step::kSetIommu, EPERM, true);
  machine.interrupts = InterruptChips{.remapped = 0, .direct = 9, .example = "PCI-MSI"};
  machine.machine.command_line = host::CommandLine::parse("intremap=off");
  return machine;
}

TEST(Verdict, FailOutranksUnknown) {
  using S = Status;
  EXPECT_EQ(verdict({}), S::kPass);
  EXPECT_EQ(verdict({finding_with(S::kPass), finding_with(S::kWarn), finding_with(S::kSkip)}),
            S::kPass);
  EXPECT_EQ(verdict({finding_with(S::kPass), finding_with(S::kUnknown)}), S::kUnknown);
  EXPECT_EQ(verdict({finding_with(S::kFail), finding_with(S::kUnknown), finding_with(S::kPass)}),
            S::kFail);
  EXPECT_EQ(exit_code(S::kPass), 0);
  EXPECT_EQ(exit_code(S::kFail), 1);
  EXPECT_EQ(exit_code(S::kUnknown), 2);
}

// From another user's capture, or from a card's name: control characters must not reach the
// terminal.
TEST(Text, HasNoControlSequences) {
  Inspection machine = healthy();
  machine.functions[0].card = "my\033[31mcard";
  const Finding evil = {"reset.method", kVga, Status::kWarn, "by \033]0;x\a\xff",
                        "say\n  ls\033[2J"};
  const std::string text = report_text({.inspection = machine, .findings = {evil}});
  EXPECT_EQ(text.find('\033'), text.npos) << text;
  EXPECT_EQ(text.find('\xff'), text.npos) << text;
  EXPECT_TRUE(has_text(text, "my")) << text;
}

// A section without a number, and --live without --cycles.
TEST(Verdict, WhatNothingAsksForKeepsPassComplete) {
  Inspection machine = healthy();
  machine.expectations.clear();
  for (LiveTrial& trial : *machine.live) trial.endurance.reset();
  for (const char* id : {"bind.expected", "reset.endurance"})
    EXPECT_EQ(findings_of(id, machine).at(0).status, Status::kSkip) << id;
  EXPECT_TRUE(has_text(text_of(machine), "PASS: ready for a guest")) << text_of(machine);
}

// A sleeping card on a healthy machine: the ROM is unknown, and at worst it would be a warning.
TEST(Verdict, AdvisoryCheckDoesNotDecide) {
  Inspection machine = healthy();
  machine.functions[0].hardware.rom.state = hardware::OptionRom::State::kAsleep;
  const Findings findings = run_checks(machine);
  EXPECT_EQ(std::count_if(findings.begin(), findings.end(),
                          [](const Finding& f) { return f.status == Status::kUnknown; }),
            1);
  EXPECT_EQ(verdict(findings), Status::kPass);
  EXPECT_EQ(report_text({.inspection = machine, .findings = findings, .quiet = true}), "");
  const std::string text = text_of(machine);
  EXPECT_TRUE(has_text(text, "PASS: all checks that could be run passed")) << text;
  EXPECT_TRUE(has_text(text, "1 inconclusive")) << text;
  EXPECT_EQ(json_of(machine)["verdict"], "pass");

  machine.functions[0].hardware.registers_error = host::Error{EAGAIN, "it sleeps in D3cold"};
  EXPECT_EQ(verdict(run_checks(machine)), Status::kUnknown) << "whether it answers decides";
}

// A check that only advises never fails.
TEST(Checks, AdvisoryChecksNeverFail) {
  Inspection broken = failing();
  for (ConfiguredFunction& function : broken.functions) {
    function.hardware = {};
    function.hardware.registers_error = host::Error{EIO, "read its registers"};
  }
  broken.tables = {{"/sys/firmware/acpi/tables/DMAR", host::Error{EINVAL, "parse it"}}};
  broken.lockdown = std::string("none integrity [confidentiality]");
  broken.guest = guest::Readiness{};
  for (const Inspection& machine : {failing(), broken, without_iommu(), Inspection{}})
    for (const Finding& finding : run_checks(machine))
      EXPECT_TRUE(finding.decides || finding.status != Status::kFail) << finding.id;
}

TEST(Checks, HealthyMachinePassesAll) {
  for (const Finding& finding : run_checks(healthy()))
    EXPECT_EQ(finding.status, Status::kPass) << finding.id << ": " << finding.evidence;
}

TEST(Checks, EmptyMachineGetsEveryFinding) {
  Inspection machine;
  machine.configuration_file = "/etc/vfio-early.conf";
  std::set<std::string> answered;
  for (const Finding& finding : run_checks(machine)) {
    EXPECT_NE(finding.status, Status::kPass) << finding.id;
    EXPECT_NE(finding.evidence, "") << finding.id;
    answered.insert(finding.id);
  }
  EXPECT_EQ(answered.size(), checks().size());
}

TEST(Checks, FailedAndUnknownHaveRemedies) {
  Inspection unprivileged = with_attachment(Step::kOpenGroup, EACCES);
  unprivileged.kernel_log = host::Error{EPERM, "open /dev/kmsg"};
  for (const Inspection& machine : {failing(), unprivileged, Inspection{}}) {
    for (const Finding& finding : run_checks(machine)) {
      const bool open = finding.status == Status::kFail || finding.status == Status::kUnknown;
      EXPECT_EQ(open, !finding.remedy.empty()) << finding.id << ": " << finding.evidence;
    }
  }
}

TEST(Json, HasArgumentsMachineAndVerdict) {
  const auto json = json_of(healthy());
  EXPECT_EQ(json["program"], "vfio-verify");
  EXPECT_EQ(json["version"], host::kVersion);
  EXPECT_EQ(json["arguments"], nlohmann::json({"--format", "json"}));
  EXPECT_EQ(json["kernel"], "6.12.0");
  EXPECT_EQ(json["boot_id"], "this-boot");
  EXPECT_EQ(json["distribution"], "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(json["cards"].dump(),
            R"([{"functions":["0000:01:00.0","0000:01:00.1"],"name":"gaming"}])");
  EXPECT_EQ(json["verdict"], "pass");
  EXPECT_EQ(json_of(failing())["verdict"], "fail");
}

TEST(Json, AFindingHasExactlyFiveKeys) {
  const auto json = json_of(failing());
  ASSERT_TRUE(json["findings"].is_array());
  for (const auto& finding : json["findings"]) {
    EXPECT_EQ(finding.size(), 5u);
    for (const char* key : {"id", "subject", "status", "evidence", "remedy"})
      EXPECT_TRUE(finding.contains(key) && finding[key].is_string()) << key;
  }
}

TEST(Json, InvalidUtf8KeepsItValid) {
  Inspection machine = healthy();
  machine.functions[0].card = "gam\xff\x01ing";
  EXPECT_TRUE(json_of(machine).is_object());
}

TEST(Text, FitsEightyColumnsWithoutTrailingBlanks) {
  for (const Inspection& machine : {healthy(), failing(), with_attachment(Step::kOpenGroup, EBUSY)})
    for (const std::string& line : lines_of(text_of(machine))) {
      EXPECT_LE(line.size(), 80u) << line;
      EXPECT_FALSE(line.ends_with(' ')) << "'" << line << "'";
    }
}

TEST(Text, HasChaptersAndVerdict) {
  const std::string text = text_of(healthy());
  EXPECT_TRUE(has_text(text, "\nIOMMU\n  pass    iommu.present    host         dmar0 dmar1\n"))
      << text;
  EXPECT_TRUE(has_text(text, "\nPASS: ready for a guest\n")) << text;
  EXPECT_FALSE(has_text(text, "\033")) << "colour without a terminal";
}

TEST(Text, CommandsAreOnTheirOwnLines) {
  const std::string text = text_of(failing());
  EXPECT_TRUE(has_text(text, "\n  FAIL    irq.remapping    host")) << text;
  EXPECT_TRUE(has_text(text, "\n            update-grub\n") || has_text(text, "  update-grub\n"))
      << text;
  EXPECT_TRUE(has_text(text, "\nFAIL: not ready for a guest")) << text;
}

TEST(Text, IsColouredOnRequest) {
  EXPECT_TRUE(has_text(text_of(healthy(), true), "\033[32mpass   \033[0m bind.plan"));
}

TEST(Colour, NeedsACapableTerminal) {
  EXPECT_TRUE(wants_colour(true, "xterm-256color", nullptr));
  EXPECT_TRUE(wants_colour(true, "linux", "")) << "an empty NO_COLOR is not set";
  EXPECT_FALSE(wants_colour(false, "xterm", nullptr)) << "not a terminal";
  EXPECT_FALSE(wants_colour(true, "xterm", "1"));
  EXPECT_FALSE(wants_colour(true, "dumb", nullptr));
  EXPECT_FALSE(wants_colour(true, "", nullptr));
  EXPECT_FALSE(wants_colour(true, nullptr, nullptr));
}

ParsedOptions parse(std::vector<const char*> words) {
  words.insert(words.begin(), "vfio-verify");
  return parse_options(commands(), static_cast<int>(words.size()), words.data());
}

TEST(Options, AcceptCardsAndHaveDefaults) {
  const auto parsed = parse({"gaming", "spare"});
  ASSERT_TRUE(parsed.options);
  EXPECT_EQ(parsed.options->operands, (std::vector<std::string>{"gaming", "spare"}));
  EXPECT_EQ(parsed.options->configuration_file, "/etc/vfio-early.conf");
  EXPECT_EQ(parsed.options->arguments, parsed.options->operands);
  EXPECT_TRUE(parsed.options->scope(*host::Root::open()).live);
}

TEST(Options, ACapturedTreeIsNotLive) {
  FakeTree captured;
  EXPECT_FALSE(parse({}).options->scope(captured.root()).live);
  EXPECT_FALSE(parse({}).options->scope(*host::Root::open_tree("/")).live);
}

TEST(Options, PassiveChecksOpenNoDevice) {
  const auto live = host::Root::open();
  EXPECT_TRUE(parse({"--passive"}).options->scope(*live).passive);
  EXPECT_FALSE(parse({"--quick"}).options->scope(*live).passive);
  Facts facts;
  facts.groups.push_back({.number = 4, .subject = kVga});
  const Trials passive = run_trials(*live, facts, {.passive = true});
  EXPECT_FALSE(passive.kvm);
  EXPECT_EQ(passive.attachment(facts.groups[0]).ended_at, Step::kNotTried);
  EXPECT_EQ(passive.attachment(facts.groups[0]).reason,
            "not tested: no device is opened with --passive");
}

TEST(Options, ExpiryHasAUnit) {
  for (const auto& [text, seconds] : std::map<const char*, uint64_t>{
           {"90s", 90}, {"90min", 5400}, {"2h", 7200}, {"2 h", 7200}, {"1d", 86400}})
    EXPECT_EQ(parse({"--format", "nfd", "--expires-after", text}).options->expires_after, seconds);
  const auto now = static_cast<int64_t>(std::time(nullptr));
  EXPECT_GE(*expiry_of(*parse({"--format", "nfd", "--expires-after", "2h"}).options), now + 7200);
  EXPECT_FALSE(expiry_of(*parse({"--format", "nfd"}).options));
}

// Other users' programs read these two formats. Every other report is for its owner only.
TEST(ModeOfOutput, PublishedFormatsAreReadableByAll) {
  const std::string file = testing::TempDir() + "report-mode-" + std::to_string(::getpid());
  const mode_t before = ::umask(0077);
  for (const Format& format : formats()) {
    const auto options = parse({"--format", format.name, "-o", file.c_str()}).options;
    ASSERT_EQ(write_report("text", kExitPass, *options), kExitPass);
    struct stat about = {};
    ASSERT_EQ(::stat(file.c_str(), &about), 0);
    const bool published =
        format.name == std::string("prometheus") || format.name == std::string("nfd");
    EXPECT_EQ(about.st_mode & 07777, published ? 0644u : 0600u) << format.name;
  }
  ::umask(before);
  ::unlink(file.c_str());
}

TEST(Options, CapturedTreeRejectsLiveCommands) {
  for (const char* root : {"/", "captured", ""})
    for (const char* here : {"--live", "save", "after-update"}) {
      const auto parsed = parse({"--root", root, here});
      ASSERT_TRUE(parsed.early_exit) << here << " " << root;
      EXPECT_EQ(parsed.early_exit->exit_code, kExitUsage);
      EXPECT_TRUE(has_text(parsed.early_exit->error, "leave out --root"))
          << parsed.early_exit->error;
    }
  EXPECT_TRUE(parse({"--root", "captured", "diff"}).options);
}

TEST(Options, EveryMistakeIsAUsageError) {
  for (const auto& words :
       std::vector<std::vector<const char*>>{{"--nonsense"},
                                             {"--format", "yaml"},
                                             {"--format"},
                                             {"--config"},
                                             {"--root"},
                                             {"list", "--format", "junit"},
                                             {"cards", "gaming"},
                                             {"gaming", "cards"},
                                             {"--passive", "--live"},
                                             {"--expires-after", "2h"},
                                             {"--format", "json", "--expires-after", "2h"},
                                             {"--format", "nfd", "--expires-after", "2"},
                                             {"--format", "nfd", "--expires-after", "0h"},
                                             {"--format", "nfd", "--expires-after", "-2h"},
                                             {"--format", "nfd", "--expires-after", "2 weeks"},
                                             {"--format", "nfd", "--expires-after", "999d"},
                                             {"after-update", "gaming"},
                                             {"--format", "json", "setup", "gaming"}}) {
    const auto parsed = parse(words);
    ASSERT_TRUE(parsed.early_exit) << words[0];
    EXPECT_EQ(parsed.early_exit->exit_code, 64) << words[0];
    EXPECT_NE(parsed.early_exit->error, "") << words[0];
  }
}

TEST(Options, CommandRejectsOptionThatItDoesNotTake) {
  for (const auto& words : std::vector<std::vector<const char*>>{{"list", "--live"},
                                                                 {"image", "--passive"},
                                                                 {"--quick", "setup", "gaming"},
                                                                 {"save", "--quiet"},
                                                                 {"firmware", "--config", "a"},
                                                                 {"capture", "x", "--user", "a"}}) {
    const auto parsed = parse(words);
    ASSERT_TRUE(parsed.early_exit) << words[0];
    EXPECT_EQ(parsed.early_exit->exit_code, kExitUsage);
    EXPECT_TRUE(has_text(parsed.early_exit->error, "' does not take --"))
        << parsed.early_exit->error;
  }
  EXPECT_TRUE(parse({"diff", "-q"}).options);
  EXPECT_TRUE(parse({"list", "--format", "json", "--root", "a"}).options);
}

// A terminal gets the summary, a pipe the list, unless the user chose.
TEST(Options, TerminalGetsTheSummary) {
  const auto format = [](const std::vector<const char*>& words, bool terminal) {
    const auto parsed = parse(words);
    return parsed.options ? parsed.options->format_on(terminal) : parsed.early_exit->error;
  };
  EXPECT_EQ(format({}, true), "summary");
  EXPECT_EQ(format({}, false), "text");
  for (const bool terminal : {true, false}) {
    EXPECT_EQ(format({"--verbose"}, terminal), "text");
    EXPECT_EQ(format({"-v", "gaming"}, terminal), "text");
    EXPECT_EQ(format({"--quiet"}, terminal), "text");
    EXPECT_EQ(format({"--format", "text"}, terminal), "text");
    EXPECT_EQ(format({"--format", "summary"}, terminal), "summary");
    EXPECT_EQ(format({"--format", "json"}, terminal), "json");
    EXPECT_EQ(format({"--format", "json", "--quiet"}, terminal), "json");
  }
}

TEST(Options, ContradictionsAreUsageErrors) {
  for (const auto& words :
       std::vector<std::vector<const char*>>{{"--verbose", "--quiet"},
                                             {"-v", "--format", "text"},
                                             {"-v", "--format", "json"},
                                             {"-q", "--format", "summary"},
                                             {"list", "--verbose"},
                                             {"image", "x", "--verbose"},
                                             {"image", "x", "--format", "summary"},
                                             {"list", "--format", "summary"},
                                             {"list", "1", "2"}}) {
    const auto parsed = parse(words);
    ASSERT_TRUE(parsed.early_exit) << words[0] << " " << words[1];
    EXPECT_EQ(parsed.early_exit->exit_code, kExitUsage) << words[0];
  }
}

TEST(Options, ForceAndBackendNeedLive) {
  EXPECT_TRUE(parse({"--force"}).early_exit);
  EXPECT_TRUE(parse({"--backend", "type1"}).early_exit);
  EXPECT_TRUE(parse({"--live", "--force", "--backend", "type1"}).options);
}

TEST(Options, FirmwareAcceptsTableFiles) {
  const auto parsed = parse({"--format", "json", "firmware", "a.bin", "b.bin"});
  ASSERT_TRUE(parsed.options);
  EXPECT_STREQ(parsed.options->command->name, "firmware");
  EXPECT_EQ(parsed.options->operands, (std::vector<std::string>{"a.bin", "b.bin"}));
  EXPECT_EQ(parse({"firmware", "a.bin", "--format", "json"}).options->format, "json");
  EXPECT_STREQ(parse({"gaming"}).options->command->name, "check");
}

TEST(Options, HelpAndVersionSucceed) {
  for (const char* word : {"--help", "--version"}) {
    const auto parsed = parse({word});
    ASSERT_TRUE(parsed.early_exit);
    EXPECT_EQ(parsed.early_exit->exit_code, 0);
    EXPECT_TRUE(has_text(parsed.early_exit->out, "vfio-verify"));
  }
}

// The ids in the man page, in its order.
std::vector<std::string> ids_on_page() {
  std::ifstream page(VFIO_VERIFY_PAGE);
  std::vector<std::string> ids;
  for (std::string line; std::getline(page, line);)
    if (line.size() > 2 && line.starts_with("*") && line.ends_with("*") && has_text(line, ".") &&
        !has_text(line, " "))
      ids.push_back(line.substr(1, line.size() - 2));
  return ids;
}

TEST(ManPage, ListsExactlyTheChecksOfTheTable) {
  std::vector<std::string> ids;
  for (const Check& check : checks()) ids.emplace_back(check.id);
  for (const ImageCheck& check : image_checks()) ids.emplace_back(check.id);
  EXPECT_EQ(ids_on_page(), ids);
}

TEST(ManPage, ListsAdvisoryChecks) {
  std::ifstream file(VFIO_VERIFY_PAGE);
  std::stringstream page;
  page << file.rdbuf();
  const std::string text = page.str();
  const size_t from = text.find("Such are "), to = text.find("# JSON");
  ASSERT_LT(from, to);
  for (const Check& check : checks())
    EXPECT_EQ(has_text(text.substr(from, to - from), check.id), check.weight == Weight::kAdvises)
        << check.id;
}

TEST(ManPage, NamesEveryOption) {
  std::ifstream file(VFIO_VERIFY_PAGE);
  std::stringstream page;
  page << file.rdbuf();
  for (const char* option : {"--config", "--root", "--format", "--quiet", "--verbose", "--live",
                             "--force", "--list-checks", "--version", "--guest-memory", "--user",
                             "--quick", "--passive", "--expires-after"})
    EXPECT_TRUE(has_text(page.str(), "*" + std::string(option) + "*")) << option;
}

}  // namespace
}  // namespace verify
