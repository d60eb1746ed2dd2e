// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/selection.h"

#include <algorithm>
#include <set>

#include "host/pci_serial.h"
#include "host/text.h"
#include "plan/absence.h"
#include "plan/card_functions.h"
#include "plan/cards.h"
#include "plan/identity.h"
#include "plan/labelled_slot.h"
#include "plan/unit.h"

namespace plan {
namespace {

using host::Machine;
using host::PciFunction;

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
    refuse({card_.name, card_.file, card_.line, std::move(why), std::move(remedy)});
  }

  void refuse(config::Refusal refusal) {
    if (!refused()) result_.refusal = std::move(refusal);  // the first reason is the one to fix
  }

  void find() {
    if (card_.id) return take_one_of(matches_of_id(), kind_of(card_));
    if (card_.serial) return take_serial();
    if (card_.path) return take_path();
    if (!card_.slot_label.empty()) return take_labelled_slot();
    if (!card_.class_code.empty()) return take_one_of(matches_of_class(), kind_of(card_));
    for (const config::SlotOrFunction& location : card_.address)
      if (!card_.expect || missing_at(location, card_, machine_).empty()) take_address(location);
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
    if (card_.count) return take_counted();
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
  void take_counted() {
    if (auto wrong = wrong_count(card_, machine_)) return refuse(std::move(*wrong));
    for (const host::PciSlot& slot : matching_slots(card_, machine_)) take_slot(slot);
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

  void take_labelled_slot() {
    LabelledSlot slot = labelled_slot(card_, machine_);
    if (slot.refusal) return refuse(std::move(*slot.refusal));
    if (slot.functions.empty()) return refuse_missing("in " + slot.name);
    take_card(slot.functions);
  }

  void take_address(const config::SlotOrFunction& location) {
    if (!location.function) return take_slot(location.slot);
    const PciFunction* function = machine_.find({location.slot, *location.function});
    if (!function) return refuse_missing(location.str());
    take(function);
    exact_.push_back(function);
  }

  void take_slot(const host::PciSlot& slot) {
    const Functions all = machine_.in_slot(slot);
    if (all.empty()) return refuse_missing(slot.str());
    for (const uint8_t number : card_.functions) {
      const auto is_there = [number](auto* each) { return each->address.function == number; };
      if (std::none_of(all.begin(), all.end(), is_there))
        return refuse_missing(host::PciAddress{slot, number}.str());
    }
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
                                      : has_id_of(card_.identity, function);
  }

  void check_unit() {
    if (refused()) return;
    if (found_.empty()) return refuse_missing("of the unit");
    if (auto surplus = surplus_of(card_, found_)) return refuse(std::move(*surplus));
    result_.shortage = shortage_of(card_, found_, machine_);
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
      if (!card_.identity.ids.empty() && !has_id_of(card_.identity, *function))
        return refuse_moved({function});
    if (!have_all_of(card_.identity, found_)) refuse_moved(found_);
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
    if (of_bridges.empty() || others.ids.empty() || !have_all_of(others, found_)) return false;
    const std::string ids = host::join(of_bridges, " ");
    refuse("the identity names bridges, which stay with the host: " + ids,
           "remove " + ids + " from 'identity', then rebuild the initramfs");
    return true;
  }

  void follow() {
    const auto locations = locations_of(card_.identity, machine_);
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
      ids.push_back(function->id.str() + (card_.identity.serial ? serial_text_of(*function) : ""));
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
    const auto locations = locations_of(card_.identity, machine_);
    if (card_.address.size() != 1 || locations.size() != 1) return "correct its address";
    const host::PciSlot& slot = locations.front().front()->address.slot;
    if (slot == card_.address.front().slot || locations.front().back()->address.slot != slot)
      return "correct its address";
    return "set 'address = " +
           (card_.address.front().function ? addresses_of(locations.front()) : slot.str()) +
           "' in " + card_.where();
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
  std::string missing_;  // … and nothing else is there: "no PCI function 0000:01:00 found"
  Selection result_;
};

}  // namespace

Selection select(const config::Card& card, const Machine& machine) {
  return CardReader(card, machine).read();
}

}  // namespace plan
