// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lab/machine.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

#include "tests/lab/cards.h"
#include "tests/lab/images.h"
#include "tests/lab/qemu_features.h"
#include "tests/unit/smbios.h"

namespace lab {
namespace {

namespace fs = std::filesystem;

// From Debian's package ovmf: firmware that starts everything, and firmware that enforces Secure
// Boot.
constexpr const char* kOvmfCode = "/usr/share/OVMF/OVMF_CODE_4M.fd";
constexpr const char* kOvmfVariables = "/usr/share/OVMF/OVMF_VARS_4M.fd";
constexpr const char* kSecureCode = "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd";
constexpr const char* kSecureVariables = "/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd";

constexpr std::chrono::seconds kImageLimit{600};

constexpr uintmax_t kUsbStickSize = 16 << 20;

// panic=-1 and -no-reboot end QEMU at once. no_timer_check: on a loaded host the guest's timer test
// fails. The rest saves half of an emulated boot and does not change what is tested: norandmaps
// lets QEMU reuse its translations of libc, and the three initcalls are self-tests.
constexpr const char* kArguments =
    "console=ttyS0 panic=-1 no_timer_check log_buf_len=1M root=LABEL=lab-root rw init=/lab-init "
    "intel_iommu=on trace_event=module:module_load trace_clock=boot "
    "mitigations=off norandmaps fsck.mode=skip "
    "initcall_blacklist=init_encrypted,crypto_kdf108_init,jent_mod_init";

void add_usb_stick(Command& qemu, const fs::path& boot_directory, int number) {
  const std::string name = "stick" + std::to_string(number);
  write_file(boot_directory / name, "");
  fs::resize_file(boot_directory / name, kUsbStickSize);
  add(qemu, "-drive");
  qemu.push_back("if=none,format=raw,id=" + name + ",file=" + (boot_directory / name).string());
}

// The second serial port writes to a FIFO from which the monitor reads. The monitor's own output
// goes to another one: the guest never reads it, so that its terminal cannot echo it.
void add_monitor(Command& qemu, const fs::path& boot_directory) {
  const std::string monitor = boot_directory / "monitor";
  for (const std::string& fifo : {monitor + ".in", monitor + ".out"})
    if (::mkfifo(fifo.c_str(), 0600) != 0)
      throw std::system_error(errno, std::generic_category(), "make " + fifo);
  qemu.insert(qemu.end(), {"-chardev", "pipe,id=monitor,path=" + monitor, "-mon",
                           "chardev=monitor,mode=readline", "-serial", "file:" + monitor + ".in"});
}

// The disks have fixed slots after the cards, so that adding a card does not move them.
void add_disk(Command& qemu, const std::string& serial, const fs::path& image,
              const std::string& options, const std::string& slot) {
  add(qemu, "-device virtio-blk-pci,bus=pcie.0,addr=" + slot + ",drive=" + serial +
                ",serial=" + serial + " -drive");
  qemu.push_back("if=none,format=raw,id=" + serial + options + ",file=" + image.string());
}

// Up to QEMU 10 the property's name began with x-, for experimental.
std::string scalable_mode() {
  const bool is_experimental = qemu_has_property("intel-iommu", "x-scalable-mode");
  return is_experimental ? "x-scalable-mode=on" : "scalable-mode=on";
}

// QEMU 11 translates DMA only if asked to; older versions always do.
std::string amd_translation() {
  return qemu_has_property("amd-iommu", "dma-remap") ? ",dma-remap=on" : "";
}

void add_iommu(Command& qemu, Iommu iommu) {
  switch (iommu) {
    case Iommu::kIntel:  // as wide as the processor's addresses; QEMU's default is narrower
      return add(qemu, "-device intel-iommu,caching-mode=on,intremap=on,aw-bits=48");
    case Iommu::kIntelX2apic:
      return add(qemu, "-device intel-iommu,caching-mode=on,intremap=on,eim=on");
    case Iommu::kIntelWithoutRemapping:
      return add(qemu, "-device intel-iommu,caching-mode=on,intremap=off");
    case Iommu::kIntelScalable:
      return add(qemu, "-device intel-iommu,caching-mode=on,intremap=on," + scalable_mode());
    case Iommu::kAmd:
      return add(qemu, "-device amd-iommu,intremap=on" + amd_translation());
    case Iommu::kAmdUntranslated:
      return add(qemu, "-device amd-iommu,intremap=on,dma-remap=off");
    case Iommu::kAmdWithoutRemapping:
      return add(qemu, "-device amd-iommu,intremap=off" + amd_translation());
    case Iommu::kVirtio:
      return add(qemu, "-device virtio-iommu-pci");
    case Iommu::kNone:
      return;
  }
}

bool is_amd(Iommu iommu) {
  return iommu == Iommu::kAmd || iommu == Iommu::kAmdUntranslated ||
         iommu == Iommu::kAmdWithoutRemapping;
}

// Two processors on one thread. With a thread for each, QEMU 7.2 sometimes loses a race when the
// kernel patches its own text ("Oops: int3"), and no second core is free when two tests run at a
// time. Counting instructions needs a single processor. Since 6.8 Linux does not drive an AMD IOMMU
// without cmpxchg16b (bench::processor_model()), so such a machine also has a single processor.
std::string processor_of(const Machine& machine, const fs::path& vmlinux) {
  const std::string emulated = std::string(" -cpu ") + bench::processor_model("tcg");
  if (machine.icount) return "-accel tcg" + emulated + " -smp 1 -icount shift=0,sleep=off";
  if (machine.iommu == Iommu::kIntelX2apic)
    return "-accel tcg,thread=single" + emulated + ",+x2apic -smp 2";
  if (accelerator(vmlinux, lab_directory()) == "kvm")
    return std::string("-accel kvm -cpu ") + bench::processor_model("kvm") + " -smp 2";
  if (is_amd(machine.iommu)) return "-accel tcg,thread=single -cpu max -smp 1";
  return "-accel tcg,thread=single" + emulated + " -smp 2";
}

void add_ovmf(Command& qemu, const Machine& machine, const fs::path& boot_directory) {
  fs::path variables = boot_directory / "efi-variables";
  if (machine.variables)
    variables = machine.variables->file();
  else
    fs::copy_file(machine.secure_boot ? kSecureVariables : kOvmfVariables, variables);
  // Secure Boot's variables can be written only in system management mode.
  if (machine.secure_boot) add(qemu, "-global driver=cfi.pflash01,property=secure,value=on");
  add(qemu, std::string("-drive if=pflash,unit=0,format=raw,readonly=on,file=") +
                (machine.secure_boot ? kSecureCode : kOvmfCode));
  qemu.insert(qemu.end(), {"-drive", "if=pflash,unit=1,format=raw,file=" + variables.string()});
}

// A kernel started through PVH runs neither the EFI stub nor the code that sets a VESA mode.
void add_kernel(Command& qemu, const Machine& machine, const Images& images, const fs::path& initrd,
                const std::string& arguments) {
  const bool is_direct = machine.firmware == Firmware::kSeaBios;
  qemu.insert(qemu.end(), {"-kernel", is_direct ? images.vmlinux : images.bzimage});
  qemu.insert(qemu.end(), {"-initrd", initrd, "-append", arguments});
}

// The initrds for a boot loader, in their order: GRUB_EARLY_INITRD_LINUX_CUSTOM comes first.
std::vector<fs::path> initrds(const Machine& machine, const Images& images,
                              const fs::path& boot_directory) {
  const fs::path image = boot_directory / "initrd";
  if (boot_loader(machine.start).empty() || images.supplement.empty()) return {image};
  if (machine.start == Start::kGrub) return {images.supplement, image};
  return {image, images.supplement};
}

// QEMU presents the directory as a FAT file system, in which the firmware finds
// \EFI\BOOT\BOOTX64.EFI.
void add_boot_partition(Command& qemu, const Machine& machine, const Images& images,
                        const fs::path& boot_directory, const std::string& arguments) {
  const fs::path partition = boot_directory / "boot-partition";
  std::string loader = boot_loader(machine.start);
  if (loader.empty())
    loader = machine.start == Start::kSignedImage ? "signed-image" : "unified-image";
  Command command = {std::string(LAB_SCRIPTS) + "/build-boot-partition", loader, partition,
                     images.bzimage, arguments};
  for (const fs::path& initrd : initrds(machine, images, boot_directory)) command.push_back(initrd);
  const RunResult result =
      run(command, boot_directory / "image.out", boot_directory / "image.err", kImageLimit);
  if (result.status != 0)
    throw std::runtime_error(quoted(command) + "failed:\n" +
                             read_file(boot_directory / "image.err"));
  add_disk(qemu, "boot", "fat:" + partition.string(), ",read-only=on", "1b");
}

// Each structure needs a file of its own.
void add_slot_labels(Command& qemu, const Machine& machine, const fs::path& boot_directory) {
  for (const SlotLabel& slot : machine.slot_labels) {
    const fs::path file = boot_directory / ("slot-" + slot.label + ".smbios");
    std::ofstream(file) << smbios::slot(slot.label, slot.address);
    qemu.insert(qemu.end(), {"-smbios", "file=" + file.string()});
  }
}

}  // namespace

std::string boot_loader(Start start) {
  switch (start) {
    case Start::kGrub:
      return "grub";
    case Start::kSystemdBoot:
      return "systemd-boot";
    case Start::kRefind:
      return "refind";
    case Start::kDirectly:
    case Start::kUnifiedImage:
    case Start::kSignedImage:
      break;
  }
  return "";
}

std::string skip_reason(Start start) {
  if (start != Start::kGrub || fs::exists("/usr/bin/grub-mkstandalone")) return "";
  return "not run: grub-mkstandalone is not installed. Remedy: install grub-efi-amd64-bin";
}

EfiVariables::EfiVariables() {
  fs::create_directories(lab_directory());
  std::string name = lab_directory() / "efi-variables.XXXXXX";
  const int fd = ::mkstemp(name.data());
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "make " + name);
  ::close(fd);
  file_ = name;
  fs::copy_file(kOvmfVariables, file_, fs::copy_options::overwrite_existing);
}

EfiVariables::~EfiVariables() {
  std::error_code ignored_error;
  fs::remove(file_, ignored_error);
}

std::string missing_in_qemu(const Machine& machine) {
  if (machine.iommu == Iommu::kIntelX2apic && !qemu_has_x2apic()) return "x2APIC without KVM";
  Command devices;
  add_iommu(devices, machine.iommu);
  for (const Card& card : machine.cards) add_card(devices, card, 1);
  return missing_in_qemu(devices);
}

Command qemu_command(const Machine& machine, const Images& images, const fs::path& boot_directory) {
  Command qemu = bench::qemu_command({.properties = "kernel-irqchip=split",
                                      .processor = processor_of(machine, images.vmlinux),
                                      .memory = machine.memory});
  add(qemu, "-audiodev none,id=silence");
  if (machine.firmware == Firmware::kOvmf) add_ovmf(qemu, machine, boot_directory);
  add_iommu(qemu, machine.iommu);
  int number = 0;
  for (const Card& card : machine.cards) {
    if (++number; card.kind == Kind::kUsbStorage) add_usb_stick(qemu, boot_directory, number);
    add_card(qemu, card, number);
  }
  add_disk(qemu, "root", images.root, ",snapshot=on", "1c");
  add_disk(qemu, "mailbox", boot_directory / "mailbox", "", "1d");
  add_disk(qemu, "overlay", boot_directory / "overlay.cpio", ",read-only=on", "1e");
  qemu.insert(qemu.end(), {"-serial", "file:" + (boot_directory / "console.log").string()});
  add_slot_labels(qemu, machine, boot_directory);
  if (machine.monitor) add_monitor(qemu, boot_directory);
  const char* video = machine.firmware == Firmware::kVesa ? " vga=0x344 " : " ";
  const std::string arguments = kArguments + (video + machine.arguments);
  if (machine.start == Start::kDirectly)
    add_kernel(qemu, machine, images, boot_directory / "initrd", arguments);
  else
    add_boot_partition(qemu, machine, images, boot_directory, arguments);
  return qemu;
}

}  // namespace lab
