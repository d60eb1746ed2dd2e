// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/boot_flag.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "host/text.h"
#include "plan/record.h"

namespace plan {
namespace {

constexpr const char* kMarkNames[] = {"none", "pending", "healthy", "skipped", "stopped"};
constexpr size_t kFingerprintDigits = 16;

bool is_fingerprint(std::string_view text) {
  return text.size() == kFingerprintDigits &&
         text.find_first_not_of("0123456789abcdef") == text.npos;
}

std::set<std::string> armed_cards(const Configuration& configuration) {
  std::set<std::string> armed;
  for (const Card& card : configuration.cards)
    if (card.healthy_when != Healthy::kNotAsked) armed.insert(card.name);
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
  std::string str() const { return hash_text(value_); }

 private:
  void add_byte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001b3; }

  uint64_t value_ = 0xcbf29ce484222325;
};

bool is_claimed(const Plan& plan, const host::PciFunction& function) {
  return std::any_of(plan.claims.begin(), plan.claims.end(), [&](const Claim& claim) {
    return claim.function.address == function.address;
  });
}

}  // namespace

const char* mark_name(Mark mark) {
  return kMarkNames[static_cast<size_t>(mark)];
}

std::string BootFlag::str() const {
  return mark == Mark::kNone ? mark_name(mark) : std::string(mark_name(mark)) + " " + fingerprint;
}

BootFlag BootFlag::parse(std::string_view text) {
  const auto words = host::split(text.substr(0, text.find('\n')), " ");
  if (words.size() != 2 || !is_fingerprint(words[1])) return {};
  const auto* name = std::find(std::begin(kMarkNames), std::end(kMarkNames), words[0]);
  if (name == std::end(kMarkNames) || words[0] == mark_name(Mark::kNone)) return {};
  return {static_cast<Mark>(name - std::begin(kMarkNames)), std::string(words[1])};
}

Rescue asked_rescue(const Configuration& configuration) {
  Rescue asked;
  for (const Card& card : configuration.cards)
    if (card.healthy_when == Healthy::kDisplay || !asked.armed())
      asked.healthy_when = card.healthy_when;
  return asked;
}

std::string fingerprint(const Plan& plan, const Configuration& configuration,
                        const host::Machine& machine, std::string_view firmware) {
  const auto armed = armed_cards(configuration);
  if (std::none_of(plan.claims.begin(), plan.claims.end(),
                   [&](const Claim& claim) { return armed.contains(claim.card); }))
    return {};

  Hash hash;
  hash.add(machine.kernel_release);
  hash.add(firmware);
  hash.add(hash_text(configuration.hash));
  for (const Claim& claim : plan.claims) {
    hash.add(claim.function.address.str());
    hash.add(claim.function.id.str());
  }
  for (const host::PciFunction& function : machine.functions) {
    if (!function.is_class("03") || is_claimed(plan, function)) continue;
    hash.add("host " + function.address.str());
    hash.add(function.id.str());
  }
  return hash.str();
}

Rescue decide(Rescue asked, const BootFlag& found, const std::string& fingerprint,
              const Rescue* earlier) {
  const bool decided = earlier && earlier->armed();
  asked.flag = asked.wanted = found;
  asked.skips = decided ? earlier->skips : found.mark == Mark::kPending;
  if (asked.skips) {
    asked.wanted.mark = Mark::kSkipped;
  } else if (!fingerprint.empty() && found != BootFlag{Mark::kHealthy, fingerprint}) {
    asked.wanted = {Mark::kPending, fingerprint};
  }
  return asked;
}

void leave_armed_cards(Plan& plan, const Configuration& configuration) {
  const auto armed = armed_cards(configuration);
  std::set<std::string> left;
  for (const Claim& claim : plan.claims)
    if (armed.contains(claim.card)) left.insert(claim.card);
  std::erase_if(plan.claims, [&](const Claim& claim) { return left.contains(claim.card); });
  for (const Card& card : configuration.cards)
    if (left.contains(card.name))
      plan.refusals.push_back({card.name, card.file, card.line,
                               "the last boot that claimed this card was not marked as healthy; "
                               "this boot leaves the card to the host (dead-man rescue)",
                               "find the cause with `journalctl -b -1`, "
                               "because the next boot claims the card again; "
                               "see 'healthy-when' in vfio-early.conf(5)"});
}

}  // namespace plan
