// SPDX-License-Identifier: GPL-2.0-or-later
//
// The machines of the boot tests: QEMU's q35 with a firmware, an IOMMU and cards.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/lab/qemu.h"

namespace lab {

struct Images;

// The firmware, and the boot framebuffer that the kernel finds on the boot display.
enum class Firmware {
  kSeaBios,  // none: text mode
  kVesa,     // SeaBIOS that sets a VESA mode (vga=0x344): vesafb, or simpledrm
  kOvmf,     // UEFI: efifb, or simpledrm
};

// How the machine gets its kernel, its initramfs and its command line.
enum class Start {
  kDirectly,  // QEMU loads them
  // The others need kOvmf and boot from a boot partition:
  kUnifiedImage,  // they are one EFI program
  kSignedImage,   // the same, signed with a key that secure_boot trusts
  kGrub,          // GRUB, with the supplement listed in front of the image
  kSystemdBoot,   // systemd-boot, with the supplement listed behind the image
  kRefind,        // rEFInd, with the supplement listed behind the image
};

// The name of the boot loader, "grub"; "" if none is used.
std::string boot_loader(Start start);

// The reason why no machine can start this way here; "" if it can.
std::string skip_reason(Start start);

// The IOMMU, which translates the cards' DMA.
enum class Iommu {
  kIntel,                  // intel-iommu with interrupt remapping
  kIntelWithoutRemapping,  // the same without
  kIntelScalable,          // kIntel in scalable mode
  kIntelX2apic,            // kIntel with interrupts in x2APIC mode; always emulated, without KVM
  kAmd,                    // amd-iommu with interrupt remapping; it is one function of the machine
  kAmdWithoutRemapping,    // the same without
  kAmdUntranslated,        // kAmd without DMA translation, an option of QEMU 11
  kVirtio,                 // virtio-iommu: its driver is a module, and loads late
  kNone,
};

// The functions of a card, from 0 on. The images of the tests force bochs and snd_hda_intel.
enum class Kind {
  kGraphics,  // secondary-vga (1234:1111, class 0380, bochs-drm) and intel-hda (8086:2668, class
              // 0403, snd_hda_intel)
  kWithUsb,   // kGraphics and a qemu-xhci (1b36:000d, class 0c03, xhci_hcd)
  kVga,       // kGraphics with VGA (1234:1111, class 0300): a display that SeaBIOS can use
  kDisplay,   // bochs-display alone (1234:1111, class 0380, bochs-drm)
  kApu,       // kGraphics, an edu (1234:11e8, class 00ff, no driver) and a qemu-xhci
  kNetwork,   // e1000e (8086:10d3, class 0200). Card N has the MAC 52:54:00:00:00:0N and so the
              // PCIe serial number 52-54-00-ff-ff-00-00-0N
  kVirtio,    // virtio-net-pci (1af4:1041, class 0200); virtio-pci is built into 6.12, a module
              // of 6.1
  kNvme,      // nvme (1b36:0010, class 0108, nvme) with no disk behind it
  kSriovNetwork,  // igb (8086:10c9, class 0200, igb) with up to 7 virtual functions (8086:10ca,
                  // igbvf), which appear at BUS:10.0, BUS:10.2, …
  kSriovNvme,     // kNvme with up to 2 virtual functions, at BUS:00.1 and BUS:00.2
  kVirtioGpu,     // virtio-gpu-pci (1af4:1050, class 0380; virtio-pci as in kVirtio) with DMA
                  // through the IOMMU
  kVirtioGpuBypassingIommu,  // the same, with DMA that bypasses the IOMMU
  kEdu,                      // edu (1234:11e8, class 00ff, no driver)
  kUsb,                      // qemu-xhci (1b36:000d, class 0c03, xhci_hcd)
  kNone,                     // nothing: the port above is empty
  kUsbStorage,  // kUsb with an empty stick of 16 MB, which has its card's number as its serial
                // number ("stick1")
};

enum class Upstream {
  kRootPort,     // a port of its own: 0000:01:00, 0000:02:00, … in the order of Machine::cards
  kBypassIommu,  // a host bridge that bypasses the IOMMU: no group, at 0000:41:00
  kSwitch,     // each function behind a port of its own of one switch. As the first card: 03:00.0,
               // 04:00.0, …, below the ports 02:00.0, 02:01.0, …, below the switch at 01:00.0
  kPciBridge,  // each function a device of its own below one PCIe-to-PCI bridge. As the first card:
               // 02:01.0, 02:02.0, …, below the bridge at 01:00.0
  kPortWithoutAcs,  // as kRootPort, below a port without an ACS capability
  // On the root bus itself: 0000:00:11, 0000:00:12, … Behind a port, QEMU 7.2's amd-iommu stops
  // all DMA.
  kRootBus,
  kPortFunction,  // as kRootPort, but the ports are functions of one device: 00:10.0, 00:10.1, …
  kPortFunctionWithoutAcs,  // the same with kPortWithoutAcs's ports
};

struct Card {
  Upstream upstream = Upstream::kRootPort;
  Kind kind = Kind::kGraphics;
  std::string options = {};       // of QEMU's device that is function 0: "romfile="
  std::string port_options = {};  // of the root port above: "x-width=4"
};

// The EFI variables of a board. They keep their contents from boot to boot. A boot without this
// object gets fresh variables.
//
//   lab::EfiVariables variables;
//   lab::boot({.firmware = lab::Firmware::kOvmf, .variables = &variables}, …);  // and again
class EfiVariables {
 public:
  EfiVariables();
  ~EfiVariables();
  EfiVariables(const EfiVariables&) = delete;
  EfiVariables& operator=(const EfiVariables&) = delete;

  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
};

// A slot that the firmware describes (SMBIOS type 9).
struct SlotLabel {
  std::string label;
  std::string address;  // of its port or its device
};

// The default: two identical cards and no other display.
struct Machine {
  std::string kernel;  // of tests/kernels, or one that ci/kernel built: "test-6.12"
  Firmware firmware = Firmware::kSeaBios;
  EfiVariables* variables = nullptr;  // of kOvmf
  Start start = Start::kDirectly;
  bool secure_boot = false;  // of kOvmf: Debian's kernel is locked down then
  Iommu iommu = Iommu::kIntel;
  std::vector<Card> cards = {{}, {}};
  std::string arguments = {};  // added to the kernel command line
  int memory = 1024;           // MiB
  bool icount = false;         // time is counted instructions: repeatable, never with KVM
  std::vector<SlotLabel> slot_labels = {};
  // What the guest writes to /dev/ttyS1, QEMU's monitor executes: "device_add edu,bus=port1".
  bool monitor = false;
};

// The first feature of this machine that the installed QEMU lacks, in the format of the function of
// the same name for a command; "": none is missing.
std::string missing_in_qemu(const Machine& machine);

// The command that starts QEMU in `upstream`, the directory of a boot. Creates the files that it
// needs there, except initrd, mailbox and overlay.cpio.
Command qemu_command(const Machine& machine, const Images& images,
                     const std::filesystem::path& upstream);

}  // namespace lab
