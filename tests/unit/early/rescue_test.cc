// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parts of the dead-man rescue around its state machine, on a fake machine whose EFI variable
// is a plain file. Only firmware can show that the flag survives a reboot: tests/boot.
#include "early/rescue.h"

#include <chrono>
#include <cstdlib>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "early/bind.h"
#include "early/deadline.h"
#include "early/gate.h"
#include "early/healthy.h"
#include "early/run_with_timeout.h"
#include "host/fd.h"
#include "plan/intent.h"
#include "tests/unit/fake_tree.h"

namespace early {
namespace {

using record::Mark;

constexpr const char* kFlag =
    "/sys/firmware/efi/efivars/VfioEarlyBootFlag-a2088ef7-7e43-40fd-8d34-2b1bc8f24ad7";
const std::string kAttributes("\x07\0\0\0", 4);

class RescueTest : public testing::Test {
 protected:
  RescueTest() {
    tree_.iommu();
    tree_.function("0000:01:00.0", "1234:1111", "38000");
    tree_.function("0000:02:00.0", "1234:1111", "38000");  // the host's
    tree_.file("/dev/kmsg", "").file("/run/x", "").file("/sys/firmware/efi/efivars/x", "");
    tree_.file("/proc/sys/kernel/random/boot_id", "one\n");
  }

  void new_boot() {
    tree_.file("/proc/sys/kernel/random/boot_id", std::to_string(++boots_) + "\n");
    tree_.file(override_, "(null)\n").file("/dev/kmsg", "");
    std::filesystem::remove_all(tree_.directory() / "run/vfio-early");
  }

  // Runs the gate, and then bind if `with_bind`.
  record::Record claim(bool with_bind = true) {
    config::Configuration configuration;
    config::parse_configuration("[a]\naddress = 0000:01:00\n" + armed_, "/etc/vfio-early.conf",
                                configuration);
    const host::Machine machine = tree_.machine();
    plan::Plan plan = plan::make_plan(configuration, machine);
    const record::Rescue rescue = decide_by_flag(tree_.root(), configuration, machine, plan);
    auto record = plan::intended_record(plan, configuration, machine);
    record.rescue = rescue;
    testing::internal::CaptureStderr();
    gate(tree_.root(), record);
    if (with_bind) bind(tree_.root(), record, device_use(tree_.root()));
    message_ = testing::internal::GetCapturedStderr();
    return record;
  }

  bool reserved() const { return tree_.text(override_).starts_with("vfio-pci"); }
  bool printed(const std::string& words) const { return message_.find(words) != std::string::npos; }
  std::string flag() const {
    const std::string text = tree_.text(kFlag);
    return text.size() < 11 ? "" : text.substr(4, 7);
  }
  record::Record saved() const { return *record::read_record(tree_.root()); }

  FakeTree tree_;
  int boots_ = 1;
  std::string message_;
  std::string armed_ = "healthy-when = display\n";
  const std::string override_ = "/sys/bus/pci/devices/0000:01:00.0/driver_override";
};

TEST_F(RescueTest, SkipsOnceAfterUnmarkedBoot) {
  claim();
  EXPECT_TRUE(reserved());
  EXPECT_EQ(tree_.text(kFlag).substr(0, 12), kAttributes + "pending ");
  EXPECT_EQ(saved().rescue.flag.mark, Mark::kPending);

  new_boot();
  const auto skipped = claim();
  EXPECT_FALSE(reserved());
  EXPECT_TRUE(skipped.functions.empty());
  EXPECT_FALSE(skipped.complete());
  EXPECT_TRUE(
      printed("a: /etc/vfio-early.conf:2: the last boot that claimed this card was not marked"));
  EXPECT_EQ(flag(), "skipped");

  new_boot();
  claim();
  EXPECT_TRUE(reserved());
  EXPECT_EQ(flag(), "pending");
}

// The gate does not write to flash. bind writes the flag first, even if it binds nothing.
TEST_F(RescueTest, BindWritesTheFlag) {
  auto record = claim(/*with_bind=*/false);
  EXPECT_EQ(tree_.text(kFlag), "");
  bind(tree_.root(), record, device_use(tree_.root()));
  EXPECT_EQ(flag(), "pending");
}

TEST_F(RescueTest, SecondGateOfBootDoesNotSkip) {
  claim();
  EXPECT_FALSE(claim().rescue.skips);
  EXPECT_TRUE(reserved());
}

TEST_F(RescueTest, HealthyBootIsWrittenOnce) {
  const auto record = claim();
  EXPECT_FALSE(mark_healthy(tree_.root(), record, /*wait=*/false));
  EXPECT_EQ(flag(), "pending");
  tree_.file("/run/systemd/sessions/1", "UID=1000\nCLASS=user\n");
  EXPECT_TRUE(mark_healthy(tree_.root(), record, false));
  EXPECT_EQ(flag(), "healthy");
  EXPECT_EQ(saved().rescue.flag.mark, Mark::kHealthy);

  new_boot();
  std::filesystem::permissions(tree_.directory() / std::string(kFlag).substr(1),
                               std::filesystem::perms::owner_read);
  const auto written = std::filesystem::last_write_time(tree_.directory() / (kFlag + 1));
  claim();
  EXPECT_TRUE(reserved());
  EXPECT_EQ(std::filesystem::last_write_time(tree_.directory() / (kFlag + 1)), written);
  EXPECT_TRUE(mark_healthy(tree_.root(), saved(), false));
  EXPECT_TRUE(mark_stopped(tree_.root(), saved()));
  EXPECT_EQ(flag(), "healthy");
}

TEST_F(RescueTest, CleanShutdownDoesNotSkipNextBoot) {
  const auto record = claim();
  EXPECT_TRUE(mark_stopped(tree_.root(), record));
  EXPECT_EQ(flag(), "stopped");
  new_boot();
  EXPECT_FALSE(claim().rescue.skips);
  EXPECT_TRUE(reserved());
}

// A boot that skipped the claim needs no healthy mark, and its shutdown changes nothing.
TEST_F(RescueTest, SkippedBootStaysSkipped) {
  claim();
  new_boot();
  const auto record = claim();
  EXPECT_TRUE(mark_healthy(tree_.root(), record, false));
  EXPECT_TRUE(mark_stopped(tree_.root(), record));
  EXPECT_EQ(flag(), "skipped");
}

TEST_F(RescueTest, ClaimContinuesWithoutEfi) {
  std::filesystem::remove_all(tree_.directory() / "sys/firmware");
  const auto record = claim();
  EXPECT_TRUE(reserved());
  EXPECT_TRUE(
      printed("dead-man rescue not available: this machine was not started by EFI firmware"));
  EXPECT_FALSE(record.rescue.unavailable.empty());
  EXPECT_TRUE(mark_stopped(tree_.root(), record));
}

TEST_F(RescueTest, UnwritableFlagIsReportedAndClaimContinues) {
  std::filesystem::create_directories(tree_.directory() / (kFlag + 1));  // it is not a file
  claim();
  EXPECT_TRUE(reserved());
  EXPECT_TRUE(printed("dead-man rescue not available: "));
}

TEST_F(RescueTest, InvalidVariableIsNotAFlag) {
  for (const std::string& rubbish :
       {std::string(), std::string("\x07"), kAttributes, kAttributes + std::string(3000, '\xff')}) {
    new_boot();
    tree_.file(kFlag, rubbish);
    EXPECT_FALSE(claim().rescue.skips);
    EXPECT_TRUE(reserved());
    EXPECT_EQ(flag(), "pending");
  }
}

TEST_F(RescueTest, FlagIsUnchangedWithoutTheKey) {
  armed_ = "";
  tree_.file(kFlag, kAttributes + "pending 0123456789abcdef\n");
  const auto record = claim();
  EXPECT_TRUE(reserved());
  EXPECT_EQ(flag(), "pending");
  EXPECT_TRUE(mark_healthy(tree_.root(), record, false));
  EXPECT_EQ(flag(), "pending");
}

class HealthSignTest : public RescueTest {
 protected:
  void connector(const std::string& device, const std::string& status) {
    const std::string path = "/sys/devices/" + device + "/drm/card0/card0-DP-1";
    tree_.file(path + "/status", status + "\n");
    std::filesystem::remove(tree_.directory() / "sys/class/drm/card0-DP-1");
    tree_.link("/sys/class/drm/card0-DP-1", "../.." + path.substr(4));
  }
  std::string health_sign() { return health_evidence(tree_.root(), record_); }

  record::Record record_ = claim();
};

TEST_F(HealthSignTest, ConnectedHostScreenIsHealthy) {
  EXPECT_EQ(health_sign(), "");
  connector("pci0000:00/0000:00:02.0", "disconnected");
  EXPECT_EQ(health_sign(), "");
  connector("pci0000:00/0000:00:02.0", "connected");
  EXPECT_EQ(health_sign(), "card0-DP-1 is connected");
}

TEST_F(HealthSignTest, ScreenOnClaimedCardIsIgnored) {
  connector("platform/simple-framebuffer.0", "connected");
  EXPECT_EQ(health_sign(), "");
  connector("pci0000:00/0000:00:01.0/0000:01:00.0", "connected");
  record_.functions[0].state = record::State::kBound;
  EXPECT_EQ(health_sign(), "");
  record_.functions[0].state = record::State::kHeld;  // the host has the card after all
  EXPECT_NE(health_sign(), "");
}

TEST_F(HealthSignTest, UserLoginIsHealthy) {
  tree_.file("/run/systemd/sessions/c1", "CLASS=greeter\n");
  tree_.file("/run/systemd/sessions/2", "CLASS=background\nDESKTOP=CLASS=user\n");
  EXPECT_EQ(health_sign(), "");
  tree_.file("/run/systemd/sessions/3", "UID=1000\nCLASS=user\n");
  EXPECT_EQ(health_sign(), "a user is logged in (session 3)");
}

TEST_F(HealthSignTest, CompletedBootIsHealthyIfConfigured) {
  record_.rescue.healthy_when = config::Healthy::kBoot;
  EXPECT_EQ(health_sign(), "the boot has completed");
}

TEST(AskWithinTest, HangingWorkTimesOut) {
  const auto late = run_with_timeout(50, "wait", []() -> host::Result<std::string> {
    ::sleep(5);
    return std::string("late");
  });
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ETIMEDOUT);
  EXPECT_EQ(late.error().step, "wait");
}

TEST(AskWithinTest, GrandchildrenAreKilled) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const host::Fd out(ends[0]);
  host::Fd in(ends[1]);
  const auto late = run_with_timeout(200, "wait", []() -> host::Result<std::string> {
    if (::fork() == 0) ::sleep(60);
    ::sleep(60);
    return std::string("late");
  });
  EXPECT_EQ(late.error().code, ETIMEDOUT);
  in = host::Fd();
  pollfd end = {.fd = out.get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&end, 1, 10'000), 1) << "a process still has the pipe open";
}

TEST(AskWithinTest, EnvironmentIsReplaced) {
  ::setenv("VFIO_EARLY_TEST", "of the user", 1);
  const auto seen = run_with_timeout(60000, "ask", []() -> host::Result<std::string> {
    const char* path = std::getenv("PATH");
    return std::string(std::getenv("VFIO_EARLY_TEST") ? "it is there" : path ? path : "no path");
  });
  ::unsetenv("VFIO_EARLY_TEST");
  ASSERT_TRUE(seen);
  EXPECT_TRUE(seen->starts_with("/usr/sbin:")) << *seen;
}

// Each wait has its own limit, and all waits together have one.
TEST(WaitLimitTest, TotalLimitEndsAllWaits) {
  EXPECT_EQ(wait_limit(60'000), 60'000);
  {
    const ProcessDeadline limit(std::chrono::milliseconds(0));
    EXPECT_EQ(wait_limit(60'000), kMinWaitMilliseconds);
    EXPECT_EQ(wait_limit(1), 1);
    const auto began = std::chrono::steady_clock::now();
    EXPECT_FALSE(run_with_timeout(60'000, "wait", []() -> host::Result<std::string> {
      ::sleep(60);
      return std::string("late");
    }));
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(30));
  }
  EXPECT_EQ(wait_limit(60'000), 60'000);
}

TEST(AskWithinTest, ReturnsResultErrorOrCrash) {
  const auto ask = [](const std::function<host::Result<std::string>()>& work) {
    return run_with_timeout(60000, "ask", work);
  };
  EXPECT_EQ(*ask([] { return host::Result<std::string>(std::string("yes")); }), "yes");
  const auto failed = ask([] { return host::Result<std::string>(host::Error{ENOSPC, "write"}); });
  EXPECT_EQ(failed.error().code, ENOSPC);
  EXPECT_EQ(failed.error().step, "write");
  const auto died = ask([]() -> host::Result<std::string> { ::_exit(1); });
  EXPECT_EQ(died.error().code, EIO);
}

}  // namespace
}  // namespace early
