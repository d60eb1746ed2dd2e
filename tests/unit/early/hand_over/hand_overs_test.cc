// SPDX-License-Identifier: GPL-2.0-or-later
//
// The file that undoes a claim, the time that a card may be unused, and which hooks may run.
#include "early/hand_over/hand_overs.h"

#include <filesystem>

#include "early/hand_over/hooks.h"
#include "early/hand_over/watch.h"
#include "record/record.h"
#include "tests/unit/fake_tree.h"

namespace early::hand_over {
namespace {

HandOvers sample() {
  HandOver gaming = {.card = "gaming",
                     .phase = Phase::kReleasing,
                     .functions = {{*host::PciAddress::parse("0000:01:00.0"), "nouveau"},
                                   {*host::PciAddress::parse("0000:01:00.1"), ""}},
                     .stopped = {"nvidia-persistenced.service"},
                     .consoles = {"vtcon1"},
                     .framebuffers = {"simple-framebuffer.0 simple-framebuffer"},
                     .domain = "win11",
                     .watched = true,
                     .unused_since_ns = 12,
                     .problem = "a driver hangs"};
  return {{gaming, {.card = "second"}}};
}

TEST(HandOvers, AreReadAsWritten) {
  FakeTree tree;
  tree.file("/run/vfio-early/lock", "");
  EXPECT_EQ(*read_hand_overs(tree.root()), HandOvers());
  ASSERT_TRUE(write_hand_overs(tree.root(), sample()));
  EXPECT_EQ(*read_hand_overs(tree.root()), sample());
  ASSERT_TRUE(write_hand_overs(tree.root(), {}));
  EXPECT_FALSE(tree.root().exists(kHandOverFile));
}

TEST(HandOvers, DamagedFileIsRefused) {
  const std::string whole = to_json(sample());
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = whole;
    return text.replace(text.find(from), from.size(), to);
  };
  EXPECT_TRUE(hand_overs_from_json(whole));
  for (const std::string& text :
       {std::string(), std::string("[]"), changed("\"format\": 1", "\"format\": 2"),
        changed("releasing", "sleeping"), changed("0000:01:00.0", "01"),
        changed("\"nouveau\"", "\"../nouveau\""), changed("\"vtcon1\"", "\"../x\""),
        changed("\"watched\": true", "\"watched\": 1"), changed("\"stopped\"", "\"begun\"")})
    EXPECT_FALSE(hand_overs_from_json(text)) << text;
  HandOvers twice = sample();
  twice.all.push_back(twice.all.front());
  EXPECT_FALSE(hand_overs_from_json(to_json(twice)));
}

// The message names the file, the member and the remedy. No name of a file may leave its directory.
TEST(HandOvers, InvalidMemberIsNamed) {
  const auto refusal = [](auto change) {
    HandOvers hand_overs = sample();
    change(hand_overs.all[0]);
    const auto read = hand_overs_from_json(to_json(hand_overs));
    return read ? std::string() : read.error().step;
  };
  const auto damaged = [](const std::string& member) {
    return "/run/vfio-early/hand-over.json is damaged: '" + member +
           "' is missing or invalid. Remedy: remove it, and run `vfio-early release CARD`";
  };
  EXPECT_EQ(refusal([](HandOver&) {}), "");
  for (const char* text : {"", "simple-framebuffer.0", "../../x simple-framebuffer",
                           "simple-framebuffer.0 ../x", "simple-framebuffer.0 a b",
                           "simple-framebuffer.0 .", "/sys/x.0 x", "serial8250 serial8250"})
    EXPECT_EQ(refusal([&](HandOver& card) { card.framebuffers = {text}; }), damaged("framebuffers"))
        << text;
  for (const char* text : {"", "vtcon", "vtcon1/..", "vtcon-1", "vtcon64", "fb0"})
    EXPECT_EQ(refusal([&](HandOver& card) { card.consoles = {text}; }), damaged("consoles"))
        << text;
  for (const char* text :
       {"", "--root=x.service", "/x.service", "reboot.target", "a b.service", "a\n.service"})
    EXPECT_EQ(refusal([&](HandOver& card) { card.stopped = {text}; }), damaged("stopped")) << text;
  for (const char* text : {"", "a\nb"})
    EXPECT_EQ(refusal([&](HandOver& card) { card.card = text; }), damaged("card")) << text;
  EXPECT_EQ(refusal([](HandOver& card) { card.unused_since_ns = -1; }), damaged("unused_since_ns"));
  EXPECT_EQ(refusal([](HandOver& card) { card.functions[0].driver = "../x"; }),
            damaged("functions"));
}

TEST(HandOvers, ListsHaveLimit) {
  for (const size_t count : {256u, 257u}) {
    HandOvers hand_overs = {{{.card = "a"}}};
    hand_overs.all[0].stopped.assign(count, "x.service");
    EXPECT_EQ(hand_overs_from_json(to_json(hand_overs)).has_value(), count == 256) << count;
    hand_overs = {{{.card = "a"}}};
    hand_overs.all[0].functions.assign(count, {});
    EXPECT_EQ(hand_overs_from_json(to_json(hand_overs)).has_value(), count == 256) << count;
    hand_overs.all.clear();
    for (size_t i = 0; i < count; ++i) hand_overs.all.push_back({.card = std::to_string(i)});
    EXPECT_EQ(hand_overs_from_json(to_json(hand_overs)).has_value(), count == 256) << count;
  }
}

TEST(HandOvers, NumberTooLargeIsRefused) {
  std::string text = to_json(sample());
  const std::string time = "\"unused_since_ns\": 12";
  for (const char* number : {"18446744073709551615", "9223372036854775808", "1e99", "0.5"}) {
    std::string changed = text;
    changed.replace(changed.find(time), time.size(), "\"unused_since_ns\": " + std::string(number));
    EXPECT_FALSE(hand_overs_from_json(changed)) << number;
  }
}

TEST(HandOvers, TimeInFutureIsRefused) {
  FakeTree tree;
  tree.file("/run/vfio-early/lock", "");
  HandOvers hand_overs = sample();
  hand_overs.all[0].unused_since_ns = record::boot_time_ns() + int64_t{3600} * 1'000'000'000;
  ASSERT_TRUE(write_hand_overs(tree.root(), hand_overs));
  const auto read = read_hand_overs(tree.root());
  ASSERT_FALSE(read);
  EXPECT_TRUE(
      read.error().step.starts_with("/run/vfio-early/hand-over.json is damaged: "
                                    "'unused_since_ns' of gaming is in the future. Remedy"))
      << read.error().step;
}

TEST(HandOvers, LargeFileIsRefused) {
  FakeTree tree;
  tree.file(kHandOverFile, std::string(2 << 20, ' '));
  const auto read = read_hand_overs(tree.root());
  ASSERT_FALSE(read);
  EXPECT_TRUE(
      read.error().step.ends_with("larger than 1 MiB. Remedy: remove it, and run "
                                  "`vfio-early release CARD`"))
      << read.error().step;
}

// What could not be read again is not written: no later command could undo it.
TEST(HandOvers, OnlyWhatCanBeReadIsWritten) {
  FakeTree tree;
  tree.file("/run/vfio-early/lock", "");
  HandOvers hand_overs = sample();
  hand_overs.all[0].stopped.push_back("x.target");
  EXPECT_FALSE(write_hand_overs(tree.root(), hand_overs));
  EXPECT_FALSE(tree.root().exists(kHandOverFile));
}

TEST(Watch, UnusedCardIsGivenBackAfterLimit) {
  HandOver card = {.unused_since_ns = 100};
  EXPECT_EQ(judge_use(card, false, 100 + kUnusedNanoseconds), Watch::kNothing);
  EXPECT_EQ(judge_use(card, false, 101 + kUnusedNanoseconds), Watch::kGiveBack);
}

TEST(Watch, UsedCardStays) {
  HandOver card = {.unused_since_ns = 100};
  EXPECT_EQ(judge_use(card, true, 200), Watch::kChanged);
  EXPECT_EQ(judge_use(card, true, 100 + 2 * kUnusedNanoseconds), Watch::kNothing);
  // The limit begins again when the guest ends.
  EXPECT_EQ(judge_use(card, false, 3 * kUnusedNanoseconds), Watch::kChanged);
  EXPECT_EQ(judge_use(card, false, 4 * kUnusedNanoseconds), Watch::kNothing);
  EXPECT_EQ(judge_use(card, false, 4 * kUnusedNanoseconds + 1), Watch::kGiveBack);
}

class UseTest : public testing::Test {
 protected:
  UseTest() {
    tree_.function("0000:01:00.0", "10DE:1B81", "30000", "vfio-pci").group(7, {"0000:01:00.0"});
    card_.functions = {{*host::PciAddress::parse("0000:01:00.0"), "nouveau"}};
  }

  FakeTree tree_;
  HandOver card_ = {.card = "gaming", .domain = "win"};
};

TEST_F(UseTest, OpenGroupIsUse) {
  EXPECT_FALSE(is_used(tree_.root(), card_));
  tree_.link("/proc/70/fd/4", "/dev/vfio/8");
  EXPECT_FALSE(is_used(tree_.root(), card_));
  tree_.link("/proc/70/fd/5", "/dev/vfio/7");
  EXPECT_TRUE(is_used(tree_.root(), card_));
}

TEST_F(UseTest, LivingDomainIsUse) {
  tree_.file("/run/libvirt/qemu/win.pid", "900");
  EXPECT_FALSE(is_used(tree_.root(), card_));
  tree_.file("/proc/900/comm", "cron\n");  // the number of a process that ended
  EXPECT_FALSE(is_used(tree_.root(), card_));
  tree_.file("/proc/900/comm", "qemu-system-x86\n");
  EXPECT_TRUE(is_used(tree_.root(), card_));
  card_.domain = "../qemu/win";
  EXPECT_FALSE(is_used(tree_.root(), card_));
}

class HooksTest : public testing::Test {
 protected:
  void hook(const std::string& name, unsigned mode) {
    const std::string path = std::string(kHooksDirectory) + "/" + name;
    tree_.file(path, "#!/bin/sh\n");
    std::filesystem::permissions(tree_.directory() / path.substr(1),
                                 static_cast<std::filesystem::perms>(mode));
  }

  FakeTree tree_;
};

TEST_F(HooksTest, ExecutablesRunInOrder) {
  EXPECT_TRUE(find_hooks(tree_.root()).safe.empty());
  hook("20-second", 0755);
  hook("10-first", 0700);
  hook("README", 0644);
  hook(".20-second.swp", 0777);
  tree_.link(std::string(kHooksDirectory) + "/30-removed", "/nowhere");
  EXPECT_EQ(find_hooks(tree_.root()).safe,
            (std::vector<std::string>{"/etc/vfio-early/hooks.d/10-first",
                                      "/etc/vfio-early/hooks.d/20-second"}));
  EXPECT_TRUE(find_hooks(tree_.root()).refused.empty());
}

// The others still run: a release must start again what they have stopped.
TEST_F(HooksTest, OnlyWritableHookIsRefused) {
  hook("10-first", 0755);
  hook("20-second", 0775);
  hook("30-third", 0757);
  hook("40-fourth", 0755);
  const Hooks hooks = find_hooks(tree_.root());
  EXPECT_EQ(hooks.safe, (std::vector<std::string>{"/etc/vfio-early/hooks.d/10-first",
                                                  "/etc/vfio-early/hooks.d/40-fourth"}));
  ASSERT_EQ(hooks.refused.size(), 2u);
  EXPECT_EQ(hooks.refused[0].step,
            "other users can write to /etc/vfio-early/hooks.d/20-second. Remedy: run `chmod go-w "
            "/etc/vfio-early/hooks.d/20-second`");
  const auto problems = run_hooks(tree_.root(), {.card = "gaming"}, kAfterRelease);
  ASSERT_EQ(problems.size(), 2u);
  EXPECT_EQ(problems[1].step, "a hook is not run: " + hooks.refused[1].step);
}

// Other users could put a link to any program of root there.
TEST_F(HooksTest, WritableDirectoryRefusesAllHooks) {
  hook("10-first", 0755);
  std::filesystem::permissions(tree_.directory() / "etc/vfio-early/hooks.d",
                               static_cast<std::filesystem::perms>(0757));
  const Hooks hooks = find_hooks(tree_.root());
  EXPECT_TRUE(hooks.safe.empty());
  EXPECT_EQ(hooks.refused.size(), 1u);
  const auto problems = run_hooks(tree_.root(), {.card = "gaming"}, kAfterRelease);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_TRUE(problems[0].step.starts_with("no hook is run: other users can write to "))
      << problems[0].step;
}

TEST_F(HooksTest, TooManyHooksAreRefused) {
  for (int i = 100; i < 166; ++i) hook(std::to_string(i), 0755);
  EXPECT_EQ(find_hooks(tree_.root()).safe.size(), 64u);
  EXPECT_EQ(find_hooks(tree_.root()).refused.size(), 1u);
}

}  // namespace
}  // namespace early::hand_over
