// SPDX-License-Identifier: GPL-2.0-or-later
//
// The dead-man rescue: after a boot that claimed a card and did not reach its healthy mark, the
// next boot leaves the card to the host, once. Also tests the boots after which this must not
// happen.
//
// The flag is an EFI variable, so these machines are started by OVMF. Its flash keeps one record
// for each write, including the old ones.
#include "tests/lab/lab.h"

namespace {

constexpr lab::Firmware kOvmf = lab::Firmware::kOvmf;
constexpr const char* kArmedForBoot = "[gaming]\naddress = 0000:01:00\nhealthy-when = boot\n";
constexpr const char* kArmedForDisplay =
    "[gaming]\naddress = 0000:01:00\nhealthy-when = display\nonly-display = allow\n";

const lab::Question kHealthy = {"healthy", "vfio-early healthy"};
const lab::Question kStopped = {"stopped", "vfio-early stopped"};
const lab::Question kPlan = {"plan", "vfio-early plan"};
const lab::Question kVerify = {"verify", "vfio-verify --format json"};

class DeadManRescue : public lab::BootTest {
 protected:
  lab::Boot boot(const std::string& configuration,
                 const std::vector<lab::Question>& questions = {}) {
    return lab::boot({.kernel = kernel(), .firmware = kOvmf, .variables = &variables_},
                     {.configuration = configuration}, questions);
  }

  // The number of writes of the flag to flash since these variables were created. A variable's name
  // is UTF-16 there.
  int writes() const {
    std::string name;
    for (const char c : std::string("VfioEarlyBootFlag")) name += {c, '\0'};
    const std::string flash = lab::read_file(variables_.file());
    int count = 0;
    for (size_t at = 0; (at = flash.find(name, at)) != flash.npos; ++at) ++count;
    return count;
  }

  static std::string flag(const lab::Boot& seen) {
    return seen.report().record["rescue"].value("flag", "?").substr(0, 7);
  }

  lab::EfiVariables variables_;
};

// The first boot is powered off, as by a user who sees no picture.
TEST_P(DeadManRescue, SkipsOneBootThenClaims) {
  const lab::Boot first = boot(kArmedForBoot);
  EXPECT_TRUE(first.claimed("0000:01:00"));
  EXPECT_EQ(flag(first), "pending");
  EXPECT_EQ(writes(), 1);

  const lab::Boot second = boot(kArmedForBoot, {kVerify});
  EXPECT_TRUE(second.left_to_host("0000:01:00"));
  EXPECT_TRUE(second.untouched("0000:01:00"));
  EXPECT_TRUE(second.logged("gaming", "/etc/vfio-early.conf:2", "not marked as healthy", "Remedy"));
  EXPECT_NE(second.answer("verify").out.find("dead-man rescue"), std::string::npos);
  EXPECT_EQ(flag(second), "skipped");
  EXPECT_EQ(writes(), 2);

  const lab::Boot third = boot(kArmedForBoot, {kHealthy});
  EXPECT_TRUE(third.claimed("0000:01:00"));
  EXPECT_EQ(third.answer("healthy").exit, 0) << third.answer("healthy").err;
  EXPECT_TRUE(third.logged("this boot is healthy"));
  EXPECT_EQ(writes(), 4);
}

ON_KERNELS(DeadManRescue, "6.12");

class RescueFlag : public DeadManRescue {};

TEST_P(RescueFlag, IsNotRewrittenAfterHealthyBoot) {
  const lab::Boot first = boot(kArmedForDisplay, {kHealthy, kPlan});
  EXPECT_EQ(first.answer("healthy").exit, 0) << first.answer("healthy").err;
  EXPECT_TRUE(first.logged("this boot is healthy", "is connected"));
  EXPECT_NE(first.answer("plan").out.find("Dead-man rescue: "), std::string::npos);
  EXPECT_EQ(writes(), 2);
  const lab::Boot second = boot(kArmedForDisplay, {kHealthy});
  EXPECT_TRUE(second.claimed("0000:01:00"));
  EXPECT_EQ(second.answer("healthy").exit, 0);
  EXPECT_EQ(flag(second), "healthy");
  EXPECT_EQ(writes(), 2);
}

// In an image without systemd, only vfio-early loads and mounts efivarfs.
TEST_P(RescueFlag, AllowsClaimAfterCleanShutdown) {
  const lab::Initramfs image = {.configuration = kArmedForDisplay, .systemd = false};
  const lab::Machine machine = {.kernel = kernel(), .firmware = kOvmf, .variables = &variables_};
  const lab::Boot first = lab::boot(machine, image, {kStopped});
  EXPECT_EQ(first.answer("stopped").exit, 0) << first.answer("stopped").err;
  const lab::Boot second = lab::boot(machine, image);
  EXPECT_TRUE(second.claimed("0000:01:00"));
  EXPECT_EQ(flag(second), "pending");
}

// The boot has finished, but the user has no picture: the only card is claimed.
TEST_P(RescueFlag, StaysPendingOnBlackScreen) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .firmware = kOvmf, .variables = &variables_, .cards = {{}}},
                {.configuration = kArmedForDisplay}, {kHealthy});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_EQ(seen.answer("healthy").exit, 1);
  EXPECT_NE(seen.answer("healthy").err.find("no screen is connected"), std::string::npos);
  EXPECT_EQ(flag(seen), "pending");
}

// A boot with vfio_early=off claims nothing: the next one claims again.
TEST_P(RescueFlag, AllowsClaimAfterVfioEarlyOff) {
  boot(kArmedForBoot);
  const lab::Boot off = lab::boot({.kernel = kernel(),
                                   .firmware = kOvmf,
                                   .variables = &variables_,
                                   .arguments = "vfio_early=off"},
                                  {.configuration = kArmedForBoot});
  EXPECT_TRUE(off.left_to_host("0000:01:00"));
  EXPECT_EQ(flag(off), "skipped");
  EXPECT_TRUE(boot(kArmedForBoot).claimed("0000:01:00"));
}

TEST_P(RescueFlag, IsNotWrittenWithoutSetting) {
  const lab::Boot seen = boot("[gaming]\naddress = 0000:01:00\n", {kHealthy});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_EQ(writes(), 0);
}

TEST_P(RescueFlag, IsNotRequiredForClaim) {
  const lab::Boot seen =
      lab::boot({.kernel = kernel()}, {.configuration = kArmedForBoot}, {kHealthy});
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  EXPECT_TRUE(seen.logged("dead-man rescue not available", "not started by EFI", "Remedy"));
}

LONG_ON_STOCK_KERNELS(RescueFlag);

// CAP_LINUX_IMMUTABLE alone (linux/capability.h).
constexpr const char* kSandboxStatus =
    "grep -E \"^(CapBnd|NoNewPrivs|Seccomp):\" "
    "/proc/$(systemctl show -P MainPID vfio-early-healthy.service)/status";

// With systemd in the real root, whose units run vfio-early. There is only one card, so that no
// display makes a boot healthy.
class RescueUnits : public DeadManRescue {
 protected:
  lab::Boot boot(const std::vector<lab::Question>& questions = {}) {
    return lab::boot({.kernel = kernel(),
                      .firmware = kOvmf,
                      .variables = &variables_,
                      .cards = {{}},
                      .arguments = "init=/lib/systemd/systemd"},
                     {.configuration = kArmedForDisplay}, questions);
  }
};

TEST_P(RescueUnits, WaitForALogin) {
  const lab::Boot first =
      boot({{"waits", "systemctl is-active vfio-early-healthy.service"},
            {"confined", std::string("sh -c '") + kSandboxStatus + "'"},
            {"sessions", "mkdir -p /run/systemd/sessions"},
            {"login", "sh -c 'echo CLASS=user > /run/systemd/sessions/1'"},
            {"marked", "timeout 300 sh -c 'until dmesg | grep -q is.healthy; do sleep 1; done'"},
            {"record", "cat /run/vfio-early/record.json"}});
  EXPECT_EQ(first.answer("waits").exit, 0) << first.answer("waits").out;
  const std::string record = first.answer("record").json()["rescue"].value("flag", "?");
  EXPECT_EQ(record.substr(0, 7), "healthy") << "from within the sandbox";
  EXPECT_EQ(first.answer("confined").out,
            "CapBnd:\t0000000000000200\nNoNewPrivs:\t1\nSeccomp:\t2\n");
  EXPECT_TRUE(first.logged("this boot is healthy", "logged in"));
  EXPECT_EQ(writes(), 2);
  EXPECT_TRUE(boot().claimed("0000:01:00"));
  EXPECT_EQ(writes(), 2);
}

TEST_P(RescueUnits, DistinguishCleanShutdownFromCrash) {
  EXPECT_TRUE(boot({{"ending", "shut_down_cleanly"}}).claimed("0000:01:00"));
  EXPECT_EQ(writes(), 2);
  EXPECT_TRUE(boot().claimed("0000:01:00"));
  EXPECT_EQ(writes(), 3);
  EXPECT_TRUE(boot().left_to_host("0000:01:00"));
}

LONG_ON_STOCK_KERNELS(RescueUnits);

}  // namespace
