// SPDX-License-Identifier: GPL-2.0-or-later
//
// The vocabulary of the boot stories: a machine with cards, an initramfs with a configuration, a
// boot, and what the guest reported about it.
//
//   const lab::Boot seen = lab::boot({.kernel = "6.12"}, {.configuration = kGaming});
//   EXPECT_TRUE(seen.claimed("0000:01:00"));
//   EXPECT_TRUE(seen.left_to_host("0000:02:00"));
//
// What must hold: a Boot exists only where the guest came to the closing marker of its report
// within the time limit. Whatever else happens (a crash, a hang, an image that could not be built)
// is thrown as std::runtime_error with the tail of the console. What was booted and what was seen
// stays in build/…/boots/STORY/: command, console.log, report.txt.
//
// The expectations return AssertionResult: for EXPECT_TRUE, with everything that explains a no.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/boot/machine.h"
#include "tests/boot/report.h"

namespace lab {

// A file or, without text, a directory that is put over the image; paths without a leading slash.
// Where the image has a symbolic link for a directory, the file goes to where that leads.
struct Overlay {
  std::string path;
  std::string text;
  bool directory = false;
  bool executable = false;
};

// What `vfio-early image` writes, with the same configuration, and where it is put.
enum class Supplement {
  kNone,
  kInFront,  // as GRUB does
  kBehind,   // at an odd offset
};

// What makes the image. Debian has no mkinitcpio: see not_told in images.h.
enum class Generator {
  kDracut,
  kInitramfsTools,     // MODULES=most
  kInitramfsToolsDep,  // MODULES=dep
  kMkinitcpio,
};

// An image by a stock generator with bochs and snd_hda_intel forced.
struct Initramfs {
  // /etc/vfio-early.conf, in the real root too. "": none there, and without us none in the image
  // either; with us, the image has the one that was copied into it: 0000:01:00 as [gaming].
  std::string configuration = {};
  // A line more in the configuration that was copied, "framebuffer=force": no spaces.
  std::string setting = {};
  std::vector<Overlay> overlays = {};
  bool systemd = true;   // or a shell init; initramfs-tools has no other
  bool us = true;        // without us: the stock generator alone
  bool vfio_pci = true;  // the module is in the image (kDracut)
  // vfio-pci and its IOMMU driver are loaded as early as the generator can, before bochs.
  bool vfio_forced = false;
  Generator generator = Generator::kDracut;
  bool misplaced = false;    // our hook is there, but starts where it is too late
  bool hostonly = false;     // for the machine that builds it (kDracut)
  bool hibernation = false;  // what resumes a hibernated system is in it
  bool upgrade = false;      // a kernel comes where 6.1 is, and its image the generator's own way
  // Machine::arguments is to say rdinit=/vfio-early.
  Supplement supplement = Supplement::kNone;
};

// What the real root is asked, in this order.
struct Question {
  std::string name;     // of the Answer
  std::string command;  // for the shell
};

class Boot {
 public:
  explicit Boot(Report report) : report_(std::move(report)) {}

  const Report& report() const { return report_; }

  // Expectations over a whole card ("0000:01:00": every function there, and there is one) or over
  // a single function ("0000:01:00.1").

  // On vfio-pci, the record says bound, and the override was written before any host driver of
  // these cards was even loaded.
  testing::AssertionResult claimed(const std::string& card) const;
  // On vfio-pci, and the record says that it was taken from `driver`.
  testing::AssertionResult taken(const std::string& card, const std::string& driver) const;
  // On its host driver, without an override.
  testing::AssertionResult left_to_host(const std::string& card) const;
  // On no driver, and kept so by the override.
  testing::AssertionResult driverless(const std::string& card) const;
  // The record calls it so ("bound", "driverless", "returned", …).
  testing::AssertionResult recorded(const std::string& card, const std::string& state) const;
  // Nothing of ours touched it: no override, no function in the record.
  testing::AssertionResult untouched(const std::string& card) const;

  // One line of ours in the kernel log contains all of this.
  template <typename... Parts>
  testing::AssertionResult says(Parts... parts) const {
    return says_all({std::string(parts)...});
  }
  // vfio-early wrote nothing at all.
  testing::AssertionResult silent() const;

  // The answer to a Question.
  Answer answer(const std::string& name) const { return report_.answer(name); }
  // What `vfio-verify --format json`, asked as `question`, finds; an empty object where that is
  // nothing.
  nlohmann::json finding(const std::string& question, const std::string& id,
                         const std::string& subject) const;

 private:
  testing::AssertionResult says_all(const std::vector<std::string>& parts) const;

  Report report_;
};

// Builds what is missing, boots, and waits for the guest to switch itself off.
Boot boot(const Machine& machine, const Initramfs& initramfs,
          const std::vector<Question>& questions = {});

// Skips the test that is running, from whatever depth: what it needs is missing here. Outside of a
// test, std::runtime_error.
[[noreturn]] void not_run(const std::string& why);

// Debian's, as tests/kernels names them. A test whose kernel is not in the cache is skipped.
using Kernels = std::vector<std::string>;
const Kernels& stock_kernels();
Kernels stock_kernels_without(const Kernels& kernels);
Kernels stock_kernels_and(const Kernels& kernels);

// A test that runs on several kernels: TEST_P(Story, …), kernel() is the parameter.
class Story : public testing::TestWithParam<std::string> {
 protected:
  static const std::string& kernel() { return GetParam(); }
};

// "test-6.12" as a part of a test's name: "test_6_12".
std::string test_name(const testing::TestParamInfo<std::string>& kernel);

// ON_KERNELS(Claim, "6.1", "6.12") after the tests of class Claim: on these stock kernels and on
// the others. tests/essential.txt says which of them ci/test runs.
#define ON_KERNELS(story, ...)                                                          \
  INSTANTIATE_TEST_SUITE_P(Linux, story, testing::Values(__VA_ARGS__), lab::test_name); \
  LONG_ON(story, lab::stock_kernels_without({__VA_ARGS__}))

// On these kernels alone, or on all stock kernels and these.
#define LONG_ON_KERNELS(story, ...) LONG_ON(story, lab::Kernels({__VA_ARGS__}))
#define LONG_ON_STOCK_KERNELS(story, ...) LONG_ON(story, lab::stock_kernels_and({__VA_ARGS__}))
#define LONG_ON(story, kernels) \
  INSTANTIATE_TEST_SUITE_P(Long, story, testing::ValuesIn(kernels), lab::test_name)

}  // namespace lab
