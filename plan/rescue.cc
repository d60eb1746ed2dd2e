// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/rescue.h"

#include <algorithm>
#include <set>

namespace plan {
namespace {

std::set<std::string> armed_cards(const config::Configuration& configuration) {
  std::set<std::string> armed;
  for (const config::Card& card : configuration.cards)
    if (card.healthy_when != config::Healthy::kNotSet) armed.insert(card.name);
  return armed;
}

// FNV-1a over words, each followed by a zero byte, so that different lists of words have different
// bytes.
class Hash {
 public:
  void add(std::string_view word) {
    for (const char c : word) add_byte(static_cast<unsigned char>(c));
    add_byte(0);
  }
  std::string str() const { return config::hash_text(value_); }

 private:
  void add_byte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3; }

  uint64_t value_ = 0xcbf29ce484222325;
};

bool is_claimed(const Plan& plan, const host::PciFunction& function) {
  return std::any_of(plan.claims.begin(), plan.claims.end(), [&](const Claim& claim) {
    return claim.function.address == function.address;
  });
}

// The virtual functions of a card with 'vfs' are created after the gate has decided: the claims of
// armed cards are the same before and after.
bool is_created(const Plan& plan, const Claim& claim) {
  return std::any_of(plan.virtual_functions.begin(), plan.virtual_functions.end(),
                     [&](const VirtualFunctions& each) { return each.card == claim.card; });
}

}  // namespace

record::Rescue configured_rescue(const config::Configuration& configuration) {
  record::Rescue configured;
  for (const config::Card& card : configuration.cards)
    if (card.healthy_when == config::Healthy::kDisplay || !configured.armed())
      configured.healthy_when = card.healthy_when;
  return configured;
}

std::string fingerprint(const Plan& plan, const config::Configuration& configuration,
                        const host::Machine& machine, std::string_view firmware) {
  const auto armed = armed_cards(configuration);
  if (std::none_of(plan.claims.begin(), plan.claims.end(), [&](const Claim& claim) {
        return armed.contains(config::section_of(claim.card));
      }))
    return {};

  Hash hash;
  hash.add(machine.kernel_release);
  hash.add(firmware);
  hash.add(config::hash_text(configuration.hash));
  for (const Claim& claim : plan.claims) {
    if (is_created(plan, claim)) continue;
    hash.add(claim.function.address.str());
    hash.add(claim.function.id.str());
  }
  for (const host::PciFunction& function : machine.functions) {
    if (!function.is_class("03") || function.is_virtual() || is_claimed(plan, function)) continue;
    hash.add("host " + function.address.str());
    hash.add(function.id.str());
  }
  return hash.str();
}

record::Rescue decide(record::Rescue configured, const record::BootFlag& found,
                      const std::string& fingerprint, const record::Rescue* earlier) {
  const bool decided = earlier && earlier->armed();
  configured.flag = configured.wanted = found;
  configured.skips = decided ? earlier->skips : found.mark == record::Mark::kPending;
  if (configured.skips) {
    configured.wanted.mark = record::Mark::kSkipped;
  } else if (!fingerprint.empty() &&
             found != record::BootFlag{record::Mark::kHealthy, fingerprint}) {
    configured.wanted = {record::Mark::kPending, fingerprint};
  }
  return configured;
}

void refuse_armed_cards(Plan& plan, const config::Configuration& configuration) {
  const auto armed = armed_cards(configuration);
  std::set<std::string> left;
  for (const Claim& claim : plan.claims)
    if (armed.contains(config::section_of(claim.card))) left.insert(claim.card);
  std::erase_if(plan.claims, [&](const Claim& claim) { return left.contains(claim.card); });
  for (const config::Card& card : plan.cards)
    if (left.contains(card.name))
      plan.refusals.push_back(
          {card.name, card.file, card.line,
           "the last boot that claimed this card was not marked as healthy; this boot leaves the card to the host (dead-man rescue)",
           "find the cause with `journalctl -b -1`, because the next boot claims the card again; see 'healthy-when' in vfio-early.conf(5)"});
}

}  // namespace plan
