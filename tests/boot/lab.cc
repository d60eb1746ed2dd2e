// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/boot/lab.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>

#include "tests/boot/images.h"
#include "tests/boot/overlay.h"
#include "tests/boot/qemu_features.h"

namespace lab {
namespace {

namespace fs = std::filesystem;

// Ten times what a boot takes on an idle core (15 to 30 s): the limit only ends a boot that hangs.
// UEFI and counted instructions take longer.
constexpr std::chrono::seconds kBootLimit{300};
constexpr std::chrono::seconds kOvmfBootLimit{600};
constexpr std::chrono::seconds kCountedBootLimit{900};
constexpr size_t kMailboxSize = 4 << 20;
constexpr size_t kQuestionsSize = 4096;
constexpr size_t kConsoleTail = 3000;

// build/…/boots/Claim.ComesFirst-6_12/, empty. The second boot of a test gets the suffix -2, also
// under --gtest_repeat.
fs::path fresh_place() {
  std::string name = "boot";  // outside of a test
  if (const auto* info = testing::UnitTest::GetInstance()->current_test_info()) {
    name = info->test_suite_name();
    name = name.substr(name.find('/') + 1) + "." + info->name();  // without the "Linux/" of it
    std::replace(name.begin(), name.end(), '/', '-');
  }
  static std::map<std::string, int> boots;
  if (const int number = ++boots[name]; number > 1) name += "-" + std::to_string(number);
  const fs::path place = lab_directory() / "boots" / name;
  fs::remove_all(place);
  fs::create_directories(place);
  return place;
}

std::string mailbox(const std::vector<Question>& questions) {
  std::string text;
  for (const Question& question : questions)
    text += "run " + question.name + " " + question.command + "\n";
  if (text.size() > kQuestionsSize) throw std::runtime_error("too many questions for the mailbox");
  text.resize(kMailboxSize, '\0');
  return text;
}

// An uncompressed archive must begin at a multiple of four, or the kernel panics.
void align(std::string& initrd) {
  initrd.resize((initrd.size() + 3) / 4 * 4, '\0');
}

// A boot loader lists the supplement itself. Without one, the supplement is placed here in the same
// position.
void furnish(const fs::path& place, const Machine& machine, const Images& images,
             const Initramfs& initramfs, const std::vector<Question>& questions) {
  const std::string archive = overlay_archive(initramfs, images.initramfs);
  const Supplement within =
      boot_loader(machine.start).empty() ? initramfs.supplement : Supplement::kNone;
  std::string initrd = read_file(images.initramfs);
  align(initrd);
  if (within == Supplement::kInFront) initrd = read_file(images.supplement) + initrd;
  if (within == Supplement::kBehind) initrd += '\0' + read_file(images.supplement);
  align(initrd);
  write_file(place / "initrd", initrd + archive);
  write_file(place / "overlay.cpio", archive);
  write_file(place / "mailbox", mailbox(questions));
}

std::chrono::seconds boot_limit(const Machine& machine) {
  if (machine.icount) return kCountedBootLimit;
  return machine.firmware == Firmware::kOvmf ? kOvmfBootLimit : kBootLimit;
}

std::runtime_error no_report(const fs::path& place, const Ending& ending) {
  const std::string console = read_file(place / "console.log");
  const size_t tail = console.size() > kConsoleTail ? console.size() - kConsoleTail : 0;
  return std::runtime_error(
      "the guest did not come to the end of its report: " +
      (ending.in_time ? "QEMU ended with " + std::to_string(ending.status) : "out of time") +
      " after " + std::to_string(ending.took.count()) + " ms; see " + place.string() + "\n" +
      read_file(place / "qemu.err") + "the console ends with:\n" + console.substr(tail));
}

}  // namespace

const Kernels& stock_kernels() {
  static const Kernels names = [] {
    std::istringstream words(LAB_STOCK_KERNELS);
    return Kernels(std::istream_iterator<std::string>(words), {});
  }();
  return names;
}

Kernels stock_kernels_without(const Kernels& kernels) {
  Kernels others;
  for (const std::string& kernel : stock_kernels())
    if (std::find(kernels.begin(), kernels.end(), kernel) == kernels.end())
      others.push_back(kernel);
  return others;
}

Kernels stock_kernels_and(const Kernels& kernels) {
  Kernels all = stock_kernels();
  all.insert(all.end(), kernels.begin(), kernels.end());
  return all;
}

// googletest handles this exception like a failure that is already recorded.
void not_run(const std::string& why) {
  const std::string reason = "not run: " + why;
  if (!testing::UnitTest::GetInstance()->current_test_info()) throw std::runtime_error(reason);
  const auto skip = [&] { GTEST_SKIP() << reason; };
  skip();
  throw testing::AssertionException(
      testing::TestPartResult(testing::TestPartResult::kSkip, __FILE__, __LINE__, reason.c_str()));
}

std::string test_name(const testing::TestParamInfo<std::string>& kernel) {
  std::string name = kernel.param;
  for (char& c : name)
    if (c == '.' || c == '-') c = '_';  // googletest does not allow these
  return name;
}

Boot boot(const Machine& machine, const Initramfs& initramfs,
          const std::vector<Question>& questions) {
  if (const std::string missing = missing_in_qemu(machine); !missing.empty())
    not_run("this " + qemu_version() + " has no " + missing);
  const fs::path place = fresh_place();
  const Images images = build_images(machine.kernel, initramfs, place);
  furnish(place, machine, images, initramfs, questions);
  const Command qemu = qemu_command(machine, images, place);
  write_file(place / "command", quoted(qemu));
  const Ending ending = run(qemu, place / "qemu.out", place / "qemu.err", boot_limit(machine));
  const std::string written = read_file(place / "mailbox");
  const std::string text = written.substr(0, written.find('\0'));
  write_file(place / "report.txt", text);
  auto report = parse_report(text);
  if (!ending.in_time || !report) throw no_report(place, ending);
  for (const char* large :
       {"initrd", "mailbox", "overlay.cpio", "supplement.img", "efi-variables", "boot-partition"})
    fs::remove_all(place / large);
  return Boot(std::move(*report));
}

}  // namespace lab
