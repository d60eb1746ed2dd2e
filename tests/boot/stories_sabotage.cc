// SPDX-License-Identifier: GPL-2.0-or-later
//
// For ci/long: repeats the claim with gate or bind killed, delayed, failing, out of memory or hung
// at a random step (guest/saboteur.cc), or with a read-only /run. It is repeatable: the name of a
// test contains the seed and the action.
//
//   VFIO_EARLY_SABOTAGES=12 build/release/tests/boot/boot_test --gtest_filter='Long/Sabotage.*'
#include <cstdio>
#include <cstdlib>
#include <random>

#include "tests/boot/lab.h"
#include "tests/boot/qemu.h"

namespace {

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";
constexpr const char* kSaboteur = "usr/bin/saboteur";
constexpr unsigned kSeed = 20261129;
constexpr int kBoots = 100;
constexpr const char* kTwin = "0000:02:00";

// Not an action of the saboteur: systemd mounts an empty /run, read-only.
constexpr const char* kNoRun = "no_run";
constexpr const char* kReadOnlyRun = "TemporaryFileSystem=/run:ro\n";

// `deed` and `step` are arguments of the saboteur.
lab::Initramfs sabotaged(const std::string& phase, const std::string& deed, const std::string& step,
                         const std::string& settings = "") {
  const std::string unit = "vfio-early-" + phase + ".service";
  const std::string command = "/" + std::string(kSaboteur) + " /dev/kmsg " + deed + " " + step +
                              " /usr/bin/vfio-early " + phase;
  return {
      .configuration = kGaming,
      .overlays = {{.path = "etc/systemd/system/" + unit + ".d/sabotage.conf",
                    .text = "[Service]\nExecStart=\nExecStart=" + command + "\n" + settings},
                   {.path = kSaboteur, .text = lab::read_file(LAB_SABOTEUR), .executable = true}}};
}

struct Draw {
  int number = 0;
  std::string kernel;
  std::string phase;  // "gate" or "bind"
  std::string deed;   // an action of the saboteur, or kNoRun
  int step = 0;
};

// The number of steps to choose from: slightly fewer than the saboteur counts in an undisturbed
// boot ("kill 0"). Beyond the last step nothing happens, and the test fails: then lower these
// numbers.
constexpr int kGateSteps = 110;
constexpr int kBindSteps = 290;

std::vector<Draw> draws() {
  const char* wanted = std::getenv("VFIO_EARLY_SABOTAGES");
  std::mt19937 random(kSeed);
  std::vector<Draw> all;
  for (int i = 0; i < (wanted ? std::atoi(wanted) : kBoots); ++i) {
    Draw draw{.number = i, .kernel = i % 2 == 0 ? "6.12" : "6.1"};
    draw.phase = i / 2 % 2 == 0 ? "gate" : "bind";
    constexpr int kEio = 5, kEnomem = 12;
    const std::string deeds[] = {"kill",
                                 "kill",
                                 "delay:" + std::to_string(1 + random() % 8),
                                 "fail:" + std::to_string(kEio),
                                 "fail:" + std::to_string(kEnomem),
                                 "hang",
                                 "hang",
                                 kNoRun};
    draw.deed = deeds[random() % std::size(deeds)];
    draw.step = 1 + static_cast<int>(random() % (draw.phase == "gate" ? kGateSteps : kBindSteps));
    if (draw.deed == kNoRun) draw.step = 0;
    all.push_back(draw);
  }
  return all;
}

lab::Initramfs sabotaged(const Draw& draw) {
  if (draw.deed == kNoRun) return sabotaged(draw.phase, "kill", "0", kReadOnlyRun);
  return sabotaged(draw.phase, draw.deed, std::to_string(draw.step));
}

std::string name_of(const Draw& draw) {
  std::string name = std::to_string(1000 + draw.number).substr(1) + "_seed" +
                     std::to_string(kSeed) + "_" + draw.phase + "_" + draw.deed + "_at_" +
                     std::to_string(draw.step) + "_on_" + draw.kernel;
  for (char& c : name)
    if (c == ':' || c == '.') c = '_';
  return name;
}

// ctest uses this as the name of the test.
void PrintTo(const Draw& draw, std::ostream* out) {
  *out << name_of(draw);
}

class Sabotage : public testing::TestWithParam<Draw> {};

// Checks that the record agrees with the state of the machine.
void expect_truth(const nlohmann::json& record, const lab::Function& function,
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
bool leaves_no_record(const Draw& draw) {
  return draw.deed == kNoRun && draw.phase == "gate";
}

TEST_P(Sabotage, NeverLetsAHostDriverInAndTheRecordIsTrue) {
  const Draw& draw = GetParam();
  const bool unrecorded = leaves_no_record(draw);
  const lab::Boot seen = lab::boot(
      {.kernel = draw.kernel}, sabotaged(draw),
      {{"bind", "vfio-early bind"},
       {"complete", unrecorded ? "vfio-early claim" : "true"},
       {"record", "cat /run/vfio-early/record.json"},
       {"drivers",
        "sh -c 'cd /sys/bus/pci/drivers/vfio-pci && for f in *:*; do echo $f vfio-pci; done'"}});
  const auto traces = seen.report().log("saboteur: ");
  ASSERT_FALSE(traces.empty());
  std::printf("%s\n", traces.front().c_str());
  EXPECT_NE(traces.front().find(draw.step > 0 ? "system call" : "steps"), std::string::npos);
  EXPECT_TRUE(seen.left_to_host(kTwin));
  EXPECT_TRUE(seen.untouched(kTwin));
  if (unrecorded) {
    EXPECT_NE(seen.answer("bind").err.find("no record of this boot found"), std::string::npos);
  }
  for (const lab::Function& function : seen.report().at("0000:01:00")) {
    expect_no_host_driver(seen, function);
    if (unrecorded) {
      EXPECT_EQ(function.driver_override, "vfio-pci") << function.address;
    } else {
      expect_truth(seen.report().record, function, seen.report().recorded(function.address));
    }
    expect_completion(seen, function);
  }
}

INSTANTIATE_TEST_SUITE_P(Long, Sabotage, testing::ValuesIn(draws()),
                         [](const auto& drawn) { return name_of(drawn.param); });

constexpr const char* kInitModule = "@313";  // finit_module: the image has uncompressed modules
constexpr double kNanoseconds = 1e-9;

double seconds(const lab::Boot& seen, const char* phase) {
  const nlohmann::json times = seen.report().record.at(phase);
  return (times.value("ended_ns", 0.0) - times.value("began_ns", 0.0)) * kNanoseconds;
}

// Counted in instructions, so that the two boots can be compared. The first module that bind loads
// takes eight seconds longer: the gate does not take longer, and the boot does not wait.
TEST(LongSlowModules, HoldUpNeitherGateNorBoot) {
  const lab::Machine machine = {.kernel = "6.12", .icount = true};
  const lab::Boot quick = lab::boot(machine, sabotaged("bind", "kill", "0"));
  const lab::Boot slow = lab::boot(machine, sabotaged("bind", "delay:8", kInitModule));
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
