// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/hand_over/libvirt_hook.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <poll.h>
#include <unistd.h>

#include "early/commands.h"
#include "early/hand_over/claim_card.h"
#include "early/hand_over/domain_xml.h"
#include "early/hand_over/hand_overs.h"
#include "early/hand_over/recover.h"
#include "early/hand_over/requested_card.h"
#include "host/printable.h"
#include "host/text.h"
#include "record/record.h"

namespace early::hand_over {
namespace {

using host::Error;
using host::Result;
using host::Root;

constexpr std::chrono::seconds kReadLimit{30};

bool hands_over(const config::Configuration& configuration, const std::string& card) {
  return std::any_of(configuration.cards.begin(), configuration.cards.end(),
                     [&](const config::Card& one) { return one.hand_over && one.name == card; });
}

Result<std::vector<std::string>> cards_of_domain(const Root& root,
                                                 const config::Configuration& configuration) {
  const auto xml = read_domain_xml(STDIN_FILENO, kReadLimit);
  if (!xml) return xml.error();
  std::vector<std::string> cards;
  const bool concerned = xml->find("hostdev") != std::string::npos;
  if (!concerned) return cards;
  const auto functions = passed_functions(*xml);
  if (!functions) return functions.error();
  for (const host::PciAddress& function : *functions) {
    const std::string card = card_named(root, configuration, function.str());
    if (hands_over(configuration, card) && !host::contains(cards, card)) cards.push_back(card);
  }
  return cards;
}

// Those that were claimed for the domain: its XML may have changed since.
Result<std::vector<std::string>> cards_claimed_for(const Root& root, const std::string& domain) {
  const auto hand_overs = read_hand_overs(root);
  if (!hand_overs) return hand_overs.error();
  std::vector<std::string> cards;
  for (const HandOver& hand_over : hand_overs->all)
    if (hand_over.domain == domain) cards.push_back(hand_over.card);
  return cards;
}

int claim_all(const Root& root, const Options& options, const HookCall& call) {
  for (const std::string& card : call.cards) {
    const int status = claim_card(
        root,
        {.what = card, .config = options.config, .stop_services = true, .domain = call.domain});
    if (status != kAllClaimed) return status;
  }
  return kAllClaimed;
}

int restart_watch(const Root& root, const HookCall& call) {
  auto hand_overs = read_hand_overs(root);
  if (!hand_overs) return kAllClaimed;
  for (HandOver& hand_over : hand_overs->all)
    if (hand_over.domain == call.domain) hand_over.unused_since_ns = record::boot_time_ns();
  (void)write_hand_overs(root, *hand_overs);
  return kAllClaimed;
}

// The cards are read again, with the lock: one may have been claimed for another domain since then.
int release_all(const Root& root, const HookCall& call) {
  const auto cards = cards_claimed_for(root, call.domain);
  if (!cards) {
    host::print(stderr, "vfio-early: %s\n", describe(cards.error()).c_str());
    return kNotAllClaimed;
  }
  int status = kAllClaimed;
  for (const std::string& card : *cards)
    status = std::max(status, release_card(root, card).value_or(kAllClaimed));
  return status;
}

}  // namespace

HookStep hook_step(const std::string& operation, const std::string& sub_operation) {
  if (operation == "prepare" && sub_operation == "begin") return HookStep::kPrepare;
  if (operation == "start" && sub_operation == "begin") return HookStep::kStart;
  if (operation == "release" && sub_operation == "end") return HookStep::kRelease;
  return HookStep::kNone;
}

Result<std::string> read_domain_xml(int input, std::chrono::milliseconds limit) {
  using std::chrono::steady_clock;
  const auto failed = [](int code) { return Error{code, "read the XML of the domain"}; };
  const auto end = steady_clock::now() + limit;
  std::string text;
  std::array<char, 16384> buffer;
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - steady_clock::now()).count();
    pollfd readable = {.fd = input, .events = POLLIN, .revents = 0};
    const int ready = left > 0 ? ::poll(&readable, 1, static_cast<int>(left)) : 0;
    if (ready == 0) return failed(ETIMEDOUT);
    const ssize_t got = ready < 0 ? -1 : ::read(input, buffer.data(), buffer.size());
    if (got == 0) return text;
    if (got < 0 && errno != EINTR) return failed(errno);
    if (got > 0) text.append(buffer.data(), static_cast<size_t>(got));
    if (text.size() > kMaxDomainXml) return failed(EFBIG);
  }
}

Result<HookCall> read_hook_call(const Root& root, const Options& options) {
  HookCall call = {.domain = options.argument};
  if (options.more.size() >= 2) call.step = hook_step(options.more[0], options.more[1]);
  if (call.step == HookStep::kNone) return call;
  // hand-over.json and the log have it. libvirt accepts no such name, either.
  if (host::printable(call.domain) != call.domain || call.domain.find('\n') != call.domain.npos)
    return Error{EINVAL, "read the name of the domain, which is not a line of UTF-8 text"};
  Result<std::vector<std::string>> cards = std::vector<std::string>();
  if (call.step != HookStep::kPrepare) {
    cards = cards_claimed_for(root, call.domain);
  } else {
    const auto configuration = config::read_configuration(root, options.config);
    const bool any = std::any_of(configuration.cards.begin(), configuration.cards.end(),
                                 [](const config::Card& card) { return card.hand_over; });
    if (any) cards = cards_of_domain(root, configuration);
  }
  // The step "prepare" has claimed the cards. The timer reports the damaged file.
  if (!cards && call.step == HookStep::kStart) return call;
  if (!cards) return cards.error();
  call.cards = std::move(*cards);
  return call;
}

int run_hook_call(const Root& root, const Options& options, const HookCall& call) {
  switch (call.step) {
    case HookStep::kPrepare:
      return claim_all(root, options, call);
    case HookStep::kStart:
      return restart_watch(root, call);
    case HookStep::kRelease:
      return release_all(root, call);
    case HookStep::kNone:
      break;
  }
  return kAllClaimed;
}

}  // namespace early::hand_over
