// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/hand_over/make_free.h"

#include <unistd.h>

#include "early/hand_over/hooks.h"
#include "early/hand_over/services.h"
#include "early/holders/find_holders.h"
#include "early/holders/unit_of_process.h"
#include "early/messages.h"
#include "host/printable.h"
#include "host/text.h"

namespace early::hand_over {
namespace {

using holders::Holder;
using holders::Holders;
using host::Error;
using host::Result;
using host::Root;

constexpr int kLastLook = 20, kLookMicroseconds = 100'000;  // programs may need a moment to close

// Each is saved before it is stopped.
Result<void> stop_services_of(const Root& root, const Holders& found, HandOvers& hand_overs,
                              const std::string& card) {
  HandOver& hand_over = *hand_overs.find(card);
  const std::string login = holders::display_manager(root);
  for (const Holder& holder : found) {
    const std::string& unit = holder.unit.name;
    if (!holders::may_stop(holder.unit) || unit == login) continue;
    if (host::contains(hand_over.stopped, unit)) continue;
    hand_over.stopped.push_back(unit);
    if (auto saved = write_hand_overs(root, hand_overs); !saved) return saved;
    log_message(root, host::Priority::kNotice, card + ": stopping " + unit);
    if (auto stopped = stop_unit(root, unit); !stopped) return stopped;
  }
  return {};
}

void note_consoles(const Holders& found, HandOver& hand_over) {
  for (const Holder& holder : found)
    if (holder.kind == Holder::Kind::kConsole) hand_over.consoles.push_back(holder.name);
}

void print(const Holders& found) {
  for (const Holder& holder : found)
    host::print(stderr, "%s\n  Remedy: %s\n", holder.str().c_str(), holder.remedy.c_str());
}

std::string summary(const Holders& found) {
  constexpr size_t kMax = 6;
  std::vector<std::string> names;
  for (const Holder& holder : found)
    if (holder.prevents()) names.push_back(holder.str());
  const size_t count = names.size();
  if (count > kMax) names.resize(kMax);
  return "it is in use: " + host::join(names, "; ") +
         (count > kMax ? " and " + std::to_string(count - kMax) + " more" : "");
}

}  // namespace

// hand_over.pml: make_free
Result<void> make_free(const Root& root, const std::vector<const host::PciFunction*>& functions,
                       bool stops_services, HandOvers& hand_overs, const std::string& card) {
  Holders found = holders::find_holders(root, functions);
  const bool waits = stops_services || !find_hooks(root).safe.empty();
  for (int i = 0; i < kLastLook && waits && prevent(found); ++i) {
    if (stops_services) {
      if (auto stopped = stop_services_of(root, found, hand_overs, card); !stopped) return stopped;
    }
    if (i > 0 && root.live()) ::usleep(kLookMicroseconds);
    found = holders::find_holders(root, functions);
  }
  note_consoles(found, *hand_overs.find(card));
  if (!prevent(found)) return {};
  print(found);
  return Error{0, summary(found)};
}

}  // namespace early::hand_over
