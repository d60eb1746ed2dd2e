// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/plan.h"

#include <algorithm>
#include <map>

#include "host/text.h"

namespace plan {
namespace {

using host::Machine;
using host::PciFunction;
using Functions = std::vector<const PciFunction*>;

// What a graphics card's slot may hold, and all that is taken from one unasked: the display
// controller, its audio, its USB host and its UCSI (USB-C) function. An APU's slot holds more.
constexpr std::string_view kCardClasses[] = {"03", "0403", "0c03", "0c80"};

bool is_card_class(const PciFunction& function) {
  return std::any_of(std::begin(kCardClasses), std::end(kCardClasses),
                     [&](std::string_view prefix) { return function.is_class(prefix); });
}

// Mass storage and network: to lose one by mistake is to lose a disk or the way in.
bool is_precious(const PciFunction& function) {
  return function.is_class("01") || function.is_class("02");
}

std::string name_of(const PciFunction& function) {
  return function.address.str() + " (" + function.id.str() + ", class " + function.class_str() +
         ")";
}

std::string list_ids(const std::vector<IdPattern>& ids) {
  std::vector<std::string> words;
  for (const IdPattern& id : ids) words.push_back(id.str());
  return host::join(words, " ");
}

// Finds the functions of one card, or the first reason why it can't be claimed.
class CardReader {
 public:
  CardReader(const Card& card, const Machine& machine) : card_(card), machine_(machine) {}

  // Empty exactly when refused.
  Functions functions() {
    if (!card_.id) {
      for (const Place& place : card_.address) take_place(place);
    } else {
      take_match();
    }
    if (!refused_) check_identity();
    if (!refused_) std::for_each(found_.begin(), found_.end(), [&](auto* f) { check_class(*f); });
    return refused_ ? Functions() : found_;
  }

  const Refusal& refusal() const { return refusal_; }

 private:
  void refuse(std::string why, std::string remedy) {
    if (refused_) return;  // the first reason is the one to mend
    refused_ = true;
    refusal_ = {card_.name, card_.file, card_.line, std::move(why), std::move(remedy)};
  }

  bool identity_names(const PciFunction& function) const {
    return std::any_of(card_.identity.ids.begin(), card_.identity.ids.end(),
                       [&](const IdPattern& id) { return id.matches(function.id); });
  }

  void take(const PciFunction* function) {
    if (std::find(found_.begin(), found_.end(), function) == found_.end())
      found_.push_back(function);  // a slot and a function of it may both be named
  }

  void take_place(const Place& place) {
    if (!place.function) return take_slot(place.slot);
    const PciFunction* function = machine_.find({place.slot, *place.function});
    if (!function) return refuse_absent(place.str());
    take(function);
    exact_.push_back(function);
  }

  void take_match() {
    Functions matches;
    for (const PciFunction& function : machine_.functions)
      if (card_.id->matches(function.id)) matches.push_back(&function);
    if (matches.empty()) return refuse_absent(card_.id->str());
    if (matches.size() > 1 && !card_.index) return refuse_ambiguous(matches);
    const size_t index = card_.index.value_or(0);
    if (index >= matches.size())
      return refuse("index " + std::to_string(index) + " asks for more cards than there are: " +
                        std::to_string(matches.size()) + " match " + card_.id->str(),
                    "count from 0, in address order");
    exact_.push_back(matches[index]);
    take_slot(matches[index]->address.slot);
  }

  // The functions of a slot that are meant: those listed, else those that the identity names, else
  // what a card consists of. A function that the owner selected by its own id or address is meant
  // in any case.
  void take_slot(const host::PciSlot& slot) {
    const Functions all = machine_.in_slot(slot);
    if (all.empty()) return refuse_absent(slot.str());
    if (!card_.functions.empty()) return take_listed(slot);
    for (const PciFunction* function : all) {
      if (card_.all_functions || is_exact(function)) {
        take(function);
      } else if (!card_.identity.empty()) {
        if (identity_names(*function)) take(function);
      } else if (is_card_class(*function)) {
        take(function);
      } else {
        return refuse(
            name_of(*function) + " shares the slot but is no part of a graphics card",
            "name the functions that are meant: 'functions = 0 1', or their ids in 'identity'");
      }
    }
    if (found_.empty()) refuse_moved(all);
  }

  void take_listed(const host::PciSlot& slot) {
    for (const uint8_t number : card_.functions) {
      const PciFunction* function = machine_.find({slot, number});
      if (!function) return refuse_absent(host::PciAddress{slot, number}.str());
      take(function);
    }
  }

  // Does every id sit there that must, and nothing else among what is claimed?
  void check_identity() {
    if (card_.identity.empty()) return;
    for (const PciFunction* function : found_)
      if (!identity_names(*function)) return refuse_moved({function});
    for (const IdPattern& id : card_.identity.ids) {
      const bool there = std::any_of(found_.begin(), found_.end(),
                                     [&](auto* function) { return id.matches(function->id); });
      if (!there) return refuse_moved(found_);
    }
  }

  void check_class(const PciFunction& function) {
    if (function.is_bridge())
      return refuse(name_of(function) + " is a bridge, which stays with the host",
                    "name the card behind it");
    if (is_precious(function) && !is_exact(&function))
      refuse(name_of(function) + " is a storage or network function, which the host may live on",
             "if it is meant, name it alone: 'address = " + function.address.str() + "'");
  }

  bool is_exact(const PciFunction* function) const {
    return std::find(exact_.begin(), exact_.end(), function) != exact_.end();
  }

  void refuse_absent(const std::string& what) {
    refuse("there is no PCI function " + what + elsewhere(),
           "`lspci -Dnn` lists what there is; correct the section, then rebuild the initramfs");
  }

  void refuse_ambiguous(const Functions& matches) {
    std::vector<std::string> addresses;
    for (const PciFunction* function : matches) addresses.push_back(function->address.str());
    refuse(card_.id->str() + " matches " + std::to_string(matches.size()) +
               " functions: " + host::join(addresses, " "),
           "add 'index = N', from 0 in that order, or select by 'address'");
  }

  // Something else sits where the owner's card should be.
  void refuse_moved(const Functions& there) {
    std::vector<std::string> ids;
    for (const PciFunction* function : there) ids.push_back(function->id.str());
    refuse(
        "identity mismatch: at " + there.front()->address.str() + " sits " + host::join(ids, " ") +
            ", not " + list_ids(card_.identity.ids) + elsewhere(),
        "if the card moved, correct its address; if it was exchanged, its identity; then rebuild "
        "the initramfs");
  }

  // "; 10de:1b81 sits at 0000:02:00.0": the sentence that saves the owner a search.
  std::string elsewhere() const {
    for (const IdPattern& id : card_.identity.ids)
      for (const PciFunction& function : machine_.functions)
        if (id.matches(function.id)) return "; " + id.str() + " sits at " + function.address.str();
    return {};
  }

  const Card& card_;
  const Machine& machine_;
  Functions found_;
  Functions exact_;  // selected by their own address or id
  bool refused_ = false;
  Refusal refusal_;
};

// A function that two cards claim belongs to neither: guessing could cost the wrong one.
void refuse_overlaps(const Configuration& configuration, Plan& plan) {
  std::map<host::PciAddress, std::string> owner;
  std::map<std::string, std::string> contested;  // card: why
  for (const Claim& claim : plan.claims) {
    const auto [first, fresh] = owner.emplace(claim.function.address, claim.card);
    if (fresh || first->second == claim.card) continue;
    const std::string why = claim.function.address.str() + " is claimed by both [" + first->second +
                            "] and [" + claim.card + "]";
    contested.emplace(first->second, why);
    contested.emplace(claim.card, why);
  }
  for (const Card& card : configuration.cards)
    if (const auto found = contested.find(card.name); found != contested.end())
      plan.refusals.push_back({card.name, card.file, card.line, found->second,
                               "name each function in one section only"});
  std::erase_if(plan.claims, [&](const Claim& claim) { return contested.contains(claim.card); });
}

// An IOMMU that is switched off on the command line needs another remedy than one in the firmware.
std::string iommu_remedy(const host::CommandLine& command_line) {
  const std::string off = host::iommu_switched_off_by(command_line);
  if (!off.empty()) return "remove " + off + " from the kernel command line";
  return "switch on VT-d or AMD-Vi in the firmware setup, and on Intel boot with intel_iommu=on";
}

}  // namespace

Plan make_plan(const Configuration& configuration, const Machine& machine) {
  Plan plan;
  plan.rescued = machine.command_line.value("vfio_early") == "off";
  if (plan.rescued) return plan;

  plan.refusals = configuration.refusals;
  for (const Card& card : configuration.cards) {
    if (!machine.has_iommu) {
      plan.refusals.push_back({card.name, card.file, card.line,
                               "no IOMMU is active (/sys/class/iommu is empty)",
                               iommu_remedy(machine.command_line)});
      continue;
    }
    CardReader reader(card, machine);
    const Functions functions = reader.functions();
    if (functions.empty()) plan.refusals.push_back(reader.refusal());
    for (const PciFunction* function : functions)
      plan.claims.push_back({card.name, *function, card.handling});
  }
  refuse_overlaps(configuration, plan);
  return plan;
}

}  // namespace plan
