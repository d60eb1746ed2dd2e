// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/adopt.h"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <iterator>
#include <optional>

#include <fcntl.h>
#include <unistd.h>

#include "config/configuration.h"
#include "early/bind.h"
#include "early/gate.h"
#include "early/hand_over/hand_overs.h"
#include "early/lock.h"
#include "early/messages.h"
#include "early/planned_machine.h"
#include "early/probe_wait.h"
#include "early/rescue.h"
#include "early/reserve.h"
#include "host/running_kernel.h"
#include "plan/intent.h"
#include "plan/plan.h"
#include "record/record.h"

namespace early {
namespace {

using host::PciAddress;
using host::Root;
using record::FunctionRecord;
using record::PhysicalRecord;
using record::Record;
using record::State;

// udev ends an event after three minutes. Only events of its child devices wait for it.
constexpr int kLockSeconds = 10;

std::optional<Record> record_of_this_boot(const Root& root) {
  auto record = record::read_record(root);
  if (!record || record->boot_id != host::boot_id(root)) return std::nullopt;
  return std::move(*record);
}

// An unreadable record counts as none: the card is still kept from host drivers.
void log_unreadable_record(const Root& root) {
  const auto record = record::read_record(root);
  if (record || record.error().code == ENOENT) return;
  log_message(root, host::Priority::kWarning,
              std::string("cannot read the record ") + record::kRecordFile + ": " +
                  describe(record.error()) +
                  ". Remedy: run `vfio-early claim`, which writes a new one");
}

FunctionRecord* find(Record& record, const PciAddress& address) {
  const auto found = std::find_if(record.functions.begin(), record.functions.end(),
                                  [&](const auto& f) { return f.address == address; });
  return found == record.functions.end() ? nullptr : &*found;
}

PhysicalRecord* find_physical(Record& record, const std::string& card) {
  const auto found =
      std::find_if(record.physical_functions.begin(), record.physical_functions.end(),
                   [&](const PhysicalRecord& each) { return each.card == card; });
  return found == record.physical_functions.end() ? nullptr : &*found;
}

bool is_settled_physical(const Record& record, const PciAddress& address) {
  return std::any_of(record.physical_functions.begin(), record.physical_functions.end(),
                     [&](const PhysicalRecord& each) {
                       return each.address == address &&
                              (each.state == record::Creation::kCreated ||
                               each.state == record::Creation::kReleased);
                     });
}

// If the record has a function in this slot, a new function there may belong to its card.
bool has_in_slot(const Record& record, const PciAddress& address) {
  return std::any_of(record.functions.begin(), record.functions.end(),
                     [&](const auto& function) { return function.address.slot == address.slot; });
}

// Each boot triggers "add" for every device: a function that is in the record is not handled again.
// If the record is complete, only a card that was away, or a late function in the slot of a claimed
// card, can be missing.
bool is_known(std::optional<Record>& record, const PciAddress& address) {
  return record &&
         (record->switched_off || find(*record, address) || is_settled_physical(*record, address) ||
          (record->complete() && !record->awaits_card() && !has_in_slot(*record, address)));
}

// claim.pml: lost_function. All functions of the card that have lost their override, since the
// event of function 0 may come before the functions that complete the card's identity.
std::vector<FunctionRecord> lost_functions(const Root& root, const Record& intent, Record& record,
                                           const std::string& card, const PciAddress& arrived) {
  std::vector<FunctionRecord> lost;
  for (const FunctionRecord& function : intent.functions) {
    if (function.card != card) continue;
    if (!override_within(root, function.address).value_or("").empty()) continue;
    // A function that stayed on the bus with a host driver is in use by now.
    const FunctionRecord* known = find(record, function.address);
    const bool stays = known && known->state == State::kHeld && function.address != arrived;
    if (stays || (known && known->is_returned_to_host())) continue;
    lost.push_back(function);
    lost.back().reappeared = known && (known->reappeared || known->state == State::kBound);
  }
  return lost;
}

// If this boot has claimed all these functions before, the flag stays as it is: while only some
// functions of a card are back, the claims differ from the ones that were marked as healthy.
bool have_returned(const std::vector<FunctionRecord>& lost, Record& record) {
  return std::all_of(lost.begin(), lost.end(), [&](const FunctionRecord& function) {
    const FunctionRecord* known = find(record, function.address);
    return function.reappeared && known && known->id == function.id;
  });
}

// claim.pml: merge
void merge(std::vector<FunctionRecord> functions, const std::string& card,
           const std::vector<config::Refusal>& intended, Record& record) {
  // More of a section with `count` or `expect` may still be missing.
  const std::string section = config::section_of(card);
  const auto concerns_card = [&](const config::Refusal& refusal) {
    return refusal.card == card || refusal.card == section;
  };
  std::erase_if(record.refusals, concerns_card);
  std::copy_if(intended.begin(), intended.end(), std::back_inserter(record.refusals),
               concerns_card);
  for (FunctionRecord& function : functions) {
    if (FunctionRecord* known = find(record, function.address))
      *known = std::move(function);
    else
      record.functions.push_back(std::move(function));
  }
}

// The intent for the physical function. The evidence of this boot stays, which decides who created
// its virtual functions.
void merge_physical(const Record& intent, const std::string& card, Record& record) {
  for (const PhysicalRecord& planned : intent.physical_functions) {
    if (planned.card != card) continue;
    PhysicalRecord* known = find_physical(record, card);
    if (!known) {
      record.physical_functions.push_back(planned);
      continue;
    }
    const PhysicalRecord earlier = *known;
    *known = planned;
    known->autoprobe_ns = earlier.autoprobe_ns;
    known->created_ns = earlier.created_ns;
    known->why = earlier.why;  // what has not changed is not logged again
  }
}

// The intent now, and the card that the function belongs to.
struct CurrentIntent {
  Record intent;
  std::string card;          // "": the function belongs to none
  bool is_physical = false;  // the function is the physical function of the card
};

bool is_awaited(const std::optional<Record>& record, const std::string& card) {
  return record && std::any_of(record->refusals.begin(), record->refusals.end(),
                               [&](const config::Refusal& refusal) {
                                 return refusal.awaited && refusal.card == card;
                               });
}

// By now an index, a class or a followed identity may match a different card, such as an equal one
// of the host. So a card in this boot's record is adopted only in its slot, and a card that is not
// only if the configuration names its address, its path, its slot or its serial number, if it wants
// all or a number of such cards, or if no function had its id when the gate ran.
bool may_adopt(const config::Card& card, const std::optional<Record>& record,
               const PciAddress& address) {
  if (card.expect) return true;  // the configuration names the locations of the whole unit
  bool known = false;
  if (card.vfs > 0 && record)
    for (const PhysicalRecord& physical : record->physical_functions)
      if (physical.card == card.name) return physical.address == address;
  for (const FunctionRecord& function :
       record ? record->functions : std::vector<FunctionRecord>()) {
    if (function.card != card.name) continue;
    if (function.address.slot == address.slot) return true;
    known = true;
  }
  return !known && (!card.address.empty() || card.path || card.serial || !card.slot_label.empty() ||
                    card.only_slot || (card.id && is_awaited(record, card.name)));
}

// What the plan says about a function.
struct Owner {
  std::string card;     // "": none has it
  PciAddress selected;  // the function that the card selects: with 'vfs', the physical one
  bool is_physical = false;
};

Owner owner_of(const plan::Plan& plan, const PciAddress& address) {
  Owner owner{.card = "", .selected = address};
  for (const plan::Claim& claim : plan.claims)
    if (claim.function.address == address) owner.card = claim.card;
  for (const plan::VirtualFunctions& each : plan.virtual_functions) {
    owner.is_physical |= each.physical.address == address;
    if (owner.is_physical && owner.card.empty()) owner.card = each.card;
    if (owner.card == each.card) owner.selected = each.physical.address;
  }
  return owner;
}

// Is it a virtual function that the kernel has announced, but not yet linked to its physical
// function? See pci_iov_add_virtfn in drivers/pci/iov.c.
bool is_unlinked(const Root& root, const plan::Plan& plan, const PciAddress& address) {
  const bool expected =
      std::any_of(plan.virtual_functions.begin(), plan.virtual_functions.end(),
                  [&](const auto& each) { return host::contains(each.expected, address); });
  return expected && root.exists(address.sysfs()) && !root.exists(address.sysfs() + "/physfn");
}

// The link follows within microseconds, if nothing fails.
void wait_for_link(const Root& root, const plan::Plan& plan, const PciAddress& address) {
  constexpr int kTries = 20;
  constexpr useconds_t kMicroseconds = 10'000;
  for (int i = 0; i < kTries && is_unlinked(root, plan, address); ++i) ::usleep(kMicroseconds);
}

host::Result<CurrentIntent> current_intent(const Root& root,
                                           const config::Configuration& configuration,
                                           const std::optional<Record>& record,
                                           const PciAddress& address) {
  auto planned = plan_machine(root, configuration);
  if (planned && is_unlinked(root, planned->plan, address)) {
    wait_for_link(root, planned->plan, address);
    planned = plan_machine(root, configuration);
  }
  if (!planned) return planned.error();
  const host::Machine& machine = planned->machine;
  plan::Plan& plan = planned->plan;
  const Owner owner = owner_of(plan, address);
  std::string card = owner.card;
  for (const config::Card& each : plan.cards)
    if (each.name == card && !may_adopt(each, record, owner.selected)) card.clear();
  // The dead-man rescue also applies to functions that appear late.
  record::Rescue rescue;
  if (!card.empty()) rescue = decide_by_flag(root, configuration, machine, plan);
  CurrentIntent current = {plan::intended_record(plan, configuration, machine), "",
                           owner.is_physical};
  current.intent.rescue = rescue;
  if (!card.empty() && (owner.is_physical || find(current.intent, address))) current.card = card;
  choose_variant_drivers(root, current.intent);
  return current;
}

// Every event of a boot finds the same refusals: each is logged once.
bool is_already_logged(const Root& root, const config::Refusal& refusal) {
  const std::string hash =
      config::hash_text(std::hash<std::string>()(refusal.card + '\n' + refusal.why));
  (void)root.make_directory("/run/vfio-early");  // it is missing if no gate has run in this boot
  const auto mark =
      root.open_file("/run/vfio-early/said-" + hash, O_WRONLY | O_CREAT | O_EXCL, 0644);
  return !mark && mark.error().code == EEXIST;
}

// Logs the refusals that the gate did not log, since a different card may be in the slot now.
void log_new_refusals(const Root& root, const std::vector<config::Refusal>& refusals,
                      const Record& record) {
  for (const config::Refusal& refusal : refusals) {
    const bool of_gate = std::any_of(
        record.refusals.begin(), record.refusals.end(),
        [&](const auto& old) { return old.card == refusal.card && old.why == refusal.why; });
    if (!of_gate && !is_already_logged(root, refusal)) log_refusal(root, refusal);
  }
}

// claim.pml: only_reserve. Another bind hangs and still holds the lock of the record: only keep
// host drivers off.
bool only_reserve(const Root& root, std::vector<FunctionRecord> functions,
                  const host::Error& error) {
  if (functions.empty()) return false;  // a later bind creates the virtual functions
  reserve(root, functions);
  log_message(
      root, host::Priority::kError,
      functions.front().card + ": " + functions.front().address.str() +
          " returned to the bus and is " + record::state_name(functions.front().state) +
          ", but not bound: " + describe(error) +
          ". Remedy: run `vfio-early bind` after the other vfio-early process has ended; if it does not end, see the kernel log for the reason, and reboot");
  return false;
}

// What a boot claims, and the cards that were taken from the running system since: they may leave
// the bus and return, too.
config::Configuration current_configuration(const Root& root, const std::string& file) {
  auto configuration = config::read_configuration(root, file);
  auto taken = hand_over::read_hand_overs(root).value_or({});
  std::erase_if(configuration.cards, [&](const config::Card& card) {
    const hand_over::HandOver* known = taken.find(card.name);
    return card.hand_over && !(known && known->phase == hand_over::Phase::kClaimed);
  });
  return configuration;
}

}  // namespace

bool adopt(const Root& root, const std::string& configuration_file, const PciAddress& address,
           Event event) {
  auto record = record_of_this_boot(root);
  // If no gate ran in this boot, the user may have disabled it, or the machine boots only without
  // it.
  const bool is_boot = event == Event::kColdPlug || event == Event::kBound;
  if (is_boot && !record) return true;
  if (event == Event::kColdPlug && is_known(record, address)) return true;
  log_unreadable_record(root);
  const auto configuration = current_configuration(root, configuration_file);
  if (configuration.cards.empty()) {
    log_new_refusals(root, configuration.refusals, record.value_or(Record()));
    return configuration.refusals.empty();
  }
  const auto current = current_intent(root, configuration, record, address);
  if (!current) {
    log_message(root, host::Priority::kError,
                address.str() + " appeared, but is not claimed: " + describe(current.error()));
    return false;
  }
  if (current->card.empty()) {
    const FunctionRecord* known = record ? find(*record, address) : nullptr;
    if (record && !(known && known->is_returned_to_host()))
      log_new_refusals(root, current->intent.refusals, *record);
    return true;
  }

  (void)root.make_directory("/run/vfio-early");  // it is missing if no gate has run in this boot
  const auto lock = take_lock(root, kLockSeconds);
  record = record_of_this_boot(root);  // another process may have completed it
  Record now = record ? *record : current->intent;
  auto lost = lost_functions(root, current->intent, now, current->card, address);
  if (!record) {
    now.functions.clear();
    now.physical_functions.clear();
  }
  if (const PhysicalRecord* known = find_physical(now, current->card);
      known && known->state == record::Creation::kReleased)
    return true;
  if (lost.empty() && !current->is_physical) return true;
  if (current->intent.rescue.armed() && !have_returned(lost, now))
    now.rescue = current->intent.rescue;
  if (!lock) return only_reserve(root, std::move(lost), lock.error());
  merge(std::move(lost), current->card, current->intent.refusals, now);
  merge_physical(current->intent, current->card, now);
  const bool is_unused = event == Event::kAppeared && !current->is_physical;
  bind(root, now, is_unused ? DeviceUse::kUnused : device_use(root));
  const PhysicalRecord* physical = find_physical(now, current->card);
  if (physical && physical->state == record::Creation::kFailed) return false;
  return std::all_of(now.functions.begin(), now.functions.end(), [&](const auto& function) {
    return function.card != current->card || function.state == State::kBound;
  });
}

}  // namespace early
