// SPDX-License-Identifier: GPL-2.0-or-later
//
// rom.*: the card's option ROM. A guest's firmware loads the driver from it that shows the first
// picture. QEMU reads the ROM through VFIO, or from a file (romfile=).
#include <fmt/format.h>

#include "host/text.h"
#include "verify/check/check.h"
#include "verify/check/each.h"
#include "verify/check/unreadable.h"

namespace verify {
namespace {

using hardware::OptionRom;
using State = OptionRom::State;

// Does the function show a picture? A 3D controller (class 0302) has no connector.
bool is_display(const ConfiguredFunction& function) {
  return function.function.is_class("03") && !function.function.is_class("0302");
}

constexpr const char* kRomFile =
    "give the guest the card's ROM as a file (QEMU: romfile=, libvirt: <rom file=…/>). Read the ROM while another card is the boot display, or get it from the manufacturer";

Finding judge_absent(const ConfiguredFunction& function) {
  if (!is_display(function))
    return pass(function.address(), "it has no option ROM, and does not need one");
  return warn(function.address(),
              "it has no option ROM: the guest shows no picture before its own driver runs",
              "if the guest's driver needs it, " + std::string(kRomFile));
}

Finding judge_shadow(const ConfiguredFunction& function) {
  return warn(
      function.address(),
      fmt::format(
          "this was the boot display: a guest gets the copy of the ROM that the firmware left at 0xc0000{}",
          function.hardware.rom.state == State::kRejected ? ", which is not a valid ROM"
                                                          : ", which may have been changed"),
      kRomFile);
}

Finding judge_unread(const ConfiguredFunction& function) {
  const std::string address = function.address();
  const OptionRom& rom = function.hardware.rom;
  switch (rom.state) {
    case State::kNotCaptured:
      return skip(address, "not read: no device is opened");
    case State::kOnDriver:
      return caused_by("bind.driver",
                       unknown(address,
                               function.function.driver.empty()
                                   ? std::string("not read: the function is not bound to a driver")
                                   : "not read: the function is bound to " +
                                         function.function.driver + ", not to a vfio driver",
                               claim("bind it to vfio-pci:")));
    case State::kInUse:
      return unknown(address, "not read: a guest uses its group",
                     "stop the guest and run vfio-verify again");
    case State::kAsleep:
      return unknown(address, "not read: it sleeps, and is not woken", keep_awake(address));
    case State::kSwitchedOff:
      return unknown(address, "not read: it decodes no memory until a guest enables it",
                     "if the guest shows no picture, " + std::string(kRomFile));
    case State::kUnassigned:
      return unknown(address, "not read: the kernel has not assigned an address to it",
                     "if the guest shows no picture, " + std::string(kRomFile));
    case State::kForbidden:
      return unknown(address, "only root may read it", kRunAsRoot);
    default:
      return unknown(address,
                     rom.error ? host::describe(*rom.error) : std::string("it could not be read"),
                     see_kernel_log());
  }
}

bool was_read(const OptionRom& rom) {
  return rom.state == State::kRead || rom.state == State::kRejected;
}

Finding judge_readable(const Inspection& inspection, const ConfiguredFunction& function) {
  const OptionRom& rom = function.hardware.rom;
  if (function.hardware.windows.empty())
    return unknown(function.address(), "its resources cannot be read", read_as_root(inspection));
  if (rom.state == State::kNone) return judge_absent(function);
  if (!was_read(rom)) return judge_unread(function);
  if (rom.shadow) return judge_shadow(function);
  return pass(function.address(),
              fmt::format("it can be read ({})", hardware::size_text(rom.bytes)));
}

// The kernel's message about a ROM that it rejects: pci_get_rom_size in drivers/pci/rom.c.
std::string kernel_rom_message(const Inspection& inspection, const std::string& address) {
  if (!inspection.kernel_log) return {};
  const std::string head = address + ": Invalid PCI ROM";
  const auto& lines = inspection.log_index().about(address);
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    if (const size_t at = (*line)->text.find(head); at != std::string::npos)
      return " (" + (*line)->text.substr(at + address.size() + 2) + ")";
  return {};
}

Finding judge_valid(const Inspection& inspection, const ConfiguredFunction& function) {
  const OptionRom& rom = function.hardware.rom;
  const std::string address = function.address();
  std::vector<std::string> images;
  for (const hardware::RomImage& image : rom.rom.images) images.push_back(image.str());
  if (images.empty())
    return warn(address,
                "no option ROM was found in the data that was read" +
                    (rom.rom.fault.empty() || rom.state == State::kRejected
                         ? kernel_rom_message(inspection, address)
                         : ": " + rom.rom.fault),
                kRomFile);
  const std::string found = host::join(images, "; ");
  if (!rom.rom.fault.empty())
    return warn(address, found + "; then " + rom.rom.fault + ", and a guest's firmware stops there",
                kRomFile);
  return pass(address, found);
}

Finding judge_uefi(const ConfiguredFunction& function) {
  const hardware::Rom& rom = function.hardware.rom.rom;
  const std::string address = function.address();
  if (rom.images.empty()) return caused_by("rom.valid", skip(address, "no image was found"));
  if (rom.has_uefi_for(hardware::kX64)) return pass(address, "it has a UEFI driver for x64");
  const char* found = rom.holds(hardware::kUefiCode)
                          ? "its UEFI driver is for a different processor"
                          : "it has no UEFI driver";
  if (!is_display(function))
    return pass(address, std::string(found) + "; only a display needs one");
  return warn(
      address,
      std::string(found) + ": a guest with OVMF shows no picture before its own driver runs",
      "use SeaBIOS for the guest; or get a ROM with UEFI (\"GOP\") from the card's manufacturer, and give it to the guest as a file (romfile=)");
}

// Without the function's resources, it is unknown whether it has a ROM.
bool may_have_rom(const ConfiguredFunction& function) {
  return function.hardware.windows.empty() || function.hardware.rom.state != State::kNone;
}

// Judges the functions whose ROM was read.
template <auto kJudge>
Findings each_read(const Inspection& inspection) {
  Findings findings;
  bool any_unread = false;
  for (const ConfiguredFunction& function : inspection.functions) {
    any_unread = any_unread || may_have_rom(function);
    if (was_read(function.hardware.rom))
      findings.push_back(judge_one<kJudge>(inspection, function));
  }
  if (!findings.empty() || inspection.functions.empty()) return findings;
  if (any_unread) return {caused_by("rom.readable", skip(kHost, "no option ROM was read"))};
  return {caused_by("rom.readable", pass(kHost, "no option ROM found"))};
}

constexpr Check kChecks[] = {
    {"rom.readable", "Can a guest's firmware read the option ROM?", R"(
The ROM is enabled for this check, but only while the function is bound to a vfio driver, awake,
and in a group that is not in use. The group is held in the meantime. In all other cases the check
is unknown. Warns if the ROM is a copy that the firmware left in memory, as for the boot display,
and for a display without a ROM.)",
     each_function<judge_readable>, Weight::kAdvises},
    {"rom.valid", "Is the option ROM valid?", R"(
The finding names its images: BIOS, UEFI.)",
     each_read<judge_valid>, Weight::kAdvises},
    {"rom.uefi", "Does the option ROM have a UEFI driver?", R"(
With one, a guest with OVMF shows a picture before its own driver runs. Warns for a display
without one.)",
     each_read<judge_uefi>, Weight::kAdvises},
};

}  // namespace

constexpr Chapter kRomChapter{"Device memory", kChecks};

}  // namespace verify
