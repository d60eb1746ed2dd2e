// SPDX-License-Identifier: GPL-2.0-or-later
//
// The latency of interrupts, with a simulated device, and what a machine reports about posted
// interrupts.
#include <cerrno>

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench/interrupts/latency.h"
#include "bench/interrupts/posted.h"
#include "tests/unit/fake_tree.h"

namespace {

// Raises `interrupts` interrupts between the doorbell and its answer.
class SimulatedDevice : public verify::Probe {
 public:
  explicit SimulatedDevice(const host::Fd& event) : event_(event) {}

  const char* kind() const override { return "simulated device"; }
  host::Result<void> start(const verify::ProbePages&, bool with_interrupts) override {
    ++starts;
    if (!with_interrupts) return host::Error{EINVAL, "start without interrupts"};
    return failure;
  }
  std::optional<uint64_t> ask(const verify::ProbePages&, int question) override {
    if (starts == 0 || questions == answers_before_silence) return std::nullopt;
    ++questions;
    notify_doorbell();
    if (interrupts > 0) (void)!::write(event_.get(), &interrupts, sizeof(interrupts));
    notify_answer();
    return question;
  }
  void stop() override { ++stops; }

  uint64_t interrupts = 1;
  int answers_before_silence = -1;
  host::Result<void> failure;
  int starts = 0, stops = 0, questions = 0;

 private:
  const host::Fd& event_;
};

class Latency : public testing::TestWithParam<bool> {
 protected:
  host::Result<bench::Latencies> measure(int count) {
    const auto done = [&] { ++done_; };
    return GetParam() ? bench::latencies_of_waiting(device_, pages_, event_, count, done)
                      : bench::latencies_of_polling(device_, pages_, event_, count, done);
  }

  std::vector<std::byte> answers_ = std::vector<std::byte>(4096);
  verify::ProbePages pages_ = {.answers = answers_};
  host::Fd event_{::eventfd(0, EFD_CLOEXEC | (GetParam() ? 0 : EFD_NONBLOCK))};
  SimulatedDevice device_{event_};
  int done_ = 0;
};

INSTANTIATE_TEST_SUITE_P(BothWays, Latency, testing::Bool());

TEST_P(Latency, EachInterruptIsMeasured) {
  const auto latencies = measure(120);
  ASSERT_TRUE(latencies) << describe(latencies.error());
  EXPECT_EQ(latencies->size(), 120u);
  for (const double time : *latencies) EXPECT_GE(time, 0);
  EXPECT_EQ(device_.questions, 120);
  EXPECT_EQ(done_, 120) << "INTx must be unmasked after each";
  EXPECT_EQ(device_.starts, 3) << "before its rings are full";
  EXPECT_EQ(device_.stops, 1);
  EXPECT_EQ(answers_[0], std::byte{0xa5}) << "an old answer could be taken for a new one";
}

TEST_P(Latency, AMissingInterruptIsAnError) {
  device_.interrupts = 0;
  const auto latencies = measure(3);
  ASSERT_FALSE(latencies);
  EXPECT_EQ(latencies.error().code, ETIMEDOUT);
  EXPECT_EQ(device_.stops, 1);
}

TEST_P(Latency, AnAdditionalInterruptIsAnError) {
  device_.interrupts = 2;
  const auto latencies = measure(3);
  ASSERT_FALSE(latencies);
  EXPECT_EQ(latencies.error().step, "2 interrupts for one answer");
}

TEST_P(Latency, AMissingAnswerIsAnError) {
  device_.answers_before_silence = 2;
  const auto latencies = measure(3);
  ASSERT_FALSE(latencies);
  EXPECT_EQ(latencies.error().step, "wait for an answer of the device");
}

TEST_P(Latency, ADeviceThatDoesNotStartIsAnError) {
  device_.failure = host::Error{ENOMEDIUM, "find a codec"};
  const auto latencies = measure(3);
  ASSERT_FALSE(latencies);
  EXPECT_EQ(latencies.error().code, ENOMEDIUM);
  EXPECT_EQ(device_.questions, 0);
}

TEST(EventfdLatency, NeedsNoDevice) {
  const host::Fd event(::eventfd(0, EFD_CLOEXEC));
  const auto latencies = bench::latencies_of_eventfd(event, 10, [&]() -> host::Result<void> {
    const uint64_t one = 1;
    if (::write(event.get(), &one, sizeof(one)) != sizeof(one)) return host::Error{errno, "write"};
    return {};
  });
  ASSERT_TRUE(latencies);
  EXPECT_EQ(latencies->size(), 10u);
}

TEST(EventfdLatency, ARefusedTriggerIsAnError) {
  const host::Fd event(::eventfd(0, EFD_CLOEXEC));
  const auto latencies = bench::latencies_of_eventfd(event, 10, [] {
    return host::Result<void>(host::Error{EINVAL, "VFIO_DEVICE_SET_IRQS"});
  });
  ASSERT_FALSE(latencies);
  EXPECT_EQ(latencies.error().code, EINVAL);
}

const host::PciAddress kAddress = *host::PciAddress::parse("0000:01:00.0");

std::string posted(const std::string& unit, const std::string& file, const std::string& text) {
  FakeTree tree;
  tree.file("/sys/class/iommu/" + unit + "/" + file, text);
  tree.link("/sys/bus/pci/devices/0000:01:00.0/iommu", "../../virtual/iommu/" + unit);
  return line_of(bench::posted_interrupts(tree.root(), kAddress));
}

TEST(PostedInterrupts, AreReadFromTheCapability) {
  EXPECT_EQ(posted("dmar0", "intel-iommu/cap", "8d2078c106f0466\n"),
            "posted interrupts: supported by the IOMMU (/sys/class/iommu/dmar0/intel-iommu/cap)");
  EXPECT_EQ(posted("dmar0", "intel-iommu/cap", "d2008c222f0606\n"),
            "posted interrupts: not supported by the IOMMU "
            "(/sys/class/iommu/dmar0/intel-iommu/cap)");
  EXPECT_EQ(posted("ivhd0", "amd-iommu/features", "246577efa2254ada\n"),
            "posted interrupts: supported by the IOMMU "
            "(/sys/class/iommu/ivhd0/amd-iommu/features)");
  EXPECT_EQ(posted("ivhd0", "amd-iommu/features", "29d3\n"),
            "posted interrupts: not supported by the IOMMU "
            "(/sys/class/iommu/ivhd0/amd-iommu/features)");
}

TEST(PostedInterrupts, AreNotGuessed) {
  const std::string unknown = "posted interrupts: not reported by this machine";
  EXPECT_EQ(posted("dmar0", "intel-iommu/version", "1:0\n"), unknown);
  EXPECT_EQ(posted("dmar0", "intel-iommu/cap", "\n"), unknown);
  EXPECT_EQ(posted("dmar0", "intel-iommu/cap", "8d2078c106f0466 and more\n"), unknown);
  FakeTree without_iommu;
  EXPECT_EQ(line_of(bench::posted_interrupts(without_iommu.root(), kAddress)), unknown);
}

}  // namespace
