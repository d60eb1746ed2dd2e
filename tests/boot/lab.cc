// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/boot/lab.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <stdexcept>

#include "tests/boot/images.h"
#include "tests/boot/qemu.h"

namespace lab {
namespace {

namespace fs = std::filesystem;

// A boot takes 15 to 30 s on an idle core; a hang costs the rest. Counting has to be patient.
constexpr std::chrono::seconds kBootLimit{180};
constexpr std::chrono::seconds kCountedBootLimit{300};
constexpr size_t kMailboxSize = 4 << 20;
constexpr size_t kQuestionsSize = 4096;
constexpr size_t kConsoleTail = 3000;

// panic=-1 and -no-reboot end QEMU at once; no_timer_check: a loaded host makes the guest's timer
// test fail. The rest saves half of an emulated boot and changes nothing that is looked at:
// norandmaps lets QEMU reuse its translations of libc, and the three initcalls are self-tests.
constexpr const char* kArguments =
    "console=ttyS0 panic=-1 no_timer_check log_buf_len=1M root=LABEL=lab-root rw init=/story "
    "intel_iommu=on trace_event=module:module_load trace_clock=boot "
    "mitigations=off norandmaps fsck.mode=skip "
    "initcall_blacklist=init_encrypted,crypto_kdf108_init,jent_mod_init";

// Appends what stands between the spaces of `text`; paths, which may hold spaces, go alone.
void add(Command& qemu, const std::string& text) {
  std::istringstream words(text);
  for (std::string word; words >> word;) qemu.push_back(word);
}

void add_card(Command& qemu, const Card& card, int number) {
  const std::string n = std::to_string(number);
  std::string bus = "pcie.0";
  if (card.place == Place::kUnguarded) {
    bus = "unguarded";
    add(qemu, "-device pxb-pcie,id=" + bus + ",bus=pcie.0,bus_nr=64,bypass_iommu=on");
  }
  add(qemu, "-device pcie-root-port,id=port" + n + ",chassis=" + n + ",slot=" + n + ",bus=" + bus);
  add(qemu, "-device secondary-vga,bus=port" + n + ",multifunction=on,addr=0.0");
  add(qemu, "-device intel-hda,id=sound" + n + ",bus=port" + n + ",addr=0.1");
  add(qemu, "-device hda-duplex,audiodev=silence,bus=sound" + n + ".0");
}

// The disks have fixed slots behind the cards, so that nothing moves when a card is added.
void add_disk(Command& qemu, const std::string& serial, const fs::path& image,
              const std::string& options, const std::string& slot) {
  add(qemu, "-device virtio-blk-pci,bus=pcie.0,addr=" + slot + ",drive=" + serial +
                ",serial=" + serial + " -drive");
  qemu.push_back("if=none,format=raw,id=" + serial + options + ",file=" + image.string());
}

void add_iommu(Command& qemu, Iommu iommu) {
  if (iommu == Iommu::kNone) return;
  const std::string remapping = iommu == Iommu::kIntel ? "on" : "off";
  add(qemu, "-device intel-iommu,caching-mode=on,intremap=" + remapping);
}

// Two processors on one thread: with a thread for each, QEMU 7.2 now and then loses the race of a
// kernel that patches its own text ("Oops: int3"), and no second core is free anyway when two
// stories are told at a time. Counting instructions wants a single processor.
void add_processor(Command& qemu, const Machine& machine, const fs::path& vmlinux) {
  if (machine.icount) return add(qemu, "-accel tcg -cpu max -smp 1 -icount shift=0,sleep=off");
  if (accelerator(vmlinux, lab_directory()) == "kvm")
    return add(qemu, "-accel kvm -cpu host -smp 2");
  add(qemu, "-accel tcg,thread=single -cpu max -smp 2");
}

Command qemu_command(const Machine& machine, const Images& images, const fs::path& place) {
  Command qemu;
  add(qemu, "qemu-system-x86_64 -nodefaults -machine q35,kernel-irqchip=split -m 1024");
  add_processor(qemu, machine, images.vmlinux);
  add(qemu, "-display none -vga none -no-reboot -audiodev none,id=silence");
  add_iommu(qemu, machine.iommu);
  int number = 0;
  for (const Card& card : machine.cards) add_card(qemu, card, ++number);
  add_disk(qemu, "root", images.root, ",snapshot=on", "1c");
  add_disk(qemu, "mailbox", place / "mailbox", "", "1d");
  add_disk(qemu, "overlay", place / "overlay.cpio", ",read-only=on", "1e");
  qemu.insert(qemu.end(), {"-serial", "file:" + (place / "console.log").string()});
  qemu.insert(qemu.end(), {"-kernel", images.vmlinux, "-initrd", place / "initrd"});
  qemu.insert(qemu.end(), {"-append", kArguments + (" " + machine.arguments)});
  return qemu;
}

// build/…/boots/Claim.ComesFirst-6_12/, empty; a story's second boot gets …-2, also under
// --gtest_repeat.
fs::path fresh_place() {
  std::string name = "boot";  // outside of any test
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

void furnish(const fs::path& place, const Images& images, const Initramfs& initramfs,
             const std::vector<Question>& questions) {
  const std::string archive = overlay_archive(initramfs);
  std::string initrd = read_file(images.initramfs);
  initrd.resize((initrd.size() + 3) / 4 * 4, '\0');  // or the kernel panics
  write_file(place / "initrd", initrd + archive);
  write_file(place / "overlay.cpio", archive);
  write_file(place / "mailbox", mailbox(questions));
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

std::string test_name(const testing::TestParamInfo<std::string>& kernel) {
  std::string name = kernel.param;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

Boot boot(const Machine& machine, const Initramfs& initramfs,
          const std::vector<Question>& questions) {
  const fs::path place = fresh_place();
  const Images images = build_images(machine.kernel, initramfs, place / "images.log");
  furnish(place, images, initramfs, questions);
  const Command qemu = qemu_command(machine, images, place);
  write_file(place / "command", quoted(qemu));
  const Ending ending = run(qemu, place / "qemu.out", place / "qemu.err",
                            machine.icount ? kCountedBootLimit : kBootLimit);
  const std::string written = read_file(place / "mailbox");
  const std::string text = written.substr(0, written.find('\0'));
  write_file(place / "report.txt", text);
  auto report = parse_report(text);
  if (!ending.in_time || !report) throw no_report(place, ending);
  for (const char* large : {"initrd", "mailbox", "overlay.cpio"}) fs::remove(place / large);
  return Boot(std::move(*report));
}

}  // namespace lab
