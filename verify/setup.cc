// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/setup.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "host/text.h"
#include "plan/card_functions.h"
#include "plan/suggestion.h"
#include "verify/check/check.h"
#include "verify/check/checks.h"
#include "verify/check/environment.h"
#include "verify/check/iommufd.h"
#include "verify/check/platform_remedies.h"
#include "verify/inspect/boot/version_order.h"
#include "verify/output/wrapped.h"

namespace verify {
namespace {

using Addresses = std::vector<host::PciAddress>;

// The remaining steps, with numbers.
class Steps {
 public:
  void add(const std::string& what, const std::string& text) {
    text_ += fmt::format("{}{}. {}\n\n{}", text_.empty() ? "" : "\n", ++number_, what, text);
  }
  const std::string& text() const { return text_; }

 private:
  int number_ = 0;
  std::string text_;
};

constexpr size_t kMargin = 2;

// Text to copy is not wrapped.
std::string indented(std::string_view lines) {
  std::string out;
  for (const std::string_view line : host::split(lines, "\n"))
    out += line.empty() ? "\n" : fmt::format("  {}\n", line);
  return out;
}

std::string sentence(std::string_view text) {
  return std::string(kMargin, ' ') + wrapped(text, kMargin, kMargin) + "\n";
}

std::string remedy_text(const Remedy& remedy) {
  std::string out;
  for (const Remedy::Step& step : remedy.steps()) {
    out += sentence(step.text);
    for (const std::string& command : step.commands)
      out += std::string(kMargin + 2, ' ') + command + "\n";
  }
  return out;
}

// What the checks of these chapters find, a guest meets as well. The other chapters have steps of
// their own here, or the machine works without them.
constexpr const Chapter* kNeededChapters[] = {
    &kIommuChapter, &kInterruptChapter, &kGroupChapter, &kIsolationChapter,
    &kPowerChapter, &kResetChapter,     &kBarChapter};

std::string what_to_do(std::string_view id, const Finding& finding) {
  constexpr std::pair<std::string_view, const char*> kFailed[] = {
      {"iommu.present", "Make the kernel use an IOMMU"},
      {"iommu.group", "Get an IOMMU group for the card"},
      {"iommu.reserved", "Make the firmware release the card's memory"},
      {"irq.remapping", "Make the kernel remap interrupts"},
      {"group.isolated", "Isolate the card from the other functions of its IOMMU group"},
      {"reset.method", "Make a reset of the card possible"},
      {"bar.free", "Free the card's memory"}};
  if (finding.status == Status::kWarn) return fmt::format("Read the warning of {}", id);
  for (const auto& [failed, words] : kFailed)
    if (failed == id) return words;
  return fmt::format("Fix what {} reports", id);
}

// Is it fixed by a step of its own? A finding that another check explains is fixed with that one.
bool needs_step(const Finding& finding) {
  return (finding.status == Status::kFail || finding.status == Status::kWarn) &&
         !finding.remedy.empty() && finding.cause.empty();
}

// Adds a step for each failed check and each warning. Functions and checks with the same remedy
// have one step.
void add_findings(const Inspection& inspection, Steps& steps) {
  std::vector<Remedy> known;
  for (const Chapter* chapter : kNeededChapters)
    for (const Check& check : chapter->checks)
      for (const Finding& finding : findings_of(check.id, inspection)) {
        if (!needs_step(finding) ||
            std::find(known.begin(), known.end(), finding.remedy) != known.end())
          continue;
        known.push_back(finding.remedy);
        const std::string subject = finding.subject == kHost ? "" : finding.subject + ": ";
        steps.add(what_to_do(check.id, finding),
                  sentence(subject + finding.evidence) + remedy_text("-> " + finding.remedy));
      }
}

// A graphics card is named by its slot, another function by its own address.
std::string section_for(const Inspection& inspection, const std::string& name) {
  const host::PciFunction& first = inspection.functions.front().function;
  if (plan::are_of_one_card(inspection.machine, first, first))
    return plan::section_for(inspection.machine, first.address.slot, name);
  std::vector<const host::PciFunction*> functions;
  for (const host::PciAddress& address : inspection.addresses())
    if (const host::PciFunction* function = inspection.machine.find(address))
      functions.push_back(function);  // with its serial number
  return plan::section_for(functions, name);
}

// Suggests an identity for a section that has only an address: after an update, another device may
// have that address.
void add_identity(const Inspection& inspection, const config::Card& card, Steps& steps) {
  if (!card.identity.empty() || card.id || card.serial) return;
  const std::string section = section_for(inspection, card.name);
  for (const std::string_view line : host::split(section, "\n"))
    if (line.starts_with("identity"))
      steps.add(
          fmt::format("Pin the card to its identity: add to [{}], {}", card.name, card.where()),
          indented(line));
}

std::string staying_text(const host::Machine& machine, const host::PciSlot& slot) {
  const auto staying = plan::functions_that_stay(machine, slot);
  return staying.empty()
             ? ""
             : "\n" +
                   sentence(
                       "These are in the card's slot, but not a part of the card, and stay with the host: " +
                       host::join(staying, ", "));
}

// What the user should know before the section is used.
std::string notes_on(const host::Machine& machine, const host::PciFunction& function) {
  std::string notes;
  if (function.is_virtual()) {
    const std::string physical = function.physical_function->str();
    return "\n" +
           sentence("It is a virtual function of " + physical +
                    ", so it does not exist at boot: it is claimed when the driver of " + physical +
                    " creates it. Before that, write 0 to " + function.physical_function->sysfs() +
                    "/sriov_drivers_autoprobe, so that no host driver binds it first.");
  }
  if (plan::may_be_needed_by_host(function))
    notes = "\n" + sentence(fmt::format(
                       "It is a {}. Do not give it to a guest if the host needs it.",
                       function.is_class("0601") ? "bridge" : "storage or network function"));
  const auto functions = machine.in_slot(function.address.slot);
  if (std::any_of(functions.begin(), functions.end(),
                  [](auto* each) { return each->boot_display; }))
    notes +=
        "\n" +
        sentence(
            "This card is the boot display: the firmware, the boot menu and the first messages of the kernel are shown on it.");
  if (plan::is_bmc_display(function))
    notes +=
        "\n" + sentence("This is the display of the BMC, which is usually the host's console.");
  return notes + staying_text(machine, function.address.slot);
}

void add_refusal(const config::Refusal& refusal, Steps& steps) {
  steps.add(refusal.awaited ? "Make the card appear"
                            : "Fix the reason why vfio-early does not claim the card",
            sentence(refusal.where() + ": " + refusal.why) + sentence("-> " + refusal.remedy));
}

// The section, and what would keep vfio-early from claiming its card.
void add_section(const Inspection& inspection, const config::Configuration& configuration,
                 Steps& steps) {
  const host::PciFunction& first = inspection.functions.front().function;
  const std::string name = plan::name_for(inspection.machine, first, configuration);
  const std::string section = section_for(inspection, name);
  steps.add(
      fmt::format("Add the card to {}", configuration.files.empty() ? inspection.configuration_file
                                                                    : configuration.files.front()),
      indented(section) + notes_on(inspection.machine, first));
  if (const auto refusal = plan::refusal_of(section, name, configuration, inspection.machine))
    steps.add("Fix the reason why vfio-early would not claim the card",
              sentence(refusal->why) + sentence("-> " + refusal->remedy));
}

void add_configuration(const Inspection& inspection, const config::Configuration& configuration,
                       Steps& steps) {
  const ConfiguredFunction& first = inspection.functions.front();
  if (first.claim_status == ClaimStatus::kUnconfigured)
    return add_section(inspection, configuration, steps);
  for (const config::Card& card : configuration.cards)
    if (card.name == first.card) add_identity(inspection, card, steps);
  for (const config::Refusal& refusal : inspection.refusals) add_refusal(refusal, steps);
}

bool is_bound(const ConfiguredFunction& function) {
  return function.claim_status == ClaimStatus::kClaimed &&
         function.function.driver.find("vfio") != std::string::npos;
}

// The display of an Intel processor, which is always at this address. Guests and their firmware
// expect it there too, and need its OpRegion, which describes its outputs (docs/igd-assign.txt in
// QEMU).
bool is_intel_igpu(const host::PciFunction& function) {
  return function.id.vendor == 0x8086 && function.is_class("03") &&
         function.address.str() == "0000:00:02.0";
}

// vfio_pci_is_intel_display() in drivers/vfio/pci/vfio_pci_igd.c; before 6.15, vfio-pci offered the
// OpRegion of a VGA controller only. The firmware makes the iGPU one if it is the primary display.
bool has_opregion(const Inspection& inspection, const host::PciFunction& igpu) {
  return igpu.is_class("0300") || compare_versions(inspection.machine.kernel_release, "6.15") >= 0;
}

std::string igpu_text(const Inspection& inspection, const host::PciFunction& igpu) {
  if (!has_opregion(inspection, igpu))
    return "\n" +
           sentence(
               "The iGPU is not the primary display, so this kernel does not offer its OpRegion, and its outputs stay dark in some guests.") +
           sentence(
               "-> make it the primary display in the firmware setup, or use Linux 6.15 or later");
  return "\n" +
         sentence(
             "QEMU before 10.1 also needs x-igd-opregion=on for the outputs of an Intel iGPU.");
}

// The machine type q35 is needed for pcie=1.
void add_proxmox_guest(const Inspection& inspection, Steps& steps) {
  steps.add(
      "Give the card to a VM of Proxmox VE that has the machine type q35",
      indented("qm set VMID" + proxmox_options(inspection.machine, inspection.addresses()) + "\n"));
}

void add_guest(const Inspection& inspection, Steps& steps) {
  if (inspection.platform.is_proxmox) return add_proxmox_guest(inspection, steps);
  const host::PciFunction& first = inspection.functions.front().function;
  const Addresses addresses = inspection.addresses();
  const bool igpu = addresses.size() == 1 && is_intel_igpu(first);
  const HostdevChoice choice{
      .in_guest = igpu ? &first.address : nullptr,
      .iommufd = inspection.guest && libvirt_can_use_iommufd(inspection.guest->iommufd)};
  steps.add("Give the card to a guest of libvirt: add to <devices> (virsh edit DOMAIN)",
            indented(libvirt_xml(addresses, choice)) + (igpu ? igpu_text(inspection, first) : ""));
  steps.add("Or add to QEMU's command line, for a q35 machine",
            indented(igpu ? igpu_qemu_arguments(first.address, has_opregion(inspection, first))
                          : qemu_arguments(addresses)));
}

// The rest follows from the card, when it is there.
std::string text_of_away_card(const Inspection& inspection) {
  Steps steps;
  for (const config::Refusal& refusal : inspection.refusals)
    if (refusal.awaited) add_refusal(refusal, steps);
  return steps.text();
}

}  // namespace

std::string libvirt_xml(const Addresses& functions, const HostdevChoice& choice) {
  const auto attributes = [](const host::PciAddress& address) {
    return fmt::format("domain='0x{:04x}' bus='0x{:02x}' slot='0x{:02x}' function='0x{:x}'",
                       address.slot.domain, address.slot.bus, address.slot.device,
                       address.function);
  };
  std::string xml;
  for (const host::PciAddress& address : functions)
    xml += fmt::format(
        "<hostdev mode='subsystem' type='pci' managed='no'>\n"
        "{}"
        "  <source>\n"
        "    <address {}/>\n"
        "  </source>\n"
        "{}"
        "</hostdev>\n",
        choice.iommufd ? "  <driver iommufd='yes'/>\n" : "", attributes(address),
        choice.in_guest ? fmt::format("  <address type='pci' {}/>\n", attributes(*choice.in_guest))
                        : "");
  return xml;
}

std::string qemu_arguments(const Addresses& functions) {
  std::string arguments = "-device pcie-root-port,id=gpu,chassis=16";
  for (size_t i = 0; i < functions.size(); ++i)
    arguments +=
        fmt::format(" \\\n-device vfio-pci,host={},bus=gpu,addr=0.{}{}", functions[i].str(), i,
                    i == 0 && functions.size() > 1 ? ",multifunction=on" : "");
  return arguments + "\n";
}

std::string igpu_qemu_arguments(const host::PciAddress& address, bool opregion) {
  return fmt::format("-device vfio-pci,host={},bus=pcie.0,addr={:02x}.{}{}\n", address.str(),
                     address.slot.device, address.function, opregion ? ",x-igd-opregion=on" : "");
}

std::string proxmox_options(const host::Machine& machine, const Addresses& functions) {
  std::map<host::PciSlot, std::vector<std::string>> slots;
  for (const host::PciAddress& address : functions) slots[address.slot].push_back(address.str());
  std::string options;
  int number = 0;
  for (const auto& [slot, addresses] : slots) {
    const auto in_slot = machine.in_slot(slot);
    const bool whole = in_slot.size() == addresses.size() && !in_slot.front()->is_virtual();
    const std::string host = whole ? slot.str() : host::join(addresses, ";");
    const bool quoted = host.find(';') != host.npos;
    options += fmt::format(" -hostpci{} {}{},pcie=1{}", number++, quoted ? "'" : "", host,
                           quoted ? "'" : "");
  }
  return options;
}

std::string setup_text(const Inspection& inspection, const config::Configuration& configuration) {
  const auto& functions = inspection.functions;
  if (functions.empty()) return text_of_away_card(inspection);

  Steps steps;
  add_configuration(inspection, configuration, steps);
  add_findings(inspection, steps);
  // Without the machine's IOMMU, no guest of this kernel can get the card.
  if (!inspection.has_iommu() && !environment_evidence(inspection).empty()) return steps.text();
  if (!std::all_of(functions.begin(), functions.end(), is_bound)) {
    steps.add("Include it in the initramfs", remedy_text(include_in_image(inspection.platform)));
    steps.add("After the reboot, check the result", "  vfio-verify\n");
  }
  // The device at the address may not be the one that the user wants to give to a guest.
  if (std::any_of(functions.begin(), functions.end(), [](const ConfiguredFunction& function) {
        return function.claim_status == ClaimStatus::kRefused;
      }))
    return steps.text();
  add_guest(inspection, steps);
  return steps.text();
}

}  // namespace verify
