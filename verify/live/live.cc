// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/live/live.h"

#include <algorithm>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/probes/probe.h"

namespace verify {
namespace {

// The attachment is tested through type1 only. If the kernel has no type1, its failure says nothing
// about the group.
bool lacks_type1(const Attachment& attachment) {
  return attachment.ended_at == Step::kOpenContainer || attachment.ended_at == Step::kFindType1;
}

bool can_do_without_type1(const InspectedGroup& group, Backend backend) {
  return backend == Backend::kIommufd && lacks_type1(group.attachment);
}

// Why a function is not tested, and the check that explains it.
struct Obstacle {
  std::string why;  // "": no obstacle
  const char* check = "";
};

Obstacle why_not(const ConfiguredFunction& function, const InspectedGroup* group, Backend backend,
                 const std::string& reset, const std::string& family, bool force) {
  // The device at this address may not be the one that the user meant.
  if (function.standing == Standing::kRefused) return {"vfio-early refuses the card", "bind.plan"};
  if (function.function.driver != function.want)
    return {
        function.function.driver.empty()
            ? fmt::format("it has no driver, but needs {}", function.want)
            : fmt::format("it is bound to {}, not to {}", function.function.driver, function.want),
        "bind.driver"};
  if (!group || !(group->attachment.attached() || can_do_without_type1(*group, backend)))
    return {"its group is not attached", "iommu.attach"};
  if (!family.empty() && !force)
    return {
        fmt::format("{} cards do not recover from a bus reset until a power cycle; "
                    "--force tests it anyway",
                    family)};
  if (reset.empty() && !force)
    return {
        "the kernel has no reset method for it, so it could not be recovered; "
        "--force tests it anyway"};
  return {};
}

// "; all functions of its bus are also reset: 0000:01:00.0 0000:01:00.2"; "" if it is alone there.
std::string hit_too(const Inspection& inspection, const ConfiguredFunction& function) {
  std::vector<std::string> names;
  for (const auto* other : hardware::hit_with_bus(inspection.machine, function.function))
    names.push_back(other->address.str());
  return names.empty() ? ""
                       : "; all functions of its bus are also reset: " + host::join(names, " ");
}

// Opening a companion may reset it as well.
std::string held_open(const ConfiguredFunction& function, const InspectedGroup& group) {
  std::vector<std::string> names;
  for (const host::PciAddress& address : companions_of(function.function, group.members))
    names.push_back(address.str());
  return names.empty() ? ""
                       : fmt::format("; {} is kept open in the meantime, and reset if possible",
                                     host::join(names, " "));
}

}  // namespace

// Device ids of the vendor-reset project (README, "Supported Devices").
std::string reset_bug(const host::PciId& id) {
  struct Family {
    uint16_t first, last;
    const char* name;
  };
  static constexpr Family kFamilies[] = {
      {0x67c0, 0x67df, "AMD Polaris 10"}, {0x67e0, 0x67ff, "AMD Polaris 11"},
      {0x6860, 0x687f, "AMD Vega 10"},    {0x66a0, 0x66af, "AMD Vega 20"},
      {0x6980, 0x699f, "AMD Polaris 12"}, {0x7310, 0x731f, "AMD Navi 10"},
      {0x7340, 0x734f, "AMD Navi 14"},    {0x7360, 0x7362, "AMD Navi 12"}};
  if (id.vendor != 0x1002) return {};
  for (const Family& family : kFamilies)
    if (id.device >= family.first && id.device <= family.last) return family.name;
  return {};
}

std::string reset_bug(const host::Machine& machine, const host::PciSlot& slot) {
  for (const host::PciFunction* function : machine.in_slot(slot))
    if (std::string family = reset_bug(function->id); !family.empty()) return family;
  return {};
}

Backend choose_backend(const std::optional<Backend>& wish, const Attachment& attachment) {
  if (wish) return *wish;
  return lacks_type1(attachment) ? Backend::kIommufd : Backend::kType1;
}

void act_live(const host::Root& root, const LiveWishes& wishes, Inspection& inspection,
              const std::function<void(const std::string&)>& announce) {
  inspection.live.emplace();
  for (const ConfiguredFunction& function : inspection.functions) {
    if (!has_probe(function.function)) continue;
    const InspectedGroup* group = function.group ? inspection.group(*function.group) : nullptr;
    const Backend backend =
        choose_backend(wishes.backend, group ? group->attachment : Attachment{});
    const std::string reset =
        hardware::way_to_reset(function.hardware.reset, inspection.machine, function.function);
    LiveTrial trial = {.address = function.address(), .reset = reset};
    const Obstacle obstacle =
        why_not(function, group, backend, reset,
                reset_bug(inspection.machine, function.function.address.slot), wishes.force);
    trial.not_run = obstacle.why;
    trial.cause = obstacle.check;
    if (trial.not_run.empty()) {
      announce(fmt::format("{} is reset ({}) and tested{}{}", trial.address,
                           reset.empty() ? "no known method" : reset,
                           reset == "bus" ? hit_too(inspection, function) : "",
                           held_open(function, *group)));
      trial = try_live(root, backend, group->number, function.function, group->members);
      trial.reset = reset;
      trial.backend_named = wishes.backend.has_value();
      announce(fmt::format("the test of {} took {} ms", trial.address, trial.milliseconds));
    }
    inspection.live->push_back(std::move(trial));
  }
}

}  // namespace verify
