// SPDX-License-Identifier: GPL-2.0-or-later
//
// For ci/long: repeats the claim with gate or bind killed, delayed, failing, out of memory or hung
// at a random step (guest/fault_injector.cc), or with a read-only /run. It is repeatable: the name
// of a test contains the seed and the action.
//
//   VFIO_EARLY_FAULTS=12 build/release/tests/boot/boot_test --gtest_filter='Long/FaultInjection.*'
#include <cstdio>
#include <cstdlib>
#include <random>

#include "tests/lab/lab.h"
#include "tests/lab/qemu.h"

namespace {

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";
constexpr const char* kFaultInjector = "usr/bin/fault_injector";
constexpr unsigned kSeed = 20261129;
constexpr int kBoots = 100;
constexpr const char* kOtherCard = "0000:02:00";

// Not an action of the fault_injector: systemd mounts an empty /run, read-only.
constexpr const char* kNoRun = "no_run";
constexpr const char* kReadOnlyRun = "TemporaryFileSystem=/run:ro\n";

// `action` and `step` are arguments of the fault injector.
lab::Initramfs with_fault(const std::string& phase, const std::string& action,
                          const std::string& step, const std::string& settings = "") {
  const std::string unit = "vfio-early-" + phase + ".service";
  const std::string command = "/" + std::string(kFaultInjector) + " /dev/kmsg " + action + " " +
                              step + " /usr/bin/vfio-early " + phase;
  return {.configuration = kGaming,
          .overlays = {{.path = "etc/systemd/system/" + unit + ".d/fault.conf",
                        .text = "[Service]\nExecStart=\nExecStart=" + command + "\n" + settings},
                       {.path = kFaultInjector,
                        .text = lab::read_file(LAB_FAULT_INJECTOR),
                        .executable = true}}};
}

struct InjectedFault {
  int number = 0;
  std::string kernel;
  std::string phase;   // "gate" or "bind"
  std::string action;  // an action of the fault injector, or kNoRun
  int step = 0;
};

// The number of steps to choose from: slightly fewer than the fault injector counts in an
// undisturbed boot ("kill 0"). Beyond the last step nothing happens, and the test fails: then lower
// these numbers.
constexpr int kGateSteps = 110;
constexpr int kBindSteps = 290;

std::vector<InjectedFault> random_faults() {
  const char* wanted = std::getenv("VFIO_EARLY_FAULTS");
  std::mt19937 random(kSeed);
  std::vector<InjectedFault> all;
  for (int i = 0; i < (wanted ? std::atoi(wanted) : kBoots); ++i) {
    InjectedFault fault{.number = i, .kernel = i % 2 == 0 ? "6.12" : "6.1"};
    fault.phase = i / 2 % 2 == 0 ? "gate" : "bind";
    constexpr int kEio = 5, kEnomem = 12;
    const std::string actions[] = {"kill",
                                   "kill",
                                   "delay:" + std::to_string(1 + random() % 8),
                                   "fail:" + std::to_string(kEio),
                                   "fail:" + std::to_string(kEnomem),
                                   "hang",
                                   "hang",
                                   kNoRun};
    fault.action = actions[random() % std::size(actions)];
    fault.step = 1 + static_cast<int>(random() % (fault.phase == "gate" ? kGateSteps : kBindSteps));
    if (fault.action == kNoRun) fault.step = 0;
    all.push_back(fault);
  }
  return all;
}

lab::Initramfs with_fault(const InjectedFault& fault) {
  if (fault.action == kNoRun) return with_fault(fault.phase, "kill", "0", kReadOnlyRun);
  return with_fault(fault.phase, fault.action, std::to_string(fault.step));
}

std::string name_of(const InjectedFault& fault) {
  std::string name = std::to_string(1000 + fault.number).substr(1) + "_seed" +
                     std::to_string(kSeed) + "_" + fault.phase + "_" + fault.action + "_at_" +
                     std::to_string(fault.step) + "_on_" + fault.kernel;
  for (char& c : name)
    if (c == ':' || c == '.') c = '_';
  return name;
}

// ctest uses this as the name of the test.
void PrintTo(const InjectedFault& fault, std::ostream* out) {
  *out << name_of(fault);
}

class FaultInjection : public testing::TestWithParam<InjectedFault> {};

// Checks that the record agrees with the state of the machine.
void expect_correct_record(const nlohmann::json& record, const lab::Function& function,
                           const nlohmann::json& entry) {
  const bool reserved = !function.driver_override.empty();
  if (!entry.is_object()) {
    EXPECT_FALSE(reserved) << function.address << " is in no record";
    return;
  }
  const std::string state = entry.value("state", "");
  if (state == "bound") {
    EXPECT_EQ(function.driver, "vfio-pci") << entry.dump();
  }
  if (state == "reserved" || state == "driverless") {
    EXPECT_TRUE(reserved) << entry.dump();
  }
  if (reserved && (state == "intended" || state == "reserved")) {
    EXPECT_EQ(record.at("bind").value("ended_ns", -1), 0) << entry.dump();
  }
}

// The function has a host driver only if it has no override; else vfio-pci, or no driver.
void expect_no_host_driver(const lab::Boot& seen, const lab::Function& function) {
  if (function.driver_override.empty()) {
    EXPECT_TRUE(seen.left_to_host(function.address));
  } else {
    EXPECT_EQ(function.driver_override, "vfio-pci") << function.address;
    EXPECT_TRUE(function.driver.empty() || function.driver == "vfio-pci") << function.driver;
  }
}

// One more bind, in the real root, completes each reserved function.
void expect_completion(const lab::Boot& seen, const lab::Function& function) {
  if (function.driver_override.empty()) return;
  const nlohmann::json record = seen.answer("record").json();
  for (const auto& entry : record.at("functions")) {
    if (entry.value("address", "") != function.address) continue;
    EXPECT_EQ(entry.value("state", ""), "bound") << entry.dump();
  }
  EXPECT_NE(seen.answer("drivers").out.find(function.address + " vfio-pci"), std::string::npos)
      << seen.answer("drivers").out;
}

// A gate that cannot write to /run still sets the overrides, but leaves no record for bind: bind
// reports that, and `vfio-early claim` completes the claim.
bool leaves_no_record(const InjectedFault& fault) {
  return fault.action == kNoRun && fault.phase == "gate";
}

TEST_P(FaultInjection, KeepsHostDriversOffAndRecordCorrect) {
  const InjectedFault& fault = GetParam();
  const bool unrecorded = leaves_no_record(fault);
  const lab::Boot seen = lab::boot(
      {.kernel = fault.kernel}, with_fault(fault),
      {{"bind", "vfio-early bind"},
       {"complete", unrecorded ? "vfio-early claim" : "true"},
       {"record", "cat /run/vfio-early/record.json"},
       {"drivers",
        "sh -c 'cd /sys/bus/pci/drivers/vfio-pci && for f in *:*; do echo $f vfio-pci; done'"}});
  const auto log_lines = seen.report().log("fault_injector: ");
  ASSERT_FALSE(log_lines.empty());
  std::printf("%s\n", log_lines.front().c_str());
  EXPECT_NE(log_lines.front().find(fault.step > 0 ? "system call" : "steps"), std::string::npos);
  EXPECT_TRUE(seen.left_to_host(kOtherCard));
  EXPECT_TRUE(seen.untouched(kOtherCard));
  if (unrecorded) {
    EXPECT_NE(seen.answer("bind").err.find("no record of this boot found"), std::string::npos);
  }
  for (const lab::Function& function : seen.report().at("0000:01:00")) {
    expect_no_host_driver(seen, function);
    if (unrecorded) {
      EXPECT_EQ(function.driver_override, "vfio-pci") << function.address;
    } else {
      expect_correct_record(seen.report().record, function,
                            seen.report().recorded(function.address));
    }
    expect_completion(seen, function);
  }
}

INSTANTIATE_TEST_SUITE_P(Long, FaultInjection, testing::ValuesIn(random_faults()),
                         [](const auto& instance) { return name_of(instance.param); });

constexpr const char* kInitModule = "@313";  // finit_module: the image has uncompressed modules
constexpr double kNanoseconds = 1e-9;

double seconds(const lab::Boot& seen, const char* phase) {
  const nlohmann::json times = seen.report().record.at(phase);
  return (times.value("ended_ns", 0.0) - times.value("began_ns", 0.0)) * kNanoseconds;
}

// Counted in instructions, so that the two boots can be compared. The first module that bind loads
// takes eight seconds longer: the gate does not take longer, and the boot does not wait.
TEST(SlowModules, DoNotDelayGateOrBoot) {
  const lab::Machine machine = {.kernel = "6.12", .icount = true};
  const lab::Boot quick = lab::boot(machine, with_fault("bind", "kill", "0"));
  const lab::Boot slow = lab::boot(machine, with_fault("bind", "delay:8", kInitModule));
  EXPECT_TRUE(quick.claimed("0000:01:00"));
  EXPECT_TRUE(slow.claimed("0000:01:00"));
  EXPECT_GT(seconds(slow, "bind"), seconds(quick, "bind") + 7);
  std::printf("gate: %.6f s, and %.6f s where modules are slow\n", seconds(quick, "gate"),
              seconds(slow, "gate"));
  // The gate's own steps are the same, but other processes run meanwhile (ci/bench counts its
  // steps).
  EXPECT_LT(seconds(slow, "gate"), 0.02);
  const double ended = slow.report().record.at("bind").value("ended_ns", 0.0) * kNanoseconds;
  ASSERT_TRUE(slow.report().loaded("bochs"));
  EXPECT_LT(*slow.report().loaded("bochs"), ended - 1) << "the host waited for bind";
}

}  // namespace
