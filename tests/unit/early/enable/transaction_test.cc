// SPDX-License-Identifier: GPL-2.0-or-later
//
// enable as a whole or not at all, and disable back to the byte.
#include "early/enable/transaction.h"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

#include "early/lock.h"
#include "tests/unit/early/enable/changed_machine.h"

namespace early::enable {
namespace {

using Names = std::vector<std::string>;

class TransactionTest : public InMemoryTest {
 protected:
  Outcome enable_card() { return enable(machine_.root(), proposal_, machine_.actions()); }
  Outcome disable_card(const std::optional<std::string>& card = {}, Edited edited = Edited::kKeep) {
    return disable(machine_.root(), card, machine_.actions(), edited);
  }
  Outcome recover_all() { return recover(machine_.root(), machine_.actions()); }
  std::optional<Ledger> ledger() { return *read_ledger(machine_.root()); }

  void expect_undone(const Outcome& outcome, const std::string& failure) {
    ASSERT_TRUE(outcome.failure);
    EXPECT_EQ(describe(*outcome.failure), failure);
    EXPECT_TRUE(outcome.as_before());
    EXPECT_EQ(machine_.snapshot(), original_);
  }
  void expect_enabled() {
    EXPECT_EQ(machine_.text(ChangedMachine::kDropIn), "GRUB_TIMEOUT=5\n");
    EXPECT_FALSE(machine_.exists(ChangedMachine::kOld));
    EXPECT_NE(machine_.text("/boot/initrd.img").find("[gaming]"), std::string::npos);
    EXPECT_EQ(machine_.text("/boot/kernel-options"), "quiet intel_iommu=on");
  }
  size_t runs_of(const std::string& program) const {
    return static_cast<size_t>(std::count(machine_.ran().begin(), machine_.ran().end(), program));
  }

  ChangedMachine machine_;
  FakeTree& tree_ = machine_.tree();
  Proposal proposal_ = ChangedMachine::first_card();
  const Snapshot original_ = machine_.snapshot();
};

TEST_F(TransactionTest, DisableTakesBackEverything) {
  EXPECT_TRUE(enable_card().done());
  expect_enabled();
  const auto written = ledger();
  ASSERT_TRUE(written);
  EXPECT_EQ(written->state, State::kEnabled);
  EXPECT_FALSE(written->rebuild_began);
  EXPECT_EQ(written->entries.size(), 6u);
  EXPECT_TRUE(disable_card().done());
  EXPECT_EQ(machine_.snapshot(), original_);
}

TEST_F(TransactionTest, LedgerHoldsNoText) {
  ASSERT_TRUE(enable_card().done());
  const std::string text = machine_.text(kLedgerFile);
  EXPECT_EQ(text.find("GRUB_TIMEOUT"), text.npos);
  EXPECT_EQ(text.find("blacklist"), text.npos);
  EXPECT_EQ(machine_.mode(kLedgerFile), 0600u);
}

TEST_F(TransactionTest, ChangeOfNothingIsLeftOut) {
  proposal_.changes = {
      FileChange{"", ChangedMachine::kGrub, ChangedMachine::kGrubText, ChangedMachine::kGrubText},
      ChangedMachine::section("gaming")};
  ASSERT_TRUE(enable_card().done());
  EXPECT_EQ(ledger()->entries.size(), 1u);
}

TEST_F(TransactionTest, CheckWritesNothing) {
  EXPECT_TRUE(check(machine_.root(), proposal_));
  EXPECT_EQ(machine_.snapshot(), original_);
}

TEST_F(TransactionTest, RefusesEditedFileBeforeAnyChange) {
  tree_.file(ChangedMachine::kLinked, "HOOKS=(mine)\n");
  const Snapshot edited = machine_.snapshot();
  machine_.forget_runs();
  EXPECT_FALSE(check(machine_.root(), proposal_));
  const Outcome outcome = enable_card();
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(describe(*outcome.failure),
            "/etc/mkinitcpio.d/default.conf was changed by the user or by another program");
  EXPECT_EQ(machine_.snapshot(), edited);
  EXPECT_EQ(machine_.ran(), Names{});
}

TEST_F(TransactionTest, RefusesTheSameFileTwice) {
  proposal_.changes.push_back(
      FileChange{"", ChangedMachine::kLinked, "HOOKS=(base udev)\n", "other\n"});  // by a link
  const Outcome outcome = enable_card();
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->step, "change /etc/mkinitcpio.d/default.conf twice");
  EXPECT_EQ(machine_.snapshot(), original_);
}

TEST_F(TransactionTest, FailedThirdChangeUndoesTheOthers) {
  proposal_.changes.insert(proposal_.changes.begin() + 2,
                           CommandChange{"", "fail", {{"none"}}, {}});
  machine_.forget_runs();
  expect_undone(enable_card(), "run none: No such file or directory");
  EXPECT_EQ(runs_of("build-image"), 0u);  // no image was touched
}

// A file in place of the directory, which another program writes after the proposal was made.
TEST_F(TransactionTest, FailedFileUndoesTheOthers) {
  const std::string blocking = "/etc/vfio-early.conf.d";
  proposal_.changes.insert(proposal_.changes.begin(), CommandChange{"", "block", {{"block"}}, {}});
  Actions actions = machine_.actions();
  actions.run = [&](const host::Command& command) {
    if (command.front() == "block") tree_.file(blocking, "");
    return command.front() == "block" ? host::Result<void>() : machine_.run(command);
  };
  const Outcome outcome = enable(machine_.root(), proposal_, actions);
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->code, ENOTDIR) << outcome.failure->step;
  ASSERT_TRUE(machine_.root().remove(blocking));
  EXPECT_TRUE(recover_all().done());
  EXPECT_EQ(machine_.snapshot(), original_);
}

TEST_F(TransactionTest, FailedRebuildUndoesAndRebuildsAgain) {
  machine_.forget_runs();
  machine_.let_fail("build-image");
  Outcome outcome = enable_card();
  EXPECT_EQ(describe(*outcome.failure), "run build-image: exit status 1");
  // It fails for the old files as well: the images may be wrong, so the ledger stays.
  ASSERT_EQ(outcome.leftovers.size(), 1u);
  EXPECT_EQ(outcome.leftovers[0].what, "the images");
  EXPECT_FALSE(outcome.as_before());
  EXPECT_EQ(machine_.text(ChangedMachine::kGrub), ChangedMachine::kGrubText);
  ASSERT_TRUE(ledger());
  EXPECT_TRUE(ledger()->entries.empty());
  EXPECT_FALSE(check(machine_.root(), proposal_));

  machine_.let_fail("");
  EXPECT_TRUE(recover_all().done());
  EXPECT_EQ(machine_.snapshot(), original_);
}

TEST_F(TransactionTest, FailedSecondRebuildCommandRebuildsAll) {
  proposal_.rebuild.push_back({"none"});
  machine_.forget_runs();
  const Outcome outcome = enable_card();
  EXPECT_EQ(describe(*outcome.failure), "run none: No such file or directory");
  EXPECT_EQ(runs_of("build-image"), 2u);
}

TEST_F(TransactionTest, WrongImageUndoesAndRebuildsAgain) {
  machine_.let_image_be_wrong();
  expect_undone(enable_card(), "the image lacks vfio-early");
}

TEST_F(TransactionTest, InterruptionIsAFailedStep) {
  for (size_t programs = 0; programs < 3; ++programs) {
    machine_.forget_runs();
    machine_.interrupt_after(programs);
    expect_undone(enable_card(), "interrupted by the user");
  }
  machine_.forget_runs();
  machine_.interrupt_after(3);  // two programs run
  EXPECT_TRUE(enable_card().done());
}

TEST_F(TransactionTest, FailedCommandIsUndone) {
  proposal_.changes.push_back(
      CommandChange{"", "two steps", {{"add-option"}, {"none"}}, {{"remove-option"}}});
  expect_undone(enable_card(), "run none: No such file or directory");
}

TEST_F(TransactionTest, CommandThatDidNotBeginIsNotUndone) {
  proposal_.changes = {CommandChange{"", "fail", {{"none"}}, {}},
                       CommandChange{"", "later", {{"add-option"}}, {{"remove-option"}}}};
  machine_.forget_runs();
  EXPECT_TRUE(enable_card().as_before());
  EXPECT_EQ(machine_.ran(), Names{"none"});
}

TEST_F(TransactionTest, ReplacedProgramBuildsTheImages) {
  proposal_.rebuild = {{"old-program"}};
  Actions actions = machine_.actions();
  actions.run = [&](const host::Command& command) {
    return machine_.run(command.front() == "old-program" ? host::Command{"build-image"} : command);
  };
  ASSERT_TRUE(enable(machine_.root(), proposal_, actions).done());
  actions = machine_.actions();
  actions.rebuild_now = [](const std::vector<host::Command>& recorded) {
    EXPECT_EQ(recorded, std::vector<host::Command>{{"old-program"}});
    return std::vector<host::Command>{{"build-image"}};
  };
  EXPECT_TRUE(disable(machine_.root(), {}, actions).done());
  EXPECT_EQ(machine_.snapshot(), original_);
}

// It ends all the same: nothing is left that a second run could do.
TEST_F(TransactionTest, NoProgramBuildsTheImages) {
  ASSERT_TRUE(enable_card().done());
  Actions actions = machine_.actions();
  actions.rebuild_now = [](const std::vector<host::Command>&) {
    return host::Error{0, "build-image is not installed any more"};
  };
  const Outcome outcome = disable(machine_.root(), {}, actions);
  EXPECT_FALSE(outcome.done());
  EXPECT_FALSE(outcome.failure);
  ASSERT_TRUE(outcome.not_rebuilt);
  EXPECT_EQ(describe(*outcome.not_rebuilt), "build-image is not installed any more");
  EXPECT_FALSE(machine_.exists(ChangedMachine::kDropIn));
  EXPECT_FALSE(machine_.exists(kLedgerDirectory));
}

TEST_F(TransactionTest, FailedUndoCommandStaysInTheLedger) {
  ASSERT_TRUE(enable_card().done());
  machine_.let_fail("remove-option");
  const Outcome outcome = disable_card();
  ASSERT_EQ(outcome.leftovers.size(), 1u);
  EXPECT_EQ(outcome.leftovers[0].what, "add intel_iommu=on");
  ASSERT_EQ(ledger()->entries.size(), 1u);
  EXPECT_FALSE(machine_.exists(ChangedMachine::kDropIn));  // the rest is taken back
  machine_.let_fail("");
  EXPECT_TRUE(disable_card().done());
  EXPECT_EQ(machine_.snapshot(), original_);
}

// Which of its words the user wants to keep is not certain.
TEST_F(TransactionTest, DisableLeavesAnEditedLine) {
  ASSERT_TRUE(enable_card().done());
  tree_.file(ChangedMachine::kDropIn, "GRUB_TIMEOUT=5 GRUB_DEFAULT=1\n");
  const Outcome outcome = disable_card();
  EXPECT_FALSE(outcome.done());
  EXPECT_FALSE(outcome.failure);
  ASSERT_EQ(outcome.leftovers.size(), 1u);
  EXPECT_TRUE(outcome.leftovers[0].why.step.starts_with(ChangedMachine::kDropIn));
  EXPECT_EQ(outcome.leftovers[0].diff, std::string("--- ") + ChangedMachine::kDropIn +
                                           "\n+++ /dev/null\n@@ -1 +0,0 @@\n-GRUB_TIMEOUT=5\n");
  EXPECT_EQ(machine_.text(ChangedMachine::kDropIn), "GRUB_TIMEOUT=5 GRUB_DEFAULT=1\n");
  EXPECT_EQ(machine_.text(ChangedMachine::kGrub), ChangedMachine::kGrubText);
  ASSERT_TRUE(ledger());
  EXPECT_EQ(ledger()->state, State::kDisabling);
  ASSERT_EQ(ledger()->entries.size(), 1u);
  EXPECT_EQ(ledger()->entries[0].file, ChangedMachine::kDropIn);

  // The user takes the edit back, and the change with it or not.
  tree_.file(ChangedMachine::kDropIn, "GRUB_TIMEOUT=5\n");
  EXPECT_TRUE(disable_card().done());
  EXPECT_EQ(machine_.snapshot(), original_);
}

TEST_F(TransactionTest, EditedLineCanBeForgotten) {
  ASSERT_TRUE(enable_card().done());
  const std::string edited = ChangedMachine::kGrubText + "GRUB_CMDLINE_LINUX=iommu=pt # mine\n";
  tree_.file(ChangedMachine::kGrub, edited);
  EXPECT_FALSE(disable_card().done());
  EXPECT_TRUE(disable_card({}, Edited::kForget).done());
  EXPECT_EQ(machine_.text(ChangedMachine::kGrub), edited);
  EXPECT_FALSE(machine_.exists(kLedgerDirectory));
}

TEST_F(TransactionTest, ChangeThatTheUserTookBackIsUndone) {
  ASSERT_TRUE(enable_card().done());
  tree_.file(ChangedMachine::kGrub, "mine\n");
  const Outcome outcome = disable_card();
  EXPECT_TRUE(outcome.done());
  EXPECT_EQ(outcome.notes, Names{"/etc/default/grub no longer has the change of `vfio-early "
                                 "enable`: it counts as undone."});
  EXPECT_EQ(machine_.text(ChangedMachine::kGrub), "mine\n");
  EXPECT_FALSE(machine_.exists(kLedgerDirectory));
}

TEST_F(TransactionTest, OurLinesAreTakenOutOfAnEditedFile) {
  ASSERT_TRUE(enable_card().done());
  const unsigned mode = machine_.mode(ChangedMachine::kGrub);
  const std::string enabled = machine_.text(ChangedMachine::kGrub);
  tree_.file(ChangedMachine::kGrub, enabled + "GRUB_TIMEOUT=1\n");
  const Outcome outcome = disable_card();
  EXPECT_TRUE(outcome.done());
  EXPECT_EQ(outcome.notes, Names{"/etc/default/grub was edited since: only the lines of "
                                 "`vfio-early enable` were undone."});
  EXPECT_EQ(machine_.text(ChangedMachine::kGrub), ChangedMachine::kGrubText + "GRUB_TIMEOUT=1\n");
  EXPECT_EQ(machine_.mode(ChangedMachine::kGrub), mode);
  EXPECT_FALSE(machine_.exists(kLedgerDirectory));
}

TEST_F(TransactionTest, ForgottenFileKeepsOurLines) {
  ASSERT_TRUE(enable_card().done());
  const std::string edited = machine_.text(ChangedMachine::kGrub) + "GRUB_TIMEOUT=1\n";
  tree_.file(ChangedMachine::kGrub, edited);
  EXPECT_TRUE(disable_card({}, Edited::kForget).done());
  EXPECT_EQ(machine_.text(ChangedMachine::kGrub), edited);
}

// What follows a section belongs to it.
TEST_F(TransactionTest, SectionWithMoreKeysStays) {
  ASSERT_TRUE(enable_card().done());
  const std::string file = ChangedMachine::section_file("gaming");
  tree_.file(file, "[gaming]\ndriver = auto\n");
  EXPECT_FALSE(disable_card().done());
  EXPECT_EQ(machine_.text(file), "[gaming]\ndriver = auto\n");
  ASSERT_EQ(ledger()->entries.size(), 1u);
}

TEST_F(TransactionTest, MissingCopyIsNotForgotten) {
  ASSERT_TRUE(enable_card().done());
  ASSERT_TRUE(machine_.root().remove(ledger()->entries[0].before_copy()));
  const Outcome outcome = disable_card({}, Edited::kForget);
  ASSERT_EQ(outcome.leftovers.size(), 1u);
  EXPECT_TRUE(outcome.leftovers[0].why.step.ends_with(ChangedMachine::kGrub));
  EXPECT_EQ(ledger()->entries.size(), 1u);
}

TEST_F(TransactionTest, FileThatTheUserRemovedIsTakenBackAlready) {
  ASSERT_TRUE(enable_card().done());
  std::filesystem::remove_all(tree_.directory() / "etc/default/grub.d");
  EXPECT_TRUE(disable_card().done());
  EXPECT_EQ(machine_.snapshot(), original_);
}

TEST_F(TransactionTest, SecondDisableDoesNothing) {
  ASSERT_TRUE(enable_card().done());
  ASSERT_TRUE(disable_card().done());
  machine_.forget_runs();
  EXPECT_TRUE(disable_card().done());
  EXPECT_TRUE(recover_all().done());
  EXPECT_EQ(machine_.ran(), Names{});
  EXPECT_EQ(machine_.snapshot(), original_);
}

TEST_F(TransactionTest, DirectoryWithOtherFilesStays) {
  ASSERT_TRUE(enable_card().done());
  tree_.file("/etc/default/grub.d/mine.cfg", "mine\n");
  EXPECT_TRUE(disable_card().done());
  EXPECT_EQ(*machine_.root().list("/etc/default/grub.d"), Names{"mine.cfg"});
  EXPECT_FALSE(machine_.exists("/etc/vfio-early.conf.d"));
  EXPECT_FALSE(machine_.exists(kLedgerDirectory));
}

TEST_F(TransactionTest, DirectoryOfTheUserStaysAlthoughEmpty) {
  std::filesystem::create_directories(tree_.directory() / "etc/vfio-early.conf.d");
  ASSERT_TRUE(enable_card().done());
  EXPECT_TRUE(disable_card().done());
  EXPECT_TRUE(machine_.exists("/etc/vfio-early.conf.d"));
}

class TwoCards : public TransactionTest {
 protected:
  TwoCards() {
    EXPECT_TRUE(enable_card().done());
    one_ = machine_.snapshot();
    EXPECT_TRUE(enable(machine_.root(), machine_.second_card(), machine_.actions()).done());
  }
  Snapshot one_;
};

TEST_F(TwoCards, SharedChangesStayForTheOtherCard) {
  EXPECT_TRUE(disable_card("video").done());
  EXPECT_EQ(machine_.snapshot(), one_);
  EXPECT_TRUE(disable_card("gaming").done());
  EXPECT_EQ(machine_.snapshot(), original_);
}

// The first card's run created the shared changes and the directory.
TEST_F(TwoCards, CardsMayBeDisabledInAnyOrder) {
  EXPECT_TRUE(disable_card("gaming").done());
  EXPECT_EQ(machine_.text(ChangedMachine::kDropIn), "GRUB_TIMEOUT=5\n");
  EXPECT_EQ(*machine_.root().list("/etc/vfio-early.conf.d"), Names{"video.conf"});
  EXPECT_EQ(ledger()->state, State::kEnabled);
  EXPECT_TRUE(disable_card("video").done());
  EXPECT_EQ(machine_.snapshot(), original_);
}

TEST_F(TwoCards, AllAreDisabledWithoutACard) {
  EXPECT_TRUE(disable_card().done());
  EXPECT_EQ(machine_.snapshot(), original_);
}

TEST_F(TwoCards, UnknownCardChangesNothing) {
  const Snapshot both = machine_.snapshot();
  machine_.forget_runs();
  EXPECT_TRUE(disable_card("other").done());
  EXPECT_EQ(machine_.snapshot(), both);
  EXPECT_EQ(machine_.ran(), Names{});
}

TEST_F(TwoCards, FailedThirdCardKeepsBoth) {
  const Snapshot both = machine_.snapshot();
  machine_.let_image_be_wrong();
  const Proposal third{{ChangedMachine::section("third")}, {{"build-image"}}};
  EXPECT_TRUE(enable(machine_.root(), third, machine_.actions()).as_before());
  EXPECT_EQ(machine_.snapshot(), both);
}

TEST_F(TwoCards, RefusesAFileOfAnotherCard) {
  const std::string file = ChangedMachine::section_file("gaming");
  const Proposal third{{FileChange{"third", file, "[gaming]\n", "[gaming]\n[third]\n"}}, {}};
  const auto checked = check(machine_.root(), third);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().step,
            "/etc/vfio-early.conf.d/gaming.conf was changed for the card gaming already: first run "
            "`vfio-early disable gaming`");
}

// By removing its section: the shared changes do not stay for it.
TEST_F(TwoCards, CardThatWasDisabledByHandIsDisabled) {
  ASSERT_TRUE(machine_.root().remove(ChangedMachine::section_file("video")));
  EXPECT_TRUE(disable_card("gaming").done());
  EXPECT_EQ(machine_.snapshot(), original_);
}

TEST_F(TwoCards, FileThatWasRemovedByHandIsFreeForAnotherCard) {
  const std::string file = ChangedMachine::section_file("video");
  ASSERT_TRUE(machine_.root().remove(file));
  const Proposal third{{FileChange{"third", file, {}, "[third]\n"}}, {{"build-image"}}};
  ASSERT_TRUE(check(machine_.root(), third));
  ASSERT_TRUE(enable(machine_.root(), third, machine_.actions()).done());
  EXPECT_EQ(machine_.text(file), "[third]\n");
  EXPECT_TRUE(disable_card("third").done());
  EXPECT_FALSE(machine_.exists(file));
  EXPECT_TRUE(disable_card().done());
  EXPECT_EQ(machine_.snapshot(), original_);
}

TEST_F(TwoCards, SharedChangesMayStay) {
  const auto disable_all = [&](Shared shared) {
    return disable(machine_.root(), {}, machine_.actions(), Edited::kKeep, shared);
  };
  EXPECT_TRUE(disable_all(Shared::kStay).done());
  EXPECT_EQ(machine_.text(ChangedMachine::kDropIn), "GRUB_TIMEOUT=5\n");
  EXPECT_FALSE(machine_.exists("/etc/vfio-early.conf.d"));
  ASSERT_TRUE(ledger());
  EXPECT_EQ(ledger()->state, State::kEnabled);
  EXPECT_EQ(ledger()->entries.size(), 5u);
  machine_.forget_runs();
  EXPECT_TRUE(disable_all(Shared::kStay).done());
  EXPECT_EQ(machine_.ran(), Names{});
  EXPECT_TRUE(disable_all(Shared::kWithLastCard).done());
  EXPECT_EQ(machine_.snapshot(), original_);
}

TEST_F(TwoCards, SecondChangeOfASharedFileIsTakenBackFirst) {
  const std::string first = machine_.text(ChangedMachine::kGrub);
  const Proposal more{{FileChange{"", ChangedMachine::kGrub, first, first + "more\n"}}, {}};
  ASSERT_TRUE(enable(machine_.root(), more, machine_.actions()).done());
  EXPECT_TRUE(disable_card().done());
  EXPECT_EQ(machine_.snapshot(), original_);
}

TEST_F(TransactionTest, DamagedLedgerStopsEverything) {
  ASSERT_TRUE(enable_card().done());
  tree_.file(kLedgerFile, "{");
  const Snapshot damaged = machine_.snapshot();
  machine_.forget_runs();
  for (const Outcome& outcome : {enable_card(), disable_card(), recover_all()}) {
    ASSERT_TRUE(outcome.failure);
    EXPECT_TRUE(outcome.failure->step.starts_with(std::string(kLedgerFile) + " is damaged"));
  }
  EXPECT_EQ(machine_.snapshot(), damaged);
  EXPECT_EQ(machine_.ran(), Names{});
}

TEST_F(TransactionTest, UnwritableLedgerChangesNothing) {
  tree_.file("/var/lib/vfio-early/enable", "");  // not a directory
  const Snapshot before = machine_.snapshot();
  const Outcome outcome = enable_card();
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->code, ENOTDIR);
  EXPECT_EQ(machine_.snapshot(), before);
}

TEST_F(TransactionTest, EnableRequiresRecoveryFirst) {
  ASSERT_TRUE(enable_card().done());
  Ledger unfinished = *ledger();
  unfinished.state = State::kEnabling;
  unfinished.rebuild_began = true;
  for (Entry& entry : unfinished.entries) entry.settled = false;
  ASSERT_TRUE(write_ledger(machine_.root(), unfinished));
  EXPECT_EQ(enable_card().failure->code, EBUSY);
  EXPECT_TRUE(recover_all().done());
  EXPECT_EQ(machine_.snapshot(), original_);
}

TEST_F(TransactionTest, LockIsItsOwn) {
  tree_.file("/run/vfio-early/lock", "");
  const auto lock = take_lock(machine_.root(), 0, kLock);
  EXPECT_TRUE(lock);
  EXPECT_TRUE(machine_.exists(kLock));
}

TEST(RunProgram, ReportsTheLastErrorLine) {
  EXPECT_TRUE(run_program({"/bin/true"}));
  // 5 MiB, and then the line that matters
  const auto much = [](const std::string& end) {
    return run_program({"/bin/sh", "-c", "head -c 5242880 /dev/zero >&2; " + end});
  };
  EXPECT_TRUE(much("true"));
  EXPECT_EQ(much("echo >&2; echo no space >&2; exit 3").error().step,
            "run /bin/sh: exit status 3: no space");
  const auto failed = run_program({"/bin/sh", "-c", "echo no space >&2; exit 3"});
  ASSERT_FALSE(failed);
  EXPECT_EQ(describe(failed.error()), "run /bin/sh: exit status 3: no space");
}

}  // namespace
}  // namespace early::enable
