// SPDX-License-Identifier: GPL-2.0-or-later
//
// For ci/long: while an initramfs looks for a hibernated system, which would replace the running
// one, no bind may be running. Tested with a bind that takes some seconds longer, and a disk
// without a hibernated system, so that the boot continues and reports.
#include <cstdio>
#include <limits>

#include "tests/lab/images.h"
#include "tests/lab/lab.h"

namespace {

using lab::Generator;

constexpr const char* kGaming = "[gaming]\naddress = 0000:01:00\n";
constexpr const char* kResume = "resume=/dev/vda";
constexpr const char* kImageLookup = "PM: Image not found";  // kernel/power/swap.c, swsusp_check()

// The file that waits for bind, and its replacement in the negative test.
struct GeneratorVariant {
  const char* name;
  Generator generator;
  bool systemd;
  const char* hook_path;
  const char* replacement;
};

constexpr const char* kNothing = "#!/bin/sh\n:\n";
constexpr const char* kHook =
    "run_earlyhook() { /usr/bin/vfio-early gate; /usr/bin/vfio-early bind & :; }\n"
    "run_latehook() { /usr/bin/vfio-early bind; }\n";

constexpr GeneratorVariant kGeneratorVariants[] = {
    {"initramfs_tools", Generator::kInitramfsToolsDep, false,
     "scripts/local-premount/00-vfio-early", kNothing},
    {"dracut_systemd", Generator::kDracut, true,
     "etc/systemd/system/systemd-hibernate-resume@.service.d/vfio-early.conf", "[Unit]\n"},
    {"dracut_shell", Generator::kDracut, false,
     "usr/lib/dracut/hooks/pre-trigger/00-vfio-early-resume.sh", kNothing},
    {"mkinitcpio_busybox", Generator::kMkinitcpio, false, "hooks/vfio-early", kHook},
};

void PrintTo(const GeneratorVariant& variant, std::ostream* out) {
  *out << variant.name;
}

// Counted in instructions: the order is the same on a busy machine.
const lab::Machine kMachine = {.kernel = "6.12", .arguments = kResume, .icount = true};

class Resume : public testing::TestWithParam<GeneratorVariant> {
 protected:
  void SetUp() override {
    if (const std::string why = lab::skip_reason(GetParam().generator); !why.empty())
      GTEST_SKIP() << why;
  }

  // A bind that takes this much longer: its first fsync(2), for the record, is delayed.
  static lab::Initramfs slow(int seconds) {
    const std::string delay =
        "[ \"$1\" != bind ] || exec /usr/bin/fault_injector /dev/kmsg delay:" +
        std::to_string(seconds) + " @74 /usr/bin/vfio-early.real bind\n";
    return {.configuration = kGaming,
            .overlays = {{.path = "usr/bin/vfio-early",
                          .text = "#!/bin/sh\n" + delay + "exec /usr/bin/vfio-early.real \"$@\"\n",
                          .executable = true},
                         {.path = "usr/bin/vfio-early.real",
                          .text = lab::read_file(LAB_VFIO_EARLY),
                          .executable = true},
                         {.path = "usr/bin/fault_injector",
                          .text = lab::read_file(LAB_FAULT_INJECTOR),
                          .executable = true}},
            .systemd = GetParam().systemd,
            .generator = GetParam().generator,
            .hibernation = true};
  }

  // A bind that is still running ends after everything else.
  static double bind_end(const lab::Boot& seen) {
    const double ended = seen.report().record.at("bind").value("ended_ns", 0.0) * 1e-9;
    return ended > 0 ? ended : std::numeric_limits<double>::infinity();
  }

  // When the kernel looked for the image, in seconds of its log.
  static double lookup_time(const lab::Boot& seen) {
    const auto lines = seen.report().log(kImageLookup);
    double when = 0;
    EXPECT_FALSE(lines.empty()) << "nobody looked for a hibernated system";
    if (!lines.empty()) std::sscanf(lines.front().c_str(), "[%lf]", &when);
    return when;
  }
};

TEST_P(Resume, WaitsForBind) {
  const lab::Boot seen = lab::boot(kMachine, slow(15));
  EXPECT_TRUE(seen.claimed("0000:01:00"));
  std::printf("bind ended at %.2f s, the resume was tried at %.2f s\n", bind_end(seen),
              lookup_time(seen));
  EXPECT_LT(bind_end(seen), lookup_time(seen));
}

// The negative test: nothing waits for bind, and the kernel looks for an image while bind runs,
// even on a busy machine. (systemd gives our unit 30 s.)
TEST_P(Resume, DoesNotWaitWithoutHook) {
  lab::Initramfs replacement = slow(GetParam().systemd ? 25 : 50);
  replacement.overlays.push_back({.path = GetParam().hook_path,
                                  .text = GetParam().replacement,
                                  .executable = !GetParam().systemd});
  const lab::Boot seen = lab::boot(kMachine, replacement);
  std::printf("bind ended at %.2f s, the resume was tried at %.2f s\n", bind_end(seen),
              lookup_time(seen));
  EXPECT_GT(bind_end(seen), lookup_time(seen));
}

INSTANTIATE_TEST_SUITE_P(Long, Resume, testing::ValuesIn(kGeneratorVariants),
                         [](const auto& variant) { return variant.param.name; });

}  // namespace
