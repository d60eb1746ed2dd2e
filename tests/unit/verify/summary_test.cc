// SPDX-License-Identifier: GPL-2.0-or-later
//
// The summary on a terminal, and what it must not change: the list in a pipe.
#include <algorithm>
#include <cstdlib>
#include <sstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

#include "host/printable.h"
#include "host/text.h"
#include "host/version.h"
#include "tests/unit/verify/healthy.h"
#include "verify/check/causes.h"
#include "verify/output/terminal.h"
#include "verify/output/wrapped.h"
#include "verify/report/card_verdicts.h"
#include "verify/report/entries.h"
#include "verify/report/next_step.h"
#include "verify/report/report.h"

namespace verify {
namespace {

struct Look {
  size_t width = 80;
  bool colour = false, symbols = false;
};

std::string summary_with(const Inspection& machine, const Findings& findings, Look look = {}) {
  return report_summary({.inspection = machine,
                         .findings = findings,
                         .colour = look.colour,
                         .width = look.width,
                         .symbols = look.symbols});
}

// The summary without --live.
std::string summary_of(Inspection machine, Look look = {}) {
  machine.live.reset();
  const Findings findings = run_checks(machine);
  return summary_with(machine, findings, look);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// The columns of a line: neither escape sequences nor the bytes after the first of a character.
size_t columns_in(const std::string& line) {
  size_t columns = 0;
  for (size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\033')
      at = line.find('m', at);
    else if ((line[at] & 0xc0) != 0x80)
      ++columns;
  }
  return columns;
}

Inspection not_attached() {
  Inspection machine = with_attachment(Step::kSetIommu, EPERM, true);
  machine.interrupts = InterruptChips{.remapped = 0, .direct = 9, .example = "PCI-MSI"};
  machine.machine.command_line = host::CommandLine::parse("intremap=off");
  return machine;
}

Inspection without_card() {
  Inspection machine = healthy();
  machine.functions.clear();
  machine.groups.clear();
  machine.assigned_functions.clear();
  return machine;
}

// A group with the card and `count` USB controllers of a dock, which the host uses, and ports.
Inspection in_large_group(int count) {
  Inspection machine = healthy();
  InspectedGroup& group = machine.groups.front();
  for (int i = 0; i < count; ++i) {
    const std::string bus = fmt::format("0000:{:02x}:00.0", 0x40 + i);
    group.members.push_back(pci_function(bus, {0x8086, 0x15d3, 0, 0}, 0x060400, "pcieport"));
    const std::string usb = fmt::format("0000:{:02x}:00.0", 0x80 + i);
    group.members.push_back(pci_function(usb, {0x1b21, 0x1242, 0, 0}, 0x0c0330, "xhci_hcd"));
  }
  return machine;
}

// A second card, which no driver holds.
Inspection with_second_card() {
  Inspection machine = healthy();
  ConfiguredFunction second = machine.functions.front();
  second.card = "compute";
  second.function.address = *host::PciAddress::parse("0000:02:00.0");
  second.function.driver.clear();
  second.group = 5;
  machine.functions.push_back(second);
  InspectedGroup group = machine.groups.front();
  group.number = 5;
  group.subject = second.address();
  group.members = {second.function};
  machine.groups.push_back(group);
  return machine;
}

TEST(Summary, HealthyMachineHasAtMost25Lines) {
  const std::string text = summary_of(healthy());
  EXPECT_LE(lines_of(text).size(), 25u) << text;
  EXPECT_TRUE(has_text(text, "\nREADY         [gaming] 0000:01:00.0, .1")) << text;
  EXPECT_TRUE(has_text(text, "\nPASS: ready for a guest\n")) << text;
  EXPECT_TRUE(has_text(text, "vfio-verify setup 0000:01:00\n")) << text;
  for (const char* word : {"FAIL", "NOT READY", "warn ", "unknown ", "->"})
    EXPECT_FALSE(has_text(text, word)) << text;
}

// One line for each chapter, with what was found.
TEST(Summary, ChaptersSayWhatWasFound) {
  const std::string text = summary_of(healthy());
  for (const char* line :
       {"\nIOMMU          pass     dmar0 dmar1; group 4 attached (type1 v2)\n",
        "\nInterrupts     pass     23 of 23 interrupts are remapped\n",
        "\nGroup          pass     group 4 has only the card; group 4 is viable\n",
        "\nDriver         pass     vfio-pci",
        "\nCard           pass     D0: awake; it can be reset"})
    EXPECT_TRUE(has_text(text, line)) << line << " in\n" << text;
  for (const Chapter* chapter : chapters()) {
    const auto lines = lines_of(text);
    EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                            [&](const std::string& line) {
                              return line.starts_with(fmt::format("{:<15}", chapter->heading));
                            }),
              1)
        << chapter->heading << " in\n"
        << text;
  }
}

TEST(Summary, NoLineIsLongerThanTheTerminal) {
  for (const size_t width : {size_t{40}, size_t{80}, size_t{120}})
    for (const Inspection& machine : {healthy(), not_attached(), without_card(), without_iommu(),
                                      in_large_group(9), with_second_card(), Inspection{}})
      for (const bool symbols : {false, true})
        for (const std::string& line :
             lines_of(summary_of(machine, {.width = width, .symbols = symbols}))) {
          // The words of a chapter begin further to the right, and must fit.
          const bool is_command = line.find_first_not_of(' ') == 17;
          EXPECT_TRUE(is_command || columns_in(line) <= width) << width << ": " << line;
          EXPECT_FALSE(line.ends_with(' ')) << "'" << line << "'";
        }
}

// A wide terminal is used.
TEST(Summary, WideTerminalHasFewerLines) {
  const Inspection machine = in_large_group(9);
  EXPECT_LT(lines_of(summary_of(machine, {.width = 120})).size(),
            lines_of(summary_of(machine, {.width = 80})).size());
}

TEST(Summary, LongWordsAreBroken) {
  const std::string word(300, 'x');
  const Findings findings = {{"bind.driver", kVga, Status::kFail, word, Remedy(word)}};
  for (const std::string& line : lines_of(summary_with(healthy(), findings)))
    EXPECT_LE(line.size(), 80u) << line;
}

TEST(Summary, OnlyATerminalGetsColourAndSymbols) {
  const std::string plain = summary_of(not_attached());
  EXPECT_FALSE(has_text(plain, "\033")) << plain;
  for (const char* symbol : {"✓", "✗"}) EXPECT_FALSE(has_text(plain, symbol)) << plain;
  const std::string decorated = summary_of(not_attached(), {.colour = true, .symbols = true});
  EXPECT_TRUE(has_text(decorated, "\033[32m✓")) << decorated;
  EXPECT_TRUE(has_text(decorated, "\033[1;31m✗")) << decorated;
}

// Without its colours and symbols, the summary still says everything.
TEST(Summary, StatusIsAlwaysAWord) {
  const std::string text = summary_of(not_attached());
  EXPECT_TRUE(has_text(text, "\nNOT READY     [gaming]")) << text;
  EXPECT_TRUE(has_text(text, "\nInterrupts     FAIL     1 failed, 1 passed\n")) << text;
  EXPECT_TRUE(has_text(text, "\n    FAIL    interrupt remapping is disabled")) << text;
  EXPECT_TRUE(has_text(text, "(irq.remapping)\n            -> remove intremap=off")) << text;
}

TEST(Summary, PassesAreNotListedBelowAChapter) {
  const std::string text = summary_of(not_attached());
  EXPECT_FALSE(has_text(text, "(irq.x2apic)")) << text;
  EXPECT_FALSE(has_text(text, "(bind.driver)")) << text;
}

TEST(Summary, SkippedChecksAreCounted) {
  const Findings findings = {{"iommu.present", kHost, Status::kPass, "dmar0"},
                             {"iommu.width", kVga, Status::kSkip, "not reported"},
                             {"iommu.attach", kVga, Status::kSkip, "not tested"},
                             {"group.viable", kVga, Status::kSkip, "not tested"},
                             {"dma.map", kVga, Status::kSkip, "not tested"},
                             {"dma.overlap", kVga, Status::kSkip, "not tested"},
                             {"guest.qemu", kHost, Status::kSkip, "not installed"}};
  const std::string text = summary_with(healthy(), findings);
  EXPECT_TRUE(has_text(text, "\nIOMMU          pass     dmar0 (2 skipped)\n")) << text;
  EXPECT_FALSE(has_text(text, "not reported")) << text;
  EXPECT_TRUE(has_text(text, "\nNot checked    skip     Group, DMA: not tested (3 skipped)\n"))
      << text;
  EXPECT_TRUE(has_text(text, "\nGuest          skip     not installed (1 skipped)\n")) << text;
}

// A pass of a side check is no proof of the chapter.
TEST(Summary, ChapterIsSkippedIfItsMainChecksAre) {
  const Findings findings = {{"bind.driver", kVga, Status::kSkip, "bound to nvidia"},
                             {"bind.leftovers", kHost, Status::kPass, "no settings"}};
  const std::string text = summary_with(healthy(), findings);
  EXPECT_TRUE(has_text(text, "\nDriver         skip     bound to nvidia (1 passed, 1 skipped)\n"))
      << text;
}

TEST(Summary, QuotesTellGroupsApart) {
  const auto group = [](const char* subject, const char* words) {
    Finding finding = pass(subject, words);
    finding.id = "group.isolated";
    return finding;
  };
  Findings findings = {group(kVga, "group 1"), group(kAudio, "group 2")};
  EXPECT_TRUE(has_text(summary_with(healthy(), findings), "pass     group 1; group 2\n"));
  const Findings long_ones = {findings[0], group(kAudio, std::string(60, 'x').c_str())};
  EXPECT_TRUE(has_text(summary_with(healthy(), long_ones), "pass     group 1 (and 1 more)\n"));
  findings.push_back(group("0000:02:00.0", "group 3"));
  EXPECT_TRUE(has_text(summary_with(healthy(), findings), "pass     group 1 (and 2 more)\n"));
  for (Finding& finding : findings) finding.id = "bar.size";
  EXPECT_TRUE(has_text(summary_with(healthy(), findings), "pass     group 1; group 3\n"));
}

TEST(Summary, MachineWithoutCardIsShort) {
  const std::string text = summary_of(without_card());
  EXPECT_LE(lines_of(text).size(), 35u) << text;
  EXPECT_TRUE(has_text(text, "\nINCONCLUSIVE  no card is configured\n")) << text;
  EXPECT_TRUE(has_text(text, "no card is configured in /etc/vfio-early.conf (bind.plan)")) << text;
  EXPECT_TRUE(has_text(text,
                       "Next: check a card before it is configured:\n        vfio-verify "
                       "0000:01:00\n"))
      << text;
  EXPECT_FALSE(has_text(text, "\nLive ")) << text;
}

// A host driver's functions come first, and at most six are named.
TEST(Summary, LargeGroupNamesSixFunctionsOfTheHost) {
  const Inspection machine = in_large_group(9);
  const Finding finding = only_finding(findings_of("group.isolated", machine));
  EXPECT_EQ(finding.brief,
            "the host uses 9 other functions of group 4: 0000:80:00.0 (xhci_hcd), 0000:81:00.0 "
            "(xhci_hcd), 0000:82:00.0 (xhci_hcd), 0000:83:00.0 (xhci_hcd), 0000:84:00.0 "
            "(xhci_hcd), 0000:85:00.0 (xhci_hcd) and 3 more; 'vfio-verify list 4' prints all 20");
  const std::string text = summary_of(machine, {.width = 120});
  EXPECT_TRUE(has_text(text, "'vfio-verify list 4'")) << text;
  EXPECT_FALSE(has_text(text, "0000:40:00.0")) << "a port: " << text;
  EXPECT_FALSE(has_text(text, "0000:88:00.0")) << "the ninth: " << text;
}

// So do the other formats. `vfio-verify list 4` names every member.
TEST(Summary, OtherFormatsNameSixMembersAndCountTheRest) {
  const Inspection machine = in_large_group(9);
  const Findings findings = run_checks(machine);
  const Report report{.inspection = machine, .findings = findings};
  for (const std::string& text : {report_text(report), report_json(report), report_tap(report)}) {
    for (const char* member : {"0000:80:00.0", "0000:85:00.0"})
      EXPECT_TRUE(has_text(text, member)) << member;
    EXPECT_FALSE(has_text(text, "0000:88:00.0"));
  }
  EXPECT_TRUE(has_text(report_json(report), "more")) << report_json(report);
  const auto json = nlohmann::json::parse(report_json(report));
  for (const auto& finding : json["findings"]) EXPECT_EQ(finding.size(), 5u);
}

TEST(Summary, SmallGroupNamesItsFunction) {
  EXPECT_EQ(only_finding(findings_of("group.isolated", in_large_group(1))).brief,
            "the host uses 0000:80:00.0 (xhci_hcd), which is also in group 4");
  EXPECT_EQ(only_finding(findings_of("group.isolated", healthy())).brief,
            "group 4 has only the card");
}

Finding failing(const char* id, const char* subject, const char* words, const char* remedy) {
  return {id, subject, Status::kFail, words, Remedy(remedy)};
}

std::vector<Entry> joined(const Findings& findings) {
  std::vector<const Finding*> all;
  for (const Finding& finding : findings) all.push_back(&finding);
  return entries_of(all);
}

TEST(Entries, SameWordsAndRemedyAreOne) {
  const Findings findings = {failing("bind.driver", kVga, "no driver", "claim it"),
                             failing("bind.driver", kAudio, "no driver", "claim it")};
  ASSERT_EQ(joined(findings).size(), 1u);
  const std::string text = summary_with(healthy(), findings);
  EXPECT_TRUE(has_text(text, "    FAIL    0000:01:00.0, .1: no driver (bind.driver)\n")) << text;
  EXPECT_EQ(text.find("claim it"), text.rfind("claim it")) << text;
}

TEST(Entries, AnyDifferenceKeepsThemApart) {
  const Finding one = failing("bind.driver", kVga, "no driver", "claim it");
  Finding warns = failing("bind.driver", kAudio, "no driver", "claim it");
  warns.status = Status::kWarn;
  for (const Finding& other : {failing("bind.driver", kAudio, "nouveau", "claim it"),
                               failing("bind.driver", kAudio, "no driver", "reboot"),
                               failing("bind.override", kAudio, "no driver", "claim it"), warns})
    EXPECT_EQ(joined({one, other}).size(), 2u) << other.id << " " << other.evidence;
}

TEST(Entries, PassedAndSkippedAreLeftOut) {
  EXPECT_TRUE(joined({pass(kVga, "it passes"), skip(kVga, "not tested")}).empty());
}

// The sentence of a warning is kept.
TEST(Entries, WaitingWarningHasItsWords) {
  Finding waits = warn(kHost, "a container", "fix iommu.present first");
  waits.waits_for = "iommu.present";
  const auto entries = joined({waits});
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].words, "a container");
  EXPECT_EQ(entries[0].remedy.str(), "fix iommu.present first");
}

// What waits for one check is one line, of any check.
TEST(Entries, WaitingFindingsAreOne) {
  const Inspection machine = without_iommu();
  const std::string text = summary_of(machine, {.width = 120});
  EXPECT_TRUE(has_text(text, "fix iommu.present first (")) << text;
  for (const std::string& line : lines_of(text))
    EXPECT_FALSE(has_text(line, "see iommu.present")) << line;
  EXPECT_EQ(
      joined({failing("dma.map", kVga, "x", "y"), failing("dma.high", kVga, "x", "y")}).size(), 2u)
      << "they do not wait";
}

TEST(Entries, AddressesOfOneSlotAreShort) {
  EXPECT_EQ(short_addresses({kVga}), "0000:01:00.0");
  EXPECT_EQ(short_addresses({kVga, kAudio, "0000:02:00.0", "0000:02:00.3"}),
            "0000:01:00.0, .1, 0000:02:00.0, .3");
  EXPECT_EQ(short_addresses({kHost}), "host");
  EXPECT_EQ(short_addresses({}), "");
  std::vector<std::string> many;
  for (int i = 0; i < 20; ++i) many.push_back(fmt::format("0000:{:02x}:00.0", i));
  const std::string text = short_addresses(many);
  EXPECT_TRUE(text.ends_with("0000:05:00.0 and 14 more")) << text;
}

TEST(Cards, EachHasItsVerdict) {
  const Inspection machine = with_second_card();
  const auto cards = card_verdicts(machine, {failing("bind.driver", "0000:02:00.0", "x", "y")});
  ASSERT_EQ(cards.size(), 2u);
  EXPECT_EQ(cards[0].verdict, Status::kPass);
  EXPECT_EQ(cards[0].addresses, (std::vector<std::string>{kVga, kAudio}));
  EXPECT_EQ(cards[1].name, "compute");
  EXPECT_EQ(cards[1].verdict, Status::kFail);
  const std::string text = summary_of(machine);
  EXPECT_TRUE(has_text(text, "\nREADY         [gaming] ")) << text;
  EXPECT_TRUE(has_text(text, "\nNOT READY     [compute] ")) << text;
}

TEST(Cards, HostAndGroupCountForAll) {
  Inspection machine = with_second_card();
  for (const auto& card : card_verdicts(machine, {failing("iommu.present", kHost, "x", "y")}))
    EXPECT_EQ(card.verdict, Status::kFail) << card.name;
  // The second card is in the group of the first, which is the subject of its findings.
  machine.functions.back().group = 4;
  for (const auto& card : card_verdicts(machine, {failing("group.isolated", kVga, "x", "y")}))
    EXPECT_EQ(card.verdict, Status::kFail) << card.name;
}

// A mistake in one section does not concern the other card.
TEST(Cards, RefusedSectionIsItsOwn) {
  Inspection machine = healthy();
  machine.refusals = {{.card = "second", .file = "/etc/vfio-early.conf", .why = "no such key"},
                      {.card = "away", .file = "/etc/vfio-early.conf", .awaited = true}};
  const auto cards = card_verdicts(machine, run_checks(machine));
  ASSERT_EQ(cards.size(), 3u);
  EXPECT_EQ(cards[0].verdict, Status::kPass);
  EXPECT_EQ(cards[1].verdict, Status::kFail);
  EXPECT_EQ(cards[2].verdict, Status::kUnknown);
  EXPECT_TRUE(has_text(summary_of(machine), "\nNOT READY     [second] no function found\n"));
  machine.refusals = {{.card = "", .file = "/etc/vfio-early.conf", .why = "cannot be read"}};
  EXPECT_EQ(card_verdicts(machine, run_checks(machine))[0].verdict, Status::kFail)
      << "a whole file concerns all cards";
}

TEST(NextStep, IsTheFirstFailure) {
  const Inspection machine = healthy();
  Findings findings = {unknown(kVga, "a", Remedy("look:", {"dmesg"})),
                       fail(kVga, "b", "replace it"), fail(kVga, "c", "later")};
  findings[0].id = "iommu.faults";
  findings[1].id = "group.isolated";
  findings[2].id = "group.viable";
  EXPECT_EQ(next_step({.inspection = machine, .findings = findings}).words,
            "fix group.isolated, then run vfio-verify again");
  findings[1].waits_for = "group.viable";
  EXPECT_EQ(next_step({.inspection = machine, .findings = findings}).check, "group.viable");
  findings[2].waits_for = "bind.later";  // which only warns
  EXPECT_EQ(next_step({.inspection = machine, .findings = findings}).words,
            "fix group.viable, then run vfio-verify again")
      << "the first of those that wait";
  findings.resize(1);
  EXPECT_EQ(next_step({.inspection = machine, .findings = findings}).words, "look:");
  EXPECT_EQ(next_step({.inspection = machine, .findings = findings}).command, "dmesg");
  findings[0].decides = false;
  EXPECT_EQ(next_step({.inspection = machine, .findings = findings}).command,
            "vfio-verify setup 0000:01:00");
  const Inspection two = with_second_card();
  EXPECT_EQ(next_step({.inspection = two, .findings = findings}).command, "vfio-verify setup CARD");
}

// Another function is a card of its own: its slot would stand for the functions beside it, too.
TEST(NextStep, NamesOtherDevicesByTheirAddress) {
  Inspection machine = healthy();
  machine.functions.resize(1);
  const auto disk = pci_function("0000:01:00.0", {0x144d, 0xa808, 0, 0}, 0x010802, "vfio-pci");
  machine.machine.functions = {disk};
  machine.functions.front().function = disk;
  EXPECT_EQ(next_step({.inspection = machine, .findings = {}}).command,
            "vfio-verify setup 0000:01:00.0");
}

// From another user's capture, or from a card's name.
TEST(Summary, HasNoControlSequences) {
  Inspection machine = healthy();
  machine.functions[0].card = "my\033[31mcard\n";
  machine.platform.name = "evil\033]0;x\a";
  machine.machine.kernel_release = "6\033[2J";
  machine.refusals = {{.card = "\033[32mgreen", .file = "x", .why = "\033[1m"}};
  const Finding evil = {"reset.method", kVga, Status::kWarn, "by \033]0;x\a\xff\u202e",
                        Remedy("say\033[2J", {"ls\033[2J\n  rm -rf /"})};
  Finding passed = pass("0000:01:00.0\033[2J", "\033[31mred\xff");
  passed.id = "iommu.present";
  for (const bool symbols : {false, true}) {
    const std::string text =
        summary_with(machine, {evil, passed}, {.width = 80, .symbols = symbols});
    EXPECT_EQ(text.find_first_of("\033\a\xff"), text.npos) << text;
    EXPECT_FALSE(has_text(text, "\u202e")) << text;
    EXPECT_EQ(host::printable(text), text) << text;
    EXPECT_TRUE(has_text(text, "[my?[31mcard ]")) << "no line feed: " << text;
    EXPECT_TRUE(has_text(text, "\n                 ls?[2J   rm -rf /\n")) << text;
  }
}

// As before there was a summary.
constexpr const char* kList =
    R"(: [gaming] 0000:01:00.0 0000:01:00.1
Linux 6.12.0 on Debian GNU/Linux 12 (bookworm)

IOMMU
  pass    iommu.present host         dmar0
  pass    iommu.domain  0000:01:00.0
          identity: no translation for the host; a guest replaces it

Group
  warn    group.path    0000:01:00.0 0000:00:01.0 and others
          -> move it:
               lspci -nn
  FAIL    group.viable  0000:01:00.0 group 4 is not viable: see bind.driver
          -> fix bind.driver first

Driver
  FAIL    bind.driver   0000:01:00.0
          bound to nouveau; the configured driver is vfio-pci
          -> claim it
  FAIL    bind.driver   0000:01:00.1 not bound to a driver
          -> as above

Live
  Not run: --live tests DMA and interrupts of the card itself.

FAIL: not ready for a guest. Fix the failed checks, from the top
(2 passed, 1 warned, 3 failed, 1 skipped)
)";

// Programs read the list from a pipe: this is its form, letter by letter.
TEST(Text, FormIsStable) {
  Inspection machine = healthy();
  machine.live.reset();
  Finding waits = caused_by("bind.driver", fail(kVga, "group 4 is not viable", "unbind it"));
  Findings findings = {
      pass(kHost, "dmar0"),
      pass(kVga, "identity: no translation for the host; a guest replaces it"),
      in_brief("never printed",
               warn(kVga, "0000:00:01.0 and others", Remedy("move it:", {"lspci -nn"}))),
      waits,
      fail(kVga, "bound to nouveau; the configured driver is vfio-pci", "claim it"),
      fail(kAudio, "not bound to a driver", "claim it"),
      skip(kHost, "no --live")};
  const char* const ids[] = {"iommu.present", "iommu.domain", "group.path", "group.viable",
                             "bind.driver",   "bind.driver",  "dma.read"};
  for (size_t i = 0; i < findings.size(); ++i) findings[i].id = ids[i];
  resolve_causes(findings);
  EXPECT_EQ(report_text({.inspection = machine, .findings = findings, .width = 120}),
            fmt::format("vfio-verify {}{}", host::kVersion, kList));
}

// Eight "as above" in a row hid which check must be fixed first.
TEST(Text, EachWaitingFindingNamesWhatIsFixedFirst) {
  Findings findings = {fail(kHost, "no IOMMU", "enable it")};
  findings[0].id = "iommu.present";
  for (const char* subject : {kVga, kAudio}) {
    findings.push_back(caused_by("iommu.present", fail(subject, "bound to nouveau", "claim it")));
    findings.back().id = "bind.driver";
  }
  resolve_causes(findings);
  const Inspection machine = healthy();
  const std::string text = report_text({.inspection = machine, .findings = findings, .width = 80});
  EXPECT_FALSE(has_text(text, "as above")) << text;
  const std::string fix = "-> fix iommu.present first\n";
  EXPECT_NE(text.find(fix), text.rfind(fix)) << text;
}

// A terminal of this width.
class Terminal {
 public:
  explicit Terminal(unsigned short columns) : fd_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    const winsize size = {.ws_row = 25, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    EXPECT_EQ(::ioctl(fd_, TIOCSWINSZ, &size), 0);
  }
  ~Terminal() { ::close(fd_); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

TEST(TerminalWidth, IsThatOfTheTerminalWithinLimits) {
  for (const auto& [columns, expected] : std::vector<std::pair<unsigned short, size_t>>{
           {80, 80}, {120, 120}, {100, 100}, {200, 120}, {65535, 120}, {0, 80}, {1, 40}}) {
    const Terminal terminal(columns);
    EXPECT_TRUE(is_terminal(terminal.fd()));
    EXPECT_EQ(columns_of(terminal.fd()), expected) << columns;
  }
}

TEST(TerminalWidth, FileHasEightyColumns) {
  const int file = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  EXPECT_EQ(columns_of(file), 80u);
  EXPECT_FALSE(is_terminal(file));
  ::close(file);
  EXPECT_EQ(columns_of(-1), 80u);
}

TEST(Symbols, NeedATerminalAndUtf8) {
  EXPECT_TRUE(wants_symbols(true, "xterm-256color", "de_DE.UTF-8"));
  EXPECT_TRUE(wants_symbols(true, "screen", "C.utf8"));
  EXPECT_FALSE(wants_symbols(false, "xterm", "C.UTF-8")) << "not a terminal";
  EXPECT_FALSE(wants_symbols(true, "linux", "C.UTF-8")) << "its font has no check mark";
  EXPECT_FALSE(wants_symbols(true, "dumb", "C.UTF-8"));
  EXPECT_FALSE(wants_symbols(true, nullptr, "C.UTF-8"));
  for (const char* locale : {"C", "POSIX", "de_DE", "de_DE.ISO-8859-1", "", ".", "UTF-8"})
    EXPECT_FALSE(wants_symbols(true, "xterm", locale)) << locale;
  EXPECT_FALSE(wants_symbols(true, "xterm", nullptr));
}

TEST(Shortened, EndsAfterAWordIfThatIsNear) {
  EXPECT_EQ(shortened("one two", 7), "one two");
  EXPECT_EQ(shortened("with its bus, which also", 20), "with its bus...");
  EXPECT_EQ(shortened("with its bus which also", 21), "with its bus which...");
  EXPECT_EQ(shortened("a 0123456789abcdefghij", 18), "a 0123456789abc...") << "a long word is cut";
  EXPECT_EQ(shortened("0123456789", 8), "01234...");
  for (size_t bytes = 8; bytes < 40; ++bytes) {
    const std::string text =
        shortened("\u00e9\u00e9, \u4e2d\u4e2d \u00e9\u00e9 \u4e2d: \u00e9", bytes);
    EXPECT_LE(text.size(), bytes);
    EXPECT_EQ(host::printable(text), text) << "a character was cut";
  }
}

TEST(Wrapped, CutsAtCharacters) {
  EXPECT_EQ(cut("abc  ", 80), "abc");
  EXPECT_EQ(cut("a\u00e9\u00e9", 4), "a\u00e9");
  EXPECT_EQ(cut("abc", 0), "");
  EXPECT_EQ(with_short_words("abcdef gh", 4), "abcd ef gh");
  EXPECT_EQ(with_short_words("\u00e9\u00e9\u00e9", 3), "\u00e9 \u00e9 \u00e9");
  EXPECT_EQ(with_short_words("", 4), "");
  EXPECT_EQ(with_short_words("\u4e2d", 1), "\u4e2d") << "a character is never broken";
}

}  // namespace
}  // namespace verify
