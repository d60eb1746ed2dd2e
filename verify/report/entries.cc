// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/report/entries.h"

#include <algorithm>

#include "host/pci_address.h"
#include "host/text.h"
#include "verify/output/listed.h"

namespace verify {
namespace {

// A warning that waits for another check still says something of its own.
bool only_waits(const Finding& finding) {
  return !finding.waits_for.empty() && finding.status != Status::kWarn;
}

bool says_the_same(const Entry& entry, const Finding& finding) {
  if (entry.status != finding.status) return false;
  if (only_waits(finding) || !entry.waits_for.empty()) return entry.waits_for == finding.waits_for;
  return entry.ids.front() == finding.id && entry.words == sentence_of(finding) &&
         entry.remedy == finding.remedy;
}

void add_once(std::vector<std::string>& all, const std::string& one) {
  if (!host::contains(all, one)) all.push_back(one);
}

Entry entry_of(const Finding& finding) {
  const bool waits = only_waits(finding);
  return {.status = finding.status,
          .ids = {finding.id},
          .subjects = {finding.subject},
          .words = waits ? "" : sentence_of(finding),
          .remedy = waits ? Remedy() : finding.remedy,
          .waits_for = waits ? finding.waits_for : ""};
}

}  // namespace

const std::string& sentence_of(const Finding& finding) {
  return finding.brief.empty() ? finding.evidence : finding.brief;
}

std::vector<Entry> entries_of(const std::vector<const Finding*>& findings) {
  std::vector<Entry> entries;
  for (const Finding* finding : findings) {
    if (finding->status == Status::kPass || finding->status == Status::kSkip) continue;
    const auto same = std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) {
      return says_the_same(entry, *finding);
    });
    if (same == entries.end()) {
      entries.push_back(entry_of(*finding));
      continue;
    }
    add_once(same->ids, finding->id);
    add_once(same->subjects, finding->subject);
  }
  return entries;
}

std::string short_addresses(const std::vector<std::string>& addresses) {
  std::string text;
  std::optional<host::PciSlot> slot;
  for (size_t i = 0; i < std::min(addresses.size(), kMostListed); ++i) {
    const auto address = host::PciAddress::parse(addresses[i]);
    const bool again = address && slot && address->slot == *slot;
    if (!text.empty()) text += ", ";
    text += again ? "." + std::to_string(address->function) : addresses[i];
    slot = address ? std::optional(address->slot) : std::nullopt;
  }
  if (addresses.size() > kMostListed)
    text += " and " + std::to_string(addresses.size() - kMostListed) + " more";
  return text;
}

}  // namespace verify
