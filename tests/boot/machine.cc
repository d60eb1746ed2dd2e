// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/boot/machine.h"

#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <unistd.h>

#include "tests/boot/images.h"

namespace lab {
namespace {

namespace fs = std::filesystem;

// Debian's package ovmf: a board that starts everything, and one that enforces Secure Boot.
constexpr const char* kOvmfCode = "/usr/share/OVMF/OVMF_CODE_4M.fd";
constexpr const char* kOvmfVariables = "/usr/share/OVMF/OVMF_VARS_4M.fd";
constexpr const char* kSecureCode = "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd";
constexpr const char* kSecureVariables = "/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd";

constexpr std::chrono::seconds kImageLimit{60};

constexpr uintmax_t kStickSize = 16 << 20;

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

// A function of a card: the device, and what sits on the bus that it offers.
struct Part {
  std::string device;
  std::string below = {};
};

std::vector<Part> parts_of(Kind kind, const std::string& number) {
  const Part sound = {"intel-hda", "hda-duplex,audiodev=silence"};
  switch (kind) {
    case Kind::kGraphics:
      return {{"secondary-vga"}, sound};
    case Kind::kWithUsb:
      return {{"secondary-vga"}, sound, {"qemu-xhci"}};
    case Kind::kVga:
      return {{"VGA"}, sound};
    case Kind::kDisplay:
      return {{"bochs-display"}};
    case Kind::kApu:
      return {{"secondary-vga"}, sound, {"edu"}, {"qemu-xhci"}};
    case Kind::kNetwork:
      return {{"e1000e,mac=52:54:00:00:00:0" + number}};
    case Kind::kVirtio:
      return {{"virtio-net-pci"}};
    case Kind::kNvme:
      return {{"nvme,serial=nvme" + number}};
    case Kind::kVirtioGpu:
      return {{"virtio-gpu-pci,iommu_platform=on,disable-legacy=on"}};
    case Kind::kPastIommu:
      return {{"virtio-gpu-pci,disable-legacy=on"}};
    case Kind::kEdu:
      return {{"edu"}};
    case Kind::kUsb:
      return {{"qemu-xhci"}};
    case Kind::kUsbStorage:
      return {{"qemu-xhci", "usb-storage,drive=stick" + number + ",serial=stick" + number}};
  }
  return {};
}

void add_part(Command& qemu, const Part& part, const std::string& id, const std::string& place) {
  add(qemu, "-device " + part.device + ",id=" + id + "," + place);
  if (!part.below.empty()) add(qemu, "-device " + part.below + ",bus=" + id + ".0");
}

std::string port(const std::string& id, const std::string& bus, int number) {
  const std::string n = std::to_string(number);
  return "id=" + id + ",bus=" + bus + ",chassis=" + n + ",slot=" + n;
}

// The functions of a card in one slot.
void add_functions(Command& qemu, const std::vector<Part>& parts, const std::string& card,
                   const std::string& bus, const std::string& slot) {
  for (size_t i = 0; i < parts.size(); ++i)
    add_part(qemu, parts[i], "card" + card + "-" + std::to_string(i),
             "bus=" + bus + ",addr=" + slot + "." + std::to_string(i) +
                 (i == 0 && parts.size() > 1 ? ",multifunction=on" : ""));
}

// Function 0 is the port of the machine's first card.
std::string function_of_ports(Place place, int number) {
  if (place != Place::kPortFunction && place != Place::kOpenPortFunction) return {};
  return ",multifunction=on,addr=10." + std::to_string(number - 1);
}

void add_card(Command& qemu, const Card& card, int number) {
  const std::string n = std::to_string(number);
  std::vector<Part> parts = parts_of(card.kind, n);
  if (!card.options.empty()) parts.front().device += "," + card.options;
  std::string bus = "pcie.0";
  if (card.place == Place::kRootBus) return add_functions(qemu, parts, n, bus, "1" + n);
  if (card.place == Place::kUnguarded) {
    bus = "unguarded";
    add(qemu, "-device pxb-pcie,id=" + bus + ",bus=pcie.0,bus_nr=64,bypass_iommu=on");
  }
  const bool open = card.place == Place::kOpenPort || card.place == Place::kOpenPortFunction;
  add(qemu, "-device pcie-root-port," + port("port" + n, bus, number) +
                (open ? ",disable-acs=on" : "") + function_of_ports(card.place, number) +
                (card.port_options.empty() ? "" : "," + card.port_options));
  if (card.place == Place::kPciBridge)
    add(qemu, "-device pcie-pci-bridge,id=bridge" + n + ",bus=port" + n);
  if (card.place == Place::kSwitch)
    add(qemu, "-device x3130-upstream,id=switch" + n + ",bus=port" + n);
  if (card.place != Place::kSwitch && card.place != Place::kPciBridge)
    return add_functions(qemu, parts, n, "port" + n, "0");
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string id = "card" + n + "-" + std::to_string(i);
    if (card.place == Place::kSwitch) {
      const std::string below = "below-" + id;
      add(qemu, "-device xio3130-downstream," +
                    port(below, "switch" + n, number * 16 + static_cast<int>(i)));
      add_part(qemu, parts[i], id, "bus=" + below);
    } else {
      add_part(qemu, parts[i], id, "bus=bridge" + n + ",addr=" + std::to_string(i + 1));
    }
  }
}

void add_stick(Command& qemu, const fs::path& place, int number) {
  const std::string name = "stick" + std::to_string(number);
  write_file(place / name, "");
  fs::resize_file(place / name, kStickSize);
  add(qemu, "-drive");
  qemu.push_back("if=none,format=raw,id=" + name + ",file=" + (place / name).string());
}

// The disks have fixed slots behind the cards, so that nothing moves when a card is added.
void add_disk(Command& qemu, const std::string& serial, const fs::path& image,
              const std::string& options, const std::string& slot) {
  add(qemu, "-device virtio-blk-pci,bus=pcie.0,addr=" + slot + ",drive=" + serial +
                ",serial=" + serial + " -drive");
  qemu.push_back("if=none,format=raw,id=" + serial + options + ",file=" + image.string());
}

void add_iommu(Command& qemu, Iommu iommu) {
  switch (iommu) {
    case Iommu::kIntel:
      return add(qemu, "-device intel-iommu,caching-mode=on,intremap=on");
    case Iommu::kIntelWithoutRemapping:
      return add(qemu, "-device intel-iommu,caching-mode=on,intremap=off");
    case Iommu::kIntelScalable:
      return add(qemu, "-device intel-iommu,caching-mode=on,intremap=on,x-scalable-mode=on");
    case Iommu::kAmd:
      return add(qemu, "-device amd-iommu,intremap=on");
    case Iommu::kAmdWithoutRemapping:
      return add(qemu, "-device amd-iommu,intremap=off");
    case Iommu::kVirtio:
      return add(qemu, "-device virtio-iommu-pci");
    case Iommu::kNone:
      return;
  }
}

// Two processors on one thread: with a thread for each, QEMU 7.2 now and then loses the race of a
// kernel that patches its own text ("Oops: int3"), and no second core is free anyway when two
// stories are told at a time. Its emulation of cmpxchg16b is not atomic either, with which a kernel
// now and then tears its own free lists. Counting instructions wants a single processor. Linux
// drives no AMD IOMMU without cmpxchg16b (since 6.8): such a machine has a single processor, too.
void add_processor(Command& qemu, const Machine& machine, const fs::path& vmlinux) {
  if (machine.icount)
    return add(qemu, "-accel tcg -cpu max,-cx16 -smp 1 -icount shift=0,sleep=off");
  if (accelerator(vmlinux, lab_directory()) == "kvm")
    return add(qemu, "-accel kvm -cpu host -smp 2");
  if (machine.iommu == Iommu::kAmd || machine.iommu == Iommu::kAmdWithoutRemapping)
    return add(qemu, "-accel tcg,thread=single -cpu max -smp 1");
  add(qemu, "-accel tcg,thread=single -cpu max,-cx16 -smp 2");
}

void add_ovmf(Command& qemu, const Machine& machine, const fs::path& place) {
  fs::path variables = place / "efi-variables";
  if (machine.variables)
    variables = machine.variables->file();
  else
    fs::copy_file(machine.secure_boot ? kSecureVariables : kOvmfVariables, variables);
  // Secure Boot's variables are written in system management mode alone.
  if (machine.secure_boot) add(qemu, "-global driver=cfi.pflash01,property=secure,value=on");
  add(qemu, std::string("-drive if=pflash,unit=0,format=raw,readonly=on,file=") +
                (machine.secure_boot ? kSecureCode : kOvmfCode));
  qemu.insert(qemu.end(), {"-drive", "if=pflash,unit=1,format=raw,file=" + variables.string()});
}

// What PVH starts runs neither the EFI stub nor the code that asks for a VESA mode.
void add_kernel(Command& qemu, const Machine& machine, const Images& images, const fs::path& initrd,
                const std::string& arguments) {
  const bool straight = machine.firmware == Firmware::kSeaBios;
  qemu.insert(qemu.end(), {"-kernel", straight ? images.vmlinux : images.bzimage});
  qemu.insert(qemu.end(), {"-initrd", initrd, "-append", arguments});
}

// What a boot loader is to hand over, in its order: GRUB_EARLY_INITRD_LINUX_CUSTOM comes first.
std::vector<fs::path> initrds(const Machine& machine, const Images& images, const fs::path& place) {
  const fs::path image = place / "initrd";
  if (boot_loader(machine.start).empty() || images.supplement.empty()) return {image};
  if (machine.start == Start::kGrub) return {images.supplement, image};
  return {image, images.supplement};
}

// QEMU makes a FAT file system of the directory, and the firmware finds \EFI\BOOT\BOOTX64.EFI
// there.
void add_boot_partition(Command& qemu, const Machine& machine, const Images& images,
                        const fs::path& place, const std::string& arguments) {
  const fs::path partition = place / "boot-partition";
  std::string what = boot_loader(machine.start);
  if (what.empty()) what = machine.start == Start::kSignedImage ? "signed-image" : "unified-image";
  Command command = {std::string(LAB_SCRIPTS) + "/build-boot-partition", what, partition,
                     images.bzimage, arguments};
  for (const fs::path& initrd : initrds(machine, images, place)) command.push_back(initrd);
  const Ending ending = run(command, place / "image.out", place / "image.err", kImageLimit);
  if (ending.status != 0)
    throw std::runtime_error(quoted(command) + "failed:\n" + read_file(place / "image.err"));
  add_disk(qemu, "boot", "fat:" + partition.string(), ",read-only=on", "1b");
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

std::string not_told(Start start) {
  if (start != Start::kGrub || fs::exists("/usr/bin/grub-mkstandalone")) return "";
  return "NOT TOLD: there is no grub-mkstandalone here. Remedy: install grub-efi-amd64-bin";
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
  std::error_code nobody_cares;
  fs::remove(file_, nobody_cares);
}

Command qemu_command(const Machine& machine, const Images& images, const fs::path& place) {
  Command qemu;
  add(qemu, "qemu-system-x86_64 -nodefaults -machine q35,kernel-irqchip=split -m " +
                std::to_string(machine.memory));
  add_processor(qemu, machine, images.vmlinux);
  add(qemu, "-display none -vga none -no-reboot -audiodev none,id=silence");
  if (machine.firmware == Firmware::kOvmf) add_ovmf(qemu, machine, place);
  add_iommu(qemu, machine.iommu);
  int number = 0;
  for (const Card& card : machine.cards) {
    if (++number; card.kind == Kind::kUsbStorage) add_stick(qemu, place, number);
    add_card(qemu, card, number);
  }
  add_disk(qemu, "root", images.root, ",snapshot=on", "1c");
  add_disk(qemu, "mailbox", place / "mailbox", "", "1d");
  add_disk(qemu, "overlay", place / "overlay.cpio", ",read-only=on", "1e");
  qemu.insert(qemu.end(), {"-serial", "file:" + (place / "console.log").string()});
  const char* video = machine.firmware == Firmware::kVesa ? " vga=0x344 " : " ";
  const std::string arguments = kArguments + (video + machine.arguments);
  if (machine.start == Start::kDirectly)
    add_kernel(qemu, machine, images, place / "initrd", arguments);
  else
    add_boot_partition(qemu, machine, images, place, arguments);
  return qemu;
}

}  // namespace lab
