// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/selection.h"

#include <algorithm>
#include <set>

#include "host/pci_serial.h"
#include "host/text.h"
#include "plan/absence.h"
#include "plan/card_functions.h"
#include "plan/cards.h"

namespace plan {
namespace {

using host::Machine;
using host::PciFunction;
using Functions = std::vector<const PciFunction*>;

std::string addresses_of(const Functions& functions) {
  std::vector<std::string> words;
  for (const PciFunction* function : functions) words.push_back(function->address.str());
  return host::join(words, " ");
}

std::string text_of(const config::Identity& identity) {
  std::vector<std::string> words;
  for (const config::IdPattern& id : identity.ids) words.push_back(id.str());
  if (identity.serial) words.push_back("serial " + host::serial_str(*identity.serial));
  return host::join(words, " ");
}

bool names(const config::Identity& identity, const PciFunction& function) {
  return std::any_of(identity.ids.begin(), identity.ids.end(),
                     [&](const config::IdPattern& id) { return id.matches(function.id); });
}

// Is every id of the identity in `functions`, and does no function have a different serial number?
bool holds(const Functions& functions, const config::Identity& identity) {
  const bool ids =
      std::all_of(identity.ids.begin(), identity.ids.end(), [&](const config::IdPattern& id) {
        return std::any_of(functions.begin(), functions.end(),
                           [&](auto* function) { return id.matches(function->id); });
      });
  if (!ids || !identity.serial) return ids && !functions.empty();
  // A serial number may be in function 0 only (PCIe 6.0, 7.9.3).
  bool seen = false;
  for (const PciFunction* function : functions) {
    if (function->serial && function->serial != identity.serial) return false;
    seen |= function->serial == identity.serial;
  }
  return seen;
}

// "the machine has these slots: PCIEX16_1 (0000:00:01.0), PCIEX1_1 and 3 more"
std::string labels_of(const Machine& machine) {
  constexpr size_t kListed = 6;
  std::vector<std::string> labels;
  for (const host::PhysicalSlot& slot :
       machine.physical_slots ? machine.physical_slots->all : std::vector<host::PhysicalSlot>())
    labels.push_back(slot.label + (slot.address ? " (" + slot.address->str() + ")" : ""));
  if (labels.empty()) return "neither the firmware nor the kernel names a slot of this machine";
  const size_t more = labels.size() > kListed ? labels.size() - kListed : 0;
  labels.resize(labels.size() - more);
  return "the slots of this machine are: " + host::join(labels, ", ") +
         (more > 0 ? " and " + std::to_string(more) + " more" : "");
}

class CardReader {
 public:
  CardReader(const config::Card& card, const Machine& machine) : card_(card), machine_(machine) {}

  Selection read() {
    find();
    if (card_.expect) check_unit();
    if (!refused() && !card_.identity.empty() && !card_.expect) check_identity();
    if (absent_ && card_.on_moved == config::OnMoved::kFollow) follow();
    if (refused() && !missing_.empty()) explain_absence();
    if (!refused()) std::for_each(found_.begin(), found_.end(), [&](auto* f) { check_class(*f); });
    if (!refused()) result_.functions = found_;
    return std::move(result_);
  }

 private:
  bool refused() const { return result_.refusal.has_value(); }

  void refuse(std::string why, std::string remedy) {
    if (refused()) return;  // the first reason is the one to fix
    result_.refusal = {card_.name, card_.file, card_.line, std::move(why), std::move(remedy)};
  }

  void find() {
    if (card_.id) return take_one_of(matches_of_id(), card_.id->str());
    if (card_.serial) return take_serial();
    if (card_.path) return take_path();
    if (!card_.slot_label.empty()) return take_labelled_slot();
    if (!card_.class_code.empty())
      return take_one_of(matches_of_class(), "class " + card_.class_code);
    for (const config::SlotOrFunction& location : card_.address) take_address(location);
  }

  // Without virtual functions: they do not exist yet when the gate selects a card, so only their
  // own address or path selects them.
  Functions all_where(auto&& matches) const {
    Functions functions;
    for (const PciFunction& function : machine_.functions)
      if (!function.is_virtual() && matches(function)) functions.push_back(&function);
    return functions;
  }

  // "": no virtual function matches.
  std::string virtual_functions_where(auto&& matches) const {
    Functions functions;
    for (const PciFunction& function : machine_.functions)
      if (function.is_virtual() && matches(function)) functions.push_back(&function);
    return addresses_of(functions);
  }

  Functions matches_of_id() {
    exact_ = all_where(
        [&](auto& function) { return card_.id->matches(function.id) && is_in_slot(function); });
    return exact_;
  }

  // One function for each slot, since an index counts cards.
  Functions matches_of_class() const {
    std::set<host::PciSlot> seen;
    return all_where([&](auto& function) {
      return function.is_class(card_.class_code) && is_in_slot(function) &&
             seen.insert(function.address.slot).second;
    });
  }

  // Of a card of a section with `count`.
  bool is_in_slot(const PciFunction& function) const {
    return !card_.only_slot || function.address.slot == *card_.only_slot;
  }

  void take_one_of(const Functions& matches, const std::string& what) {
    if (const std::string all = matches.empty() ? virtual_matches() : ""; !all.empty())
      return refuse(
          what + " matches only virtual functions, which do not exist at boot: " + all,
          "select each by its own address, as in 'address = " + all.substr(0, all.find(' ')) + "'");
    if (matches.empty()) return refuse_missing("that matches " + what);
    if (card_.only_slot) return take_slot(*card_.only_slot);
    if (card_.count) return take_counted(what);
    if (matches.size() > 1 && !card_.index)
      return refuse(
          what + " matches " + std::to_string(matches.size()) +
              " functions: " + addresses_of(matches),
          "add 'index = N', from 0 in that order, or select the card by 'address'; to claim all of them, add 'count = all'");
    const size_t index = card_.index.value_or(0);
    if (index >= matches.size())
      return refuse("index " + std::to_string(index) + " is too large: " + what + " matches only " +
                        addresses_of(matches),
                    "count from 0, in address order");
    if (!exact_.empty()) exact_ = {matches[index]};
    take_slot(matches[index]->address.slot);
  }

  // A section that is not split into its cards: their number may be wrong.
  void take_counted(const std::string& what) {
    const auto slots = matching_slots(card_, machine_);
    std::vector<std::string> words;
    for (const host::PciSlot& slot : slots) words.push_back(slot.str());
    const std::string found = std::to_string(slots.size()), all = ": " + host::join(words, " ");
    const std::string wanted = std::to_string(*card_.count);
    if (slots.size() > *card_.count)
      return refuse(
          what + " matches " + found + " cards, but 'count' is " + wanted + all,
          "to claim all of them, set 'count = " + found +
              "' or 'count = all'; to claim some, give each a section with its own 'address'");
    if (card_.count != config::kAllCards && slots.size() < *card_.count)
      return refuse(
          "only " + found + " of " + wanted + " cards that match " + what + " found" + all,
          "see the kernel log for the missing card, and reseat it; if it was removed, set 'count = " +
              found + "'");
    for (const host::PciSlot& slot : slots) take_slot(slot);
  }

  std::string virtual_matches() const {
    return virtual_functions_where([&](auto& function) {
      return card_.id ? card_.id->matches(function.id) : function.is_class(card_.class_code);
    });
  }

  void take_serial() {
    const std::string what = "with the serial number " + host::serial_str(*card_.serial);
    exact_ = all_where([&](auto& function) { return function.serial == card_.serial; });
    if (exact_.empty()) return refuse_missing(what);
    const host::PciSlot& slot = exact_.front()->address.slot;
    if (exact_.back()->address.slot != slot)
      return refuse("more than one card has the serial number " + host::serial_str(*card_.serial) +
                        ": " + addresses_of(exact_),
                    "select the card by 'address'");
    take_slot(slot);
  }

  // A function, or every endpoint below a port.
  void take_path() {
    Functions all = all_where([&](auto& function) {
      return function.path && function.path->has_prefix(*card_.path) && !function.is_bridge();
    });
    for (const PciFunction& function : machine_.functions)
      if (function.is_virtual() && function.path == card_.path) all = {&function};
    if (all.empty()) return refuse_missing("at " + card_.path->str());
    if (all.front()->path == card_.path) exact_ = {all.front()};
    take_card(all);
  }

  // What the slot is: a device, or the endpoints below a port.
  Functions functions_at(const host::PciAddress& address) const {
    const PciFunction* there = machine_.find(address);
    if (!there || !there->is_bridge()) return machine_.in_slot(address.slot);
    return all_where([&](auto& function) {
      return there->path && function.path && function.path->has_prefix(*there->path) &&
             !function.is_bridge();
    });
  }

  // The firmware and the kernel may describe the same slot, by its port and by its device.
  void take_labelled_slot() {
    const auto slots = machine_.slots_called(card_.slot_label);
    const std::string what = "slot '" + card_.slot_label + "'";
    if (slots.empty()) return refuse_unknown_slot(what);
    std::vector<Functions> found;
    std::vector<std::string> where;
    for (const host::PhysicalSlot& slot : slots) {
      if (!slot.address) continue;
      where.push_back(slot.address->str());
      Functions here = functions_at(*slot.address);
      if (!here.empty() && std::find(found.begin(), found.end(), here) == found.end())
        found.push_back(std::move(here));
    }
    if (where.empty())
      return refuse("the firmware does not name the PCI address of " + what,
                    "select the card by 'address', 'path' or 'serial'");
    if (found.empty()) return refuse_missing("in " + what + " (" + host::join(where, ", ") + ")");
    if (found.size() > 1)
      return refuse(
          "more than one slot is called '" + card_.slot_label + "': " + host::join(where, ", "),
          "select the card by 'address', 'path' or 'serial'");
    take_card(found.front());
  }

  void refuse_unknown_slot(const std::string& what) {
    const auto& slots = machine_.physical_slots;
    if (slots && slots->unreadable)
      return refuse("no " + what + " found: " + describe(*slots->unreadable),
                    "run as root, or select the card by 'address'");
    refuse(
        "no " + what + " found; " + labels_of(machine_),
        "correct 'slot' (`dmidecode -t slot` and `ls /sys/bus/pci/slots` print the slots), then rebuild the initramfs");
  }

  void take_address(const config::SlotOrFunction& location) {
    if (!location.function) return take_slot(location.slot);
    const PciFunction* function = machine_.find({location.slot, *location.function});
    if (!function) return miss(location.str());
    if (card_.expect && !has_identity({function})) return miss_other(location.str(), {function});
    take(function);
    exact_.push_back(function);
  }

  void take_slot(const host::PciSlot& slot) {
    const Functions all = machine_.in_slot(slot);
    if (all.empty()) return miss(slot.str());
    for (const uint8_t number : card_.functions) {
      const auto is_there = [number](auto* each) { return each->address.function == number; };
      if (std::none_of(all.begin(), all.end(), is_there))
        return miss(host::PciAddress{slot, number}.str());
    }
    if (card_.expect && !has_identity(all)) return miss_other(slot.str(), all);
    take_card(all);
  }

  // Takes functions of `all`, which are the functions of a slot or below a port: those listed in
  // 'functions', else those that the identity names, else those of a graphics card's classes.
  // Without 'functions', a function that is selected by its own id, path or serial number is always
  // taken.
  void take_card(const Functions& all) {
    for (const PciFunction* function : all) {
      if (is_selected(*function)) {
        take(function);
      } else if (card_.functions.empty() && card_.identity.ids.empty()) {
        return refuse_other(*function, all);
      }
    }
    if (found_.empty()) refuse_moved(all);
  }

  // A function of no graphics card is not selected by its slot.
  void refuse_other(const PciFunction& other, const Functions& all) {
    Functions card, endpoints;
    for (const PciFunction* function : all) {
      if (is_card_function(machine_, *function)) card.push_back(function);
      if (!function->is_bridge()) endpoints.push_back(function);
    }
    const std::string name = name_of(other);
    if (is_beside_card(machine_, other))
      return refuse(name + " is in the same slot, but is not part of a graphics card",
                    "to claim only the card, add 'functions = " + numbers_of(card) + "'");
    if (card_.address.empty())
      return refuse(name + " is selected, but is not part of a graphics card",
                    "name the ids of the functions to claim in 'identity'");
    refuse(name + " is not part of a graphics card, so its slot does not select it",
           endpoints.size() == 1
               ? "select it by its own address: 'address = " + addresses_of(endpoints) + "'"
               : "select functions by their own addresses: 'address = " + addresses_of(endpoints) +
                     "' claims all of this slot");
  }

  static std::string numbers_of(const Functions& functions) {
    std::vector<std::string> numbers;
    for (const PciFunction* function : functions)
      numbers.push_back(std::to_string(function->address.function));
    return host::join(numbers, " ");
  }

  bool is_selected(const PciFunction& function) const {
    const auto& listed = card_.functions;
    if (!listed.empty())
      return std::find(listed.begin(), listed.end(), function.address.function) != listed.end();
    if (card_.all_functions || is_exact(&function)) return true;
    return card_.identity.ids.empty() ? is_card_function(machine_, function)
                                      : names(card_.identity, function);
  }

  // Of a unit, what is missing does not cost the others.
  void miss(const std::string& what) {
    card_.expect ? missing_parts_.push_back(what + " is not found") : refuse_missing(what);
  }

  void miss_other(const std::string& where, const Functions& there) {
    std::vector<std::string> ids;
    for (const PciFunction* function : there) ids.push_back(function->id.str());
    missing_parts_.push_back(where + " is " + host::join(ids, " "));
  }

  bool has_identity(const Functions& there) const {
    return card_.identity.ids.empty() ||
           std::any_of(there.begin(), there.end(),
                       [&](auto* function) { return names(card_.identity, *function); });
  }

  // Ports below `path` or the port of `slot` with nothing behind them: a device there may be dead.
  void miss_below_ports() {
    std::set<host::PciPath> above;
    for (const PciFunction& function : machine_.functions)
      for (auto path = function.path; path && !path->hops.empty();) {
        path->hops.pop_back();
        above.insert(*path);
      }
    for (const PciFunction& port : machine_.functions)
      if (port.is_class("0604") && port.path && !above.contains(*port.path) &&
          is_below_selector(*port.path))
        missing_parts_.push_back("no device is below " + port.address.str());
  }

  bool is_below_selector(const host::PciPath& path) const {
    if (card_.path) return path.has_prefix(*card_.path);
    const auto slots = machine_.slots_called(card_.slot_label);
    return std::any_of(slots.begin(), slots.end(), [&](const host::PhysicalSlot& slot) {
      const PciFunction* port = slot.address ? machine_.find(*slot.address) : nullptr;
      return port && port->path && path.has_prefix(*port->path);
    });
  }

  // Every function that is found counts as one of its device.
  void check_unit() {
    if (refused()) return;
    if (found_.empty()) return refuse_missing("of the unit");
    std::set<host::PciSlot> devices;
    for (const PciFunction* function : found_) devices.insert(function->address.slot);
    const std::string found = std::to_string(devices.size()),
                      wanted = std::to_string(*card_.expect);
    if (devices.size() > *card_.expect)
      return refuse("it selects " + found + " devices, but 'expect' is " + wanted,
                    "set 'expect = " + found + "', or select fewer devices");
    if (devices.size() == *card_.expect) return;
    if (card_.address.empty()) miss_below_ports();
    result_.shortage = {
        card_.name, card_.file, card_.line,
        "only " + found + " of " + wanted + " devices found" +
            (missing_parts_.empty() ? "" : ": " + host::join(missing_parts_, ", ")),
        "see the kernel log for the missing device, and power-cycle the machine; if it was removed, set 'expect = " +
            found + "'"};
  }

  // 'address' may name a slot and also a function of it.
  void take(const PciFunction* function) {
    if (std::find(found_.begin(), found_.end(), function) == found_.end())
      found_.push_back(function);
  }

  // Every function must be in the identity, and the whole identity must be there.
  void check_identity() {
    if (refuse_bridge_ids()) return;
    for (const PciFunction* function : found_)
      if (!card_.identity.ids.empty() && !names(card_.identity, *function))
        return refuse_moved({function});
    if (!holds(found_, card_.identity)) refuse_moved(found_);
  }

  // Some cards have a PCIe switch: AMD's since Navi, Intel's Arc. Its ports are bridges in front of
  // the card, and old guides list their ids together with the card's.
  bool refuse_bridge_ids() {
    std::vector<std::string> of_bridges;
    config::Identity others = card_.identity;
    std::erase_if(others.ids, [&](const config::IdPattern& id) {
      const auto at = std::find_if(machine_.functions.begin(), machine_.functions.end(),
                                   [&](auto& function) { return id.matches(function.id); });
      if (at == machine_.functions.end() || !at->is_bridge()) return false;
      of_bridges.push_back(id.str());
      return true;
    });
    if (of_bridges.empty() || others.ids.empty() || !holds(found_, others)) return false;
    const std::string ids = host::join(of_bridges, " ");
    refuse("the identity names bridges, which stay with the host: " + ids,
           "remove " + ids + " from 'identity', then rebuild the initramfs");
    return true;
  }

  // The functions that have the whole identity now: one group for each slot that has all of it,
  // else one group across slots if each id occurs exactly once.
  std::vector<Functions> current_locations() const {
    std::vector<Functions> found;
    std::set<host::PciSlot> seen;
    for (const PciFunction* function :
         all_where([&](auto& f) { return names(card_.identity, f); })) {
      if (!seen.insert(function->address.slot).second) continue;
      Functions here = machine_.in_slot(function->address.slot);
      std::erase_if(here, [&](auto* f) { return !names(card_.identity, *f); });
      if (holds(here, card_.identity)) found.push_back(std::move(here));
    }
    if (!found.empty()) return found;
    const Functions scattered = all_where([&](auto& f) { return names(card_.identity, f); });
    if (scattered.size() == card_.identity.ids.size() && holds(scattered, card_.identity))
      found.push_back(scattered);
    return found;
  }

  void follow() {
    const auto locations = current_locations();
    if (locations.empty()) return;
    if (locations.size() > 1) {
      std::vector<std::string> where;
      for (const Functions& location : locations) where.push_back(addresses_of(location));
      result_.refusal->why +=
          "; its identity is at " + host::join(where, " and at ") + ", so it cannot be followed";
      return;
    }
    // The card has not moved: the refusal has another cause.
    if (std::find(found_.begin(), found_.end(), locations.front().front()) != found_.end()) return;
    result_.refusal.reset();
    result_.moved_to = addresses_of(locations.front());
    found_ = locations.front();
    // If functions were selected by their addresses, these functions replace them.
    const auto& address = card_.address;
    if (std::any_of(address.begin(), address.end(),
                    [](auto& location) { return location.function; }))
      exact_ = found_;
  }

  void check_class(const PciFunction& function) {
    if (function.is_bridge())
      return refuse(name_of(function) + " is a bridge, which stays with the host",
                    "select the card behind it");
    if (may_be_needed_by_host(function) && !is_exact(&function))
      refuse(
          name_of(function) +
              (function.is_class("0601") ? " is a bridge" : " is a storage or network function") +
              ", which the host may need",
          "to claim it, select it by its own address: 'address = " + function.address.str() + "'");
  }

  bool is_exact(const PciFunction* function) const {
    return std::find(exact_.begin(), exact_.end(), function) != exact_.end();
  }

  void refuse_missing(const std::string& what) {
    if (refused()) return;
    absent_ = true;
    missing_ = "no PCI function " + what + " found";
    refuse(missing_ + current_location_text(),
           "correct the section (`lspci -Dnn` lists the functions), then rebuild the initramfs");
  }

  // The card is not claimed now, but when it appears. Not if it is in the machine, at another
  // address.
  void explain_absence() {
    result_.lacks_card = true;
    const auto absence = absence_of(card_, machine_);
    if (!absence || (!absence->is_virtual && !current_location_text().empty())) return;
    result_.refusal->awaited = true;
    result_.refusal->why = absence->why;
    result_.refusal->remedy = absence->remedy;
  }

  // A different device is at the address of the card.
  void refuse_moved(const Functions& there) {
    if (refused()) return;
    absent_ = true;
    std::vector<std::string> ids;
    for (const PciFunction* function : there)
      ids.push_back(function->id.str() + (card_.identity.serial ? serial_of(*function) : ""));
    refuse(
        "identity mismatch at " + there.front()->address.str() + ": found " + host::join(ids, " ") +
            ", expected " + text_of(card_.identity) + current_location_text(),
        card_.only_slot
            ? "see the kernel log for a function that is missing; if the card is of another model, give it a section of its own"
            : "if the card has moved, " + new_address_text() +
                  "; if it was replaced, correct 'identity'; then rebuild the initramfs");
  }

  // "set 'address = 0000:02:00'", if the whole identity is in one slot.
  std::string new_address_text() const {
    const auto locations = current_locations();
    if (card_.address.size() != 1 || locations.size() != 1) return "correct its address";
    const host::PciSlot& slot = locations.front().front()->address.slot;
    if (slot == card_.address.front().slot || locations.front().back()->address.slot != slot)
      return "correct its address";
    return "set 'address = " +
           (card_.address.front().function ? addresses_of(locations.front()) : slot.str()) +
           "' in " + card_.where();
  }

  static std::string serial_of(const PciFunction& function) {
    return function.serial ? " (serial " + host::serial_str(*function.serial) + ")"
                           : " (no readable serial number)";
  }

  // "; 10de:1b81 is at 0000:02:00.0": where to find the card now.
  std::string current_location_text() const {
    if (card_.only_slot) return {};  // the other cards of the section have these ids
    for (const config::IdPattern& id : card_.identity.ids)
      for (const PciFunction& function : machine_.functions)
        if (id.matches(function.id) && !function.is_virtual() &&
            std::find(found_.begin(), found_.end(), &function) == found_.end())
          return "; " + id.str() + " is at " + function.address.str();
    return {};
  }

  const config::Card& card_;
  const Machine& machine_;
  Functions found_;
  Functions exact_;      // selected by their own address, path, serial number or id
  bool absent_ = false;  // not found where the configuration says
  std::vector<std::string> missing_parts_;  // of a unit
  std::string missing_;  // … and nothing else is there: "no PCI function 0000:01:00 found"
  Selection result_;
};

}  // namespace

Selection select(const config::Card& card, const Machine& machine) {
  return CardReader(card, machine).read();
}

}  // namespace plan
