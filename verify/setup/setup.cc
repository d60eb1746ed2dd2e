// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/setup/setup.h"

#include <algorithm>

#include "plan/suggestion.h"
#include "verify/check/environment.h"
#include "verify/check/platform_remedies.h"
#include "verify/setup/findings.h"
#include "verify/setup/section.h"

namespace verify {
namespace {

bool is_bound(const ConfiguredFunction& function) {
  return function.claim_status == ClaimStatus::kClaimed &&
         function.function.driver.find("vfio") != std::string::npos;
}

bool has_refused(const Inspection& inspection) {
  return std::any_of(inspection.functions.begin(), inspection.functions.end(),
                     [](const ConfiguredFunction& function) {
                       return function.claim_status == ClaimStatus::kRefused;
                     });
}

void use_platform_of(const Target& target, host::Platform& platform) {
  if (!target.platform) return;
  platform.image = platform.parameters = &host::row_named(target.platform);
  platform.written.clear();
}

// The user who asks for a platform wants its lines, also if the card is bound already.
bool needs_image(const Inspection& inspection, const Target* target) {
  if (target && !target->runs_vfio_early) return false;
  return (target && target->platform) ||
         !std::all_of(inspection.functions.begin(), inspection.functions.end(), is_bound);
}

void add_image(const Inspection& inspection, Steps& steps) {
  steps.add("Include it in the initramfs", remedy_text(include_in_image(inspection.platform)));
  steps.add("After the reboot, check the result", "  vfio-verify\n");
}

std::string name_of(const Inspection& inspection, const config::Configuration& configuration) {
  const ConfiguredFunction& first = inspection.functions.front();
  return first.claim_status == ClaimStatus::kUnconfigured
             ? plan::name_for(inspection.machine, first.function, configuration)
             : first.card;
}

void add_guest(const GivenCard& card, const Target* target, Steps& steps) {
  if (!target)
    return (card.inspection.platform.is_proxmox ? add_proxmox_guest : add_libvirt_and_qemu_guest)(
        card, steps);
  target->add_guest(card, steps);
  steps.append("\n" + indented(std::string("See ") + target->documentation));
}

}  // namespace

std::string setup_text(Inspection inspection, const config::Configuration& configuration,
                       const Target* target) {
  Steps steps;
  if (inspection.functions.empty()) {
    add_awaited(inspection, steps);  // the rest follows from the card, when it is there
    return steps.text();
  }
  if (target) use_platform_of(*target, inspection.platform);
  if (!target || target->runs_vfio_early) add_configuration(inspection, configuration, steps);
  add_findings(inspection, steps);
  // Without the machine's IOMMU, no guest of this kernel can get the card.
  if (!inspection.has_iommu() && !environment_evidence(inspection).empty()) return steps.text();
  if (needs_image(inspection, target)) add_image(inspection, steps);
  // The device at the address may not be the one that the user wants to give to a guest.
  if (has_refused(inspection)) return steps.text();
  add_guest({inspection, name_of(inspection, configuration)}, target, steps);
  return steps.text();
}

}  // namespace verify
