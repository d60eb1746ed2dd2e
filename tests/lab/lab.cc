// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lab/lab.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>

#include "tests/lab/images.h"
#include "tests/lab/overlay.h"
#include "tests/lab/qemu_features.h"

namespace lab {
namespace {

namespace fs = std::filesystem;

// Ten times what a boot takes on an idle core (15 to 30 s): the limit only ends a boot that hangs.
// UEFI and counted instructions take longer.
constexpr std::chrono::seconds kBootLimit{300};
constexpr std::chrono::seconds kOvmfBootLimit{600};
constexpr std::chrono::seconds kIcountBootLimit{900};
constexpr std::chrono::seconds kSchemaLimit{120};
constexpr size_t kMailboxSize = 4 << 20;
constexpr size_t kQuestionsSize = 4096;
constexpr size_t kConsoleTail = 3000;

// build/…/boots/Claim.PrecedesForcedDrivers-6_12/, empty. The second boot of a test gets the suffix
// -2, also under --gtest_repeat.
fs::path new_boot_directory(std::string name) {
  if (const auto* info = testing::UnitTest::GetInstance()->current_test_info()) {
    name = info->test_suite_name();
    name = name.substr(name.find('/') + 1) + "." + info->name();  // without the "Linux/" of it
    std::replace(name.begin(), name.end(), '/', '-');
  }
  static std::map<std::string, int> boots;
  if (const int number = ++boots[name]; number > 1) name += "-" + std::to_string(number);
  const fs::path boot_directory = lab_directory() / "boots" / name;
  fs::remove_all(boot_directory);
  fs::create_directories(boot_directory);
  return boot_directory;
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
void write_boot_files(const fs::path& boot_directory, const Machine& machine, const Images& images,
                      const Initramfs& initramfs, const std::vector<Question>& questions) {
  const std::string archive = overlay_archive(initramfs, images.initramfs);
  const Supplement embedded =
      boot_loader(machine.start).empty() ? initramfs.supplement : Supplement::kNone;
  std::string initrd = read_file(images.initramfs);
  align(initrd);
  if (embedded == Supplement::kInFront) initrd = read_file(images.supplement) + initrd;
  if (embedded == Supplement::kBehind) initrd += '\0' + read_file(images.supplement);
  align(initrd);
  write_file(boot_directory / "initrd", initrd + archive);
  write_file(boot_directory / "overlay.cpio", root_archive(initramfs, images.initramfs));
  write_file(boot_directory / "mailbox", mailbox(questions));
}

std::chrono::seconds boot_limit(const Machine& machine) {
  if (machine.icount) return kIcountBootLimit;
  return machine.firmware == Firmware::kOvmf ? kOvmfBootLimit : kBootLimit;
}

NoReport no_report(const fs::path& boot_directory, const RunResult& result) {
  const std::string console = read_file(boot_directory / "console.log");
  const size_t tail = console.size() > kConsoleTail ? console.size() - kConsoleTail : 0;
  return NoReport(
      "the guest did not come to the end of its report: " +
      (result.in_time ? "QEMU ended with " + std::to_string(result.status) : "out of time") +
      " after " + std::to_string(result.took.count()) + " ms; see " + boot_directory.string() +
      "\n" + read_file(boot_directory / "qemu.err") + "the console ends with:\n" +
      console.substr(tail));
}

// Every record and every other JSON of a guest follows docs/schemas. Without python3-jsonschema,
// tests/schemas checks nothing, and says so with the exit status 77.
void expect_valid_json(const fs::path& boot_directory) {
  constexpr int kNotRun = 77;
  const fs::path found = boot_directory / "schemas.out";
  const RunResult result = run(
      {std::string(LAB_SCRIPTS) + "/../schemas", "--boot-report", boot_directory / "report.txt"},
      found, boot_directory / "schemas.err", kSchemaLimit);
  if (result.status != 0 && result.status != kNotRun)
    ADD_FAILURE() << "the guest wrote JSON that does not follow docs/schemas; see "
                  << boot_directory.string() << "\n"
                  << read_file(found) << read_file(boot_directory / "schemas.err");
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
void skip_test(const std::string& why) {
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
          const std::vector<Question>& questions, const std::string& name) {
  if (const std::string missing = missing_in_qemu(machine); !missing.empty())
    skip_test("this " + qemu_version() + " has no " + missing);
  const fs::path boot_directory = new_boot_directory(name);
  const Images images = build_images(machine.kernel, initramfs, boot_directory);
  write_boot_files(boot_directory, machine, images, initramfs, questions);
  const Command qemu = qemu_command(machine, images, boot_directory);
  write_file(boot_directory / "command", quoted(qemu));
  const RunResult result =
      run(qemu, boot_directory / "qemu.out", boot_directory / "qemu.err", boot_limit(machine));
  const std::string written = read_file(boot_directory / "mailbox");
  const std::string text = written.substr(0, written.find('\0'));
  write_file(boot_directory / "report.txt", text);
  auto report = parse_report(text);
  if (!result.in_time || !report) throw no_report(boot_directory, result);
  expect_valid_json(boot_directory);
  for (const char* large : {"initrd", "mailbox", "overlay.cpio", "supplement.img", "efi-variables",
                            "boot-partition", "monitor.in", "monitor.out"})
    fs::remove_all(boot_directory / large);
  return Boot(std::move(*report));
}

}  // namespace lab
