// SPDX-License-Identifier: GPL-2.0-or-later
//
// reset.*: how the card is reset between two guests. A function that cannot be reset alone is reset
// with its bus, if all functions on the bus belong to the same guest (vfio_pci_dev_set_hot_reset in
// drivers/vfio/pci/vfio_pci_core.c).
#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "host/text.h"
#include "plan/card_functions.h"
#include "verify/check/check.h"
#include "verify/check/each.h"
#include "verify/check/platform_remedies.h"
#include "verify/check/separation.h"
#include "verify/check/unreadable.h"
#include "verify/inspect/hardware/reset_bug.h"
#include "verify/output/listed.h"

namespace verify {
namespace {

using host::PciFunction;

// Is `other` given to the same guest? Without a section, a function stands for its whole card.
bool is_same_card(const Inspection& inspection, const ConfiguredFunction& function,
                  const PciFunction& other) {
  if (function.claim_status == ClaimStatus::kUnconfigured &&
      plan::are_of_one_card(inspection.machine, function.function, other))
    return true;
  return std::any_of(inspection.functions.begin(), inspection.functions.end(), [&](const auto& f) {
    return f.card == function.card && f.function.address == other.address;
  });
}

// No slot separates the functions of one card, and the host keeps what it needs.
std::string remedy_for_bus(const Inspection& inspection, const ConfiguredFunction& function,
                           const std::vector<const PciFunction*>& unrelated) {
  const bool of_the_card =
      std::all_of(unrelated.begin(), unrelated.end(), [&](const PciFunction* other) {
        return plan::are_of_one_card(inspection.machine, function.function, *other);
      });
  std::vector<const PciFunction*> of_host;
  for (const PciFunction* other : unrelated)
    if (plan::stays_with_host(inspection.machine, *other)) of_host.push_back(other);
  // An APU's USB controllers, or the other ports of a network card.
  if (std::any_of(of_host.begin(), of_host.end(), [&](const PciFunction* other) {
        return other->address.slot == function.function.address.slot;
      }))
    return "leave the host's functions with the host: no slot separates the functions of one device. If the card does not work in the next guest, power-cycle the machine";
  if (!of_host.empty()) return "move the card to a slot where it is alone";
  return fmt::format("give these functions to the same guest, as functions of [{}] in {}{}",
                     function.card, inspection.configuration_file,
                     of_the_card ? "" : "; or move the card to a slot where it is alone");
}

// The card's display function, whose reset also resets the other functions.
const ConfiguredFunction& display_of(const Inspection& inspection,
                                     const ConfiguredFunction& function) {
  for (const ConfiguredFunction& other : inspection.functions)
    if (other.function.address.slot == function.function.address.slot &&
        !hardware::reset_bug(other.function.id).empty())
      return other;
  return function;
}

Remedy use_vendor_reset(const Inspection& inspection, const ConfiguredFunction& function,
                        const ConfiguredFunction& display) {
  const std::string install =
      "install the module vendor-reset (github.com/gnif/vendor-reset), and ";
  if (function.claim_status == ClaimStatus::kUnconfigured)
    return {install + "run this before a guest starts:",
            {"modprobe vendor-reset",
             fmt::format("echo device_specific > /sys/bus/pci/devices/{}/reset_method",
                         display.address())}};
  return Remedy(fmt::format("{}add to [{}] in {}:", install, function.card,
                            inspection.configuration_file),
                {"modules = vendor-reset", "reset-method = device_specific"})
      .then(rebuild_image(inspection.platform));
}

// The only fix is the module vendor-reset, which is not part of Linux. It resets these cards as the
// vendor's driver does.
Finding judge_reset_bug(const Inspection& inspection, const ConfiguredFunction& function,
                        const std::string& family) {
  const ConfiguredFunction& display = display_of(inspection, function);
  const auto& names = display.hardware.reset.names;
  if (!names.empty() && names.front() == "device_specific")
    return pass(function.address(),
                "it can be reset alone, by device_specific, which " + family + " cards need");
  return warn(
      function.address(),
      fmt::format(
          "{} cards are known to hang after a reset ({}) until a power cycle: the card does not work in the next guest",
          family, names.empty() ? "with their bus" : host::join(names, ", ")),
      use_vendor_reset(inspection, function, display));
}

// The section sets reset methods, and bind has set them: something changed them later.
std::optional<Finding> changed_methods(const Inspection& inspection,
                                       const ConfiguredFunction& function) {
  const record::FunctionRecord* recorded = inspection.recorded(function.function.address);
  const auto& reset = function.hardware.reset;
  if (!recorded || !recorded->is_display() || recorded->handling.reset_method.empty() ||
      recorded->state != record::State::kBound || reset.names.empty() || reset.derived)
    return std::nullopt;
  std::vector<std::string> wanted;
  for (const std::string_view word : host::split(recorded->handling.reset_method))
    wanted.emplace_back(word);
  if (reset.names == wanted) return std::nullopt;
  const std::string methods = host::join(wanted, " ");
  return warn(
      function.address(),
      fmt::format("[{}] sets 'reset-method = {}', but the kernel uses: {}", function.card, methods,
                  host::join(reset.names, " ")),
      {"see the warning of vfio-early in the kernel log; if another program changed it, set it again:",
       {fmt::format("echo {} > /sys/bus/pci/devices/{}/reset_method", methods,
                    function.address())}});
}

// VFIO's list of the functions that a bus reset also resets. VFIO has it only for a function that
// was opened (--live); nullptr: no list.
const std::vector<host::PciAddress>* vfio_reset_list(const Inspection& inspection,
                                                     const ConfiguredFunction& function) {
  if (!inspection.live) return nullptr;
  for (const LiveTrial& trial : *inspection.live)
    if (trial.address == function.address() && !trial.bus_reset_functions.empty())
      return &trial.bus_reset_functions;
  return nullptr;
}

// The other functions that a reset of its bus also resets: from VFIO's list, else from the PCI
// tree.
std::vector<const PciFunction*> also_reset_functions(const Inspection& inspection,
                                                     const ConfiguredFunction& function) {
  const auto* word = vfio_reset_list(inspection, function);
  if (!word) return hardware::also_reset_with_bus(inspection.machine, function.function);
  std::vector<const PciFunction*> also_reset;
  for (const host::PciAddress& address : *word)
    if (const PciFunction* other = inspection.machine.find(address);
        other && address != function.function.address)
      also_reset.push_back(other);
  return also_reset;
}

Finding judge_with_bus(const Inspection& inspection, const ConfiguredFunction& function) {
  const std::string address = function.address();
  std::vector<std::string> own;
  std::vector<PciFunction> others;
  std::vector<const PciFunction*> unrelated;
  for (const PciFunction* also_reset : also_reset_functions(inspection, function)) {
    if (is_same_card(inspection, function, *also_reset)) {
      own.push_back(also_reset->address.str());
    } else {
      others.push_back(*also_reset);
      unrelated.push_back(also_reset);
    }
  }
  if (unrelated.empty())
    return pass(address,
                fmt::format("it can be reset only with its bus{}{}{}",
                            own.empty() ? "" : ", which also resets ", listed(own),
                            vfio_reset_list(inspection, function) ? ", according to VFIO" : ""));
  return warn(
      address,
      fmt::format(
          "it can be reset only with its bus, which also resets {}. The kernel refuses this: a guest gets the card in the state that the previous guest left",
          listed_functions(others)),
      remedy_for_bus(inspection, function, unrelated));
}

Finding judge_reported_methods(const Inspection& inspection, const ConfiguredFunction& function) {
  const std::string address = function.address();
  const std::string family =
      hardware::reset_bug(inspection.machine, function.function.address.slot);
  if (!family.empty()) return judge_reset_bug(inspection, function, family);
  const auto alone = hardware::function_reset_methods(function.hardware.reset, inspection.machine,
                                                      function.function);
  if (!alone.empty())
    return pass(
        address,
        fmt::format("it can be reset alone, by {}{}", host::join(alone, ", "),
                    function.hardware.reset.derived ? " (according to its capabilities)" : ""));
  if (hardware::has_bus_reset(inspection.machine, function.function))
    return judge_with_bus(inspection, function);
  // A tree that does not have the function's resources does not have its methods either.
  if (function.hardware.windows.empty())
    return unknown(address, "its reset methods cannot be read", read_as_root(inspection));
  return fail(
      address,
      "the kernel has no method to reset it: a guest gets it in the state that the previous guest left, with all its data",
      {"power-cycle the machine between two guests; check whether an update of the firmware or the kernel adds a reset method:",
       {"cat /sys/bus/pci/devices/" + address + "/reset_method"}});
}

// A reset that failed says more than a method that should work.
Finding judge_method(const Inspection& inspection, const ConfiguredFunction& function) {
  if (auto changed = changed_methods(inspection, function)) return std::move(*changed);
  Finding finding = judge_reported_methods(inspection, function);
  return finding.status == Status::kPass ? yielding_to_log(std::move(finding)) : finding;
}

constexpr Check kChecks[] = {
    {"reset.method", "Can the function be reset between two guests?", R"(
It can be reset alone (device_specific, acpi, flr, af_flr, pm, bus, as in the kernel's
_reset_method_), or together with its bus if all functions on the bus belong to the same card.
Warns if the display of a claimed card does not have the methods of its section's *reset-method*,
if a bus reset would also reset other functions, and about AMD families that hang after a
reset (Polaris, Vega, Navi 1x). Fails if there is no method. Unknown if the methods cannot be read.

Also warns if the kernel logged that the card did not come back from a reset ("not ready 65535ms
after FLR; giving up"), did not complete its requests before it, or lost its BARs by it.)",
     each_function<judge_method>},
};

}  // namespace

constexpr Chapter kResetChapter{"Card", kChecks};

}  // namespace verify
