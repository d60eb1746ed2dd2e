// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two passports of a machine, one saved before and one after an update; and the unit that compares
// them automatically.
#include "tests/lab/lab.h"

namespace {

using lab::Kind;

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\nonly-display = allow\n";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// After the update a network card is behind the first port, the card is behind the second port with
// two more functions in its slot, and the kernel has changed.
TEST(PassportDiff, ShowsChangesOfUpdate) {
  const lab::Boot before =
      lab::boot({.kernel = "6.1", .cards = {{}}}, {.configuration = kGaming, .systemd = false},
                {{"save", "vfio-verify save -"}, {"list", "vfio-verify list"}});
  ASSERT_EQ(before.answer("save").exit, 0) << before.answer("save").err;
  EXPECT_TRUE(contains(before.answer("list").out, "[gaming] 1234:1111"))
      << before.answer("list").out;
  const std::string passport = before.answer("save").out;

  const lab::Boot after = lab::boot(
      {.kernel = "6.12", .cards = {{.kind = Kind::kNetwork}, {.kind = Kind::kApu}}},
      {.configuration = "[gaming]\naddress = 0000:02:00\nfunctions = 0 1\nonly-display = allow\n",
       .overlays = {{.path = "usr/lab/passport.json", .text = passport}},
       .systemd = false},
      {{"diff", "vfio-verify diff /usr/lab/passport.json"},
       {"again", "sh -c 'vfio-verify save /run/now.json && vfio-verify diff /run/now.json'"},
       {"missing", "vfio-verify diff"}});
  const std::string diff = after.answer("diff").out;
  EXPECT_EQ(after.answer("diff").exit, 1) << diff;
  for (const char* sentence :
       {"[gaming] moved from 0000:01:00 to 0000:02:00",
        "the IOMMU group of [gaming] 0000:02:00.0 gained 0000:02:00.2",
        "0000:01:00.0 (network, 8086:10d3) is new", "kernel: was 6.1", "is 6.12"})
    EXPECT_TRUE(contains(diff, sentence)) << sentence << " in:\n" << diff;
  EXPECT_EQ(after.answer("again").exit, 0) << after.answer("again").out;
  EXPECT_EQ(after.answer("again").out, "Nothing has changed.\n");
  EXPECT_EQ(after.answer("missing").exit, 2);
  EXPECT_TRUE(contains(after.answer("missing").err, "passport.json"));
}

// The guest has no journal: the unit's output goes to a file, which is printed at once.
constexpr const char* kAfterUpdate = R"(unit=vfio-verify-after-update.service
directory=/etc/systemd/system/$unit.d
mkdir -p /var/lib $directory
printf '[Service]\nStandardOutput=truncate:/run/said\nStandardError=truncate:/run/said\n' \
  > $directory/lab.conf
systemctl daemon-reload
systemctl start $unit
cat /run/said
! systemctl -q is-failed $unit
)";

// In the sandbox of the unit, a shell tries what the program never does. Outside of the sandbox,
// the same shell succeeds in each step.
constexpr const char* kSandboxProbe = R"(status=$(cat /proc/self/status)
echo "$status" | grep -E '^(NoNewPrivs|Seccomp):'
for file in /etc/tried /usr/tried /tmp/tried; do (: > $file) 2> /dev/null && echo wrote $file; done
for device in /dev/vda /dev/mem; do (: < $device) 2> /dev/null && echo opened $device; done
(echo 1 > /sys/bus/pci/rescan) 2> /dev/null && echo wrote to /sys
unshare -m true 2> /dev/null && echo made a namespace
true
)";

constexpr const char* kConfined = R"(cd /run/systemd/system
sed 's|^ExecStart=.*|ExecStart=/bin/sh /usr/lab/try\nStandardOutput=truncate:/run/tried|' \
  /usr/lib/systemd/system/vfio-verify-after-update.service > confined.service
systemctl daemon-reload
systemctl start confined
cat /run/tried
)";

class AfterUpdateUnit : public lab::BootTest {};

TEST_P(AfterUpdateUnit, ReportsChangesOnce) {
  const std::string start = "sh -e /usr/lab/after-update";
  const std::string kept = "/var/lib/vfio-early/last-boot.json";
  const lab::Boot seen =
      lab::boot({.kernel = kernel(), .arguments = "init=/lib/systemd/systemd"},
                {.configuration = kGaming,
                 .overlays = {{.path = "usr/lab/after-update", .text = kAfterUpdate},
                              {.path = "usr/lab/try", .text = kSandboxProbe},
                              {.path = "usr/lab/confined", .text = kConfined}}},
                {{"first", start},
                 {"same", start},
                 {"other", "sed -i 's/\"kernel\": .*/\"kernel\": \"5.10.0-lab\",/' " + kept},
                 {"update", start},
                 {"again", start},
                 {"before", "vfio-verify diff /var/lib/vfio-early/before-update.json"},
                 {"free", "sh /usr/lab/try"},
                 {"confined", "sh -e /usr/lab/confined"}});
  for (const char* quiet : {"first", "same", "again"}) {
    EXPECT_EQ(seen.answer(quiet).exit, 0) << quiet << ": " << seen.answer(quiet).err;
    EXPECT_EQ(seen.answer(quiet).out, "") << quiet;
  }
  const std::string said = seen.answer("update").out;
  EXPECT_EQ(seen.answer("update").exit, 0) << seen.answer("update").err;
  for (const char* words : {"the kernel or the firmware has changed since the last boot",
                            "All checks that could be run passed"})
    EXPECT_TRUE(contains(said, words)) << words << " in:\n" << said;
  EXPECT_TRUE(contains(said, "kernel: was 5.10.0-lab, is " + seen.report().kernel)) << said;
  EXPECT_TRUE(contains(seen.answer("before").out, "was 5.10.0-lab")) << seen.answer("before").out;
  // /tmp is the unit's own.
  EXPECT_EQ(seen.answer("confined").out, "NoNewPrivs:\t1\nSeccomp:\t2\nwrote /tmp/tried\n")
      << seen.answer("confined").err;
  for (const char* line : {"Seccomp:\t0", "wrote /etc/tried", "wrote /usr/tried", "opened /dev/vda",
                           "opened /dev/mem", "wrote to /sys", "made a namespace"})
    EXPECT_TRUE(contains(seen.answer("free").out, line)) << line << seen.answer("free").out;
}

ON_KERNELS(AfterUpdateUnit, "6.12");

}  // namespace
