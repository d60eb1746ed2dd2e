// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/takers.h"

#include <fmt/format.h>

#include "plan/warnings.h"
#include "verify/check/platform_remedies.h"

namespace verify {
namespace {

// Those that bind the driver that the function has now.
std::vector<const plan::Taker*> culprits(const Inspection& inspection,
                                         const ConfiguredFunction& function) {
  auto found = takers_of(inspection, function.function.address);
  std::erase_if(
      found, [&](const plan::Taker* taker) { return !taker->explains(function.function.driver); });
  return found;
}

Remedy join(const std::vector<const plan::Taker*>& takers) {
  Remedy remedy;
  for (const plan::Taker* taker : takers) remedy = std::move(remedy).then(remedy_of(*taker));
  return remedy;
}

}  // namespace

std::vector<const plan::Taker*> takers_of(const Inspection& inspection,
                                          const host::PciAddress& address) {
  std::vector<const plan::Taker*> found;
  for (const plan::Taker& taker : inspection.other_settings.takers)
    if (taker.address == address) found.push_back(&taker);
  return found;
}

Remedy remedy_of(const plan::Taker& taker) {
  if (taker.command.empty()) return taker.remedy;
  return {taker.remedy, {taker.command}};
}

bool is_lost(const Inspection& inspection, const ConfiguredFunction& function) {
  const auto* record = inspection.recorded(function.function.address);
  return record && record->state == record::State::kBound &&
         function.function.driver != record->wanted_driver;
}

std::string loss(const Inspection& inspection, const ConfiguredFunction& function) {
  const auto* record = inspection.recorded(function.function.address);
  const std::string& driver = function.function.driver;
  std::string words =
      fmt::format("it was bound in {}, and lost later{}",
                  record && record->in_initramfs ? "the initramfs" : "the booted system",
                  driver.empty() ? "" : " to " + driver);
  for (const plan::Taker* culprit : culprits(inspection, function)) words += "; " + culprit->what;
  return words;
}

Remedy remedy_of_loss(const Inspection& inspection, const ConfiguredFunction& function) {
  const auto known = culprits(inspection, function);
  if (!known.empty()) return join(known);
  const std::string address = function.address();
  return Remedy("find the program or the unit that changed its driver:",
                {"dmesg | grep " + address, "grep -rl " + address + " /etc /usr/local"})
      .then("change that program, then reboot; the initramfs is correct");
}

Remedy remove_stub(const Inspection& inspection, const ConfiguredFunction& function) {
  Remedy remedy;
  for (const host::ModuleOption& option : inspection.other_settings.stub_options) {
    if (option.name != "ids" || !plan::ids_match(option.value, function.function)) continue;
    remedy = std::move(remedy).then(
        option.is_on_command_line()
            ? remove_parameter(inspection.platform, "pci-stub.ids=" + option.value)
            : "remove the option ids= from " + option.where + "; " +
                  rebuild_image(inspection.platform));
  }
  if (!remedy.empty()) return remedy;
  return "find what binds it to pci-stub, and remove it: pci-stub.ids= in the boot loader's configuration, modprobe.d or a script";
}

}  // namespace verify
