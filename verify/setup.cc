// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/setup.h"

#include <fmt/format.h>

#include "host/text.h"
#include "plan/plan.h"
#include "plan/selection.h"
#include "plan/suggestion.h"

namespace verify {
namespace {

using Addresses = std::vector<host::PciAddress>;

Addresses functions_of(const plan::Configuration& configuration, const host::Machine& machine,
                       const std::string& name) {
  Addresses functions;
  for (const plan::Card& card : configuration.cards)
    if (card.name == name)
      for (const host::PciFunction* function : plan::select(card, machine).functions)
        functions.push_back(function->address);
  return functions;
}

Addresses functions_in(const host::Machine& machine, const host::PciSlot& slot) {
  Addresses functions;
  for (const host::PciFunction* function : machine.in_slot(slot))
    if (plan::is_card_class(*function)) functions.push_back(function->address);
  return functions;
}

// The steps that are still to be taken, numbered as they come.
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

std::string indented(std::string_view lines) {
  std::string out;
  for (const std::string_view line : host::split(lines, "\n"))
    out += line.empty() ? "\n" : fmt::format("  {}\n", line);
  return out;
}

void add_iommu(const Platform& platform, const host::Machine& machine, Steps& steps) {
  if (machine.has_iommu) return;
  std::string removal;
  for (const std::string& off : host::iommu_switched_off_by(machine.command_line))
    removal += indented(remove_parameter(platform, off));
  if (!removal.empty()) return steps.add("Let the kernel use the IOMMU", removal);
  steps.add("Switch on VT-d (Intel) or AMD-Vi / IOMMU (AMD) in the firmware setup",
            platform.cpu_vendor == "GenuineIntel"
                ? indented("and " + add_parameter(platform, "intel_iommu=on"))
                : "");
}

}  // namespace

std::string libvirt_xml(const Addresses& functions) {
  std::string xml;
  for (const host::PciAddress& address : functions)
    xml += fmt::format(
        "<hostdev mode='subsystem' type='pci' managed='no'>\n"
        "  <source>\n"
        "    <address domain='0x{:04x}' bus='0x{:02x}' slot='0x{:02x}' function='0x{:x}'/>\n"
        "  </source>\n"
        "</hostdev>\n",
        address.slot.domain, address.slot.bus, address.slot.device, address.function);
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

std::string setup_text(const Platform& platform, const host::Machine& machine,
                       const plan::Configuration& configuration, const std::string& card) {
  const bool configured = configuration.sections.contains(card);
  const auto slot = host::PciSlot::parse(card);
  const Addresses functions = configured ? functions_of(configuration, machine, card)
                              : slot     ? functions_in(machine, *slot)
                                         : Addresses();
  if (functions.empty()) return {};

  Steps steps;
  if (!configured)
    steps.add(fmt::format("Name the card in {}", configuration.files.empty()
                                                     ? plan::kConfigurationFile
                                                     : configuration.files.front()),
              indented(plan::section_for(machine, *slot, "card")));
  add_iommu(platform, machine, steps);
  bool bound = configured;
  for (const host::PciAddress& address : functions)
    bound = bound && machine.find(address)->driver.find("vfio") != std::string::npos;
  if (!bound) {
    steps.add("Put it into the initramfs", indented(rebuild_image(platform)));
    steps.add("After the reboot, see that all is well", "  vfio-verify\n");
  }
  steps.add("Give it to a guest of libvirt (virsh edit DOMAIN), among <devices>",
            indented(libvirt_xml(functions)));
  steps.add("Or to QEMU's command line, of a q35 machine", indented(qemu_arguments(functions)));
  return steps.text();
}

}  // namespace verify
