// SPDX-License-Identifier: GPL-2.0-or-later
//
// The interface of the boot tests: a machine with cards, an initramfs with a configuration, a boot,
// and the guest's report about it.
//
//   const lab::Boot seen = lab::boot({.kernel = "6.12"}, {.configuration = kGaming});
//   EXPECT_TRUE(seen.claimed("0000:01:00"));
//   EXPECT_TRUE(seen.left_to_host("0000:02:00"));
//
// What must hold: a Boot exists only if the guest reached the closing marker of its report within
// the time limit. Any other result (a crash, a hang, an image that could not be built) throws
// std::runtime_error with the tail of the console; NoReport if it is the guest. The command, the
// console and the report are kept in build/…/boots/TEST/: command, console.log, report.txt.
//
// The record and other JSON in the report must follow docs/schemas: otherwise boot() adds a
// failure.
//
// The expectations return AssertionResult for EXPECT_TRUE. A failure contains all details.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/lab/machine.h"
#include "tests/lab/report.h"

namespace lab {

// A file or, without text, a directory that is added over the image; paths without a leading slash.
// If a directory of the path is a symbolic link in the image, the file goes to the link's target.
struct Overlay {
  std::string path;
  std::string text;
  bool directory = false;
  bool executable = false;
  bool console = false;     // the device /dev/console: a read never returns
  bool image_only = false;  // not in the real root, where lab-init adds the others
};

// The position of the image that `vfio-early image` writes, with the same configuration.
enum class Supplement {
  kNone,
  kInFront,  // as GRUB does
  kBehind,   // at an odd offset
};

// The program that makes the image. Debian has no mkinitcpio: see skip_reason in images.h.
enum class Generator {
  kDracut,
  kInitramfsTools,          // MODULES=most
  kInitramfsToolsDep,       // MODULES=dep
  kInitramfsToolsEnabled,   // MODULES=most, configured and built by `vfio-early enable 01:00`
  kInitramfsToolsDisabled,  // the same, taken back by `vfio-early disable`
  kMkinitcpio,
};

// An image by a stock generator, with bochs and snd_hda_intel forced.
struct Initramfs {
  // /etc/vfio-early.conf, also in the real root. "": none there. The image then has the one that
  // the generator copied, 0000:01:00 as [gaming]; without vfio-early it has none.
  std::string configuration = {};
  // One more line in the copied configuration, "framebuffer=force", without spaces.
  std::string setting = {};
  std::vector<Overlay> overlays = {};
  bool systemd = true;     // false: a shell init; initramfs-tools has no other
  bool vfio_early = true;  // false: the stock generator alone, without vfio-early
  bool vfio_pci = true;    // the module is in the image (kDracut)
  // vfio-pci and its IOMMU driver are loaded as early as the generator can, before bochs.
  bool vfio_forced = false;
  Generator generator = Generator::kDracut;
  bool misplaced = false;    // our hook is present, but starts too late
  bool hostonly = false;     // for the machine that builds it (kDracut)
  bool hibernation = false;  // with the part that resumes a hibernated system
  bool upgrade = false;      // replaces 6.1 and its image, by the generator's own hooks
  // A directory that is laid over / of the machine before its generator runs: what another program
  // has installed.
  std::string files = {};
  // The same for the real root, in which systemd then has udev and loads /etc/modules-load.d.
  std::string root_files = {};
  // Machine::arguments must contain rdinit=/vfio-early.
  Supplement supplement = Supplement::kNone;
};

// A command that runs in the real root. Questions run in this order.
struct Question {
  std::string name;     // of the Answer
  std::string command;  // for the shell
};

class Boot {
 public:
  explicit Boot(Report report) : report_(std::move(report)) {}

  const Report& report() const { return report_; }

  // Expectations for a whole card ("0000:01:00": for each of its functions, and at least one
  // exists) or for a single function ("0000:01:00.1").

  // On vfio-pci, recorded as bound, and the override was written before any host driver of these
  // cards was loaded.
  testing::AssertionResult claimed(const std::string& card) const;
  // On vfio-pci, and recorded as taken from `driver`.
  testing::AssertionResult taken_from(const std::string& card, const std::string& driver) const;
  // On its host driver, without an override.
  testing::AssertionResult left_to_host(const std::string& card) const;
  // On no driver, and the override keeps drivers off.
  testing::AssertionResult driverless(const std::string& card) const;
  // The record has this state ("bound", "driverless", "returned", …).
  testing::AssertionResult recorded(const std::string& card, const std::string& state) const;
  // Not touched by vfio-early: no override, and no entry in the record.
  testing::AssertionResult untouched(const std::string& card) const;

  // One line of vfio-early in the kernel log contains all of these parts.
  template <typename... Parts>
  testing::AssertionResult logged(Parts... parts) const {
    return logged_all({std::string(parts)...});
  }
  // vfio-early wrote nothing to the kernel log.
  testing::AssertionResult logged_nothing() const;

  // The answer to a Question.
  Answer answer(const std::string& name) const { return report_.answer(name); }
  // The finding of `vfio-verify --format json`, run as `question`; an empty object if not found.
  nlohmann::json finding(const std::string& question, const std::string& id,
                         const std::string& subject) const;

 private:
  testing::AssertionResult logged_all(const std::vector<std::string>& parts) const;

  Report report_;
};

// The guest did not reach the closing marker of its report within the time limit.
struct NoReport : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Builds missing images, boots, and waits until the guest powers off. Outside of a test, the
// directory is boots/`name`/.
Boot boot(const Machine& machine, const Initramfs& initramfs,
          const std::vector<Question>& questions = {}, const std::string& name = "boot");

// Skips the running test, from any call depth, because something that it needs is missing here.
// Outside of a test, throws std::runtime_error.
[[noreturn]] void skip_test(const std::string& why);

// Debian's kernels, as named in tests/kernels. A test is skipped if its kernel is not in the cache.
using Kernels = std::vector<std::string>;
const Kernels& stock_kernels();
Kernels stock_kernels_without(const Kernels& kernels);
Kernels stock_kernels_and(const Kernels& kernels);

// A test that runs on several kernels: TEST_P(BootTest, …), kernel() is the parameter.
class BootTest : public testing::TestWithParam<std::string> {
 protected:
  static const std::string& kernel() { return GetParam(); }
};

// "test-6.12" as part of a test's name: "test_6_12".
std::string test_name(const testing::TestParamInfo<std::string>& kernel);

// ON_KERNELS(Claim, "6.1", "6.12") after the tests of class Claim: runs them on these stock kernels
// and on the others. tests/essential.txt lists which of them ci/test runs.
#define ON_KERNELS(suite, ...)                                                          \
  INSTANTIATE_TEST_SUITE_P(Linux, suite, testing::Values(__VA_ARGS__), lab::test_name); \
  LONG_ON(suite, lab::stock_kernels_without({__VA_ARGS__}))

// On these kernels only, or on all stock kernels and these.
#define LONG_ON_KERNELS(suite, ...) LONG_ON(suite, lab::Kernels({__VA_ARGS__}))
#define LONG_ON_STOCK_KERNELS(suite, ...) LONG_ON(suite, lab::stock_kernels_and({__VA_ARGS__}))
#define LONG_ON(suite, kernels) \
  INSTANTIATE_TEST_SUITE_P(Long, suite, testing::ValuesIn(kernels), lab::test_name)

}  // namespace lab
