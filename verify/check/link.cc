// SPDX-License-Identifier: GPL-2.0-or-later
//
// link.*: width and speed of the PCI Express links between card and processor, compared with what
// both ends support. Missing lanes are a fault. The speed is lowered on purpose while a card is
// idle.
#include <algorithm>
#include <functional>
#include <set>

#include <fmt/format.h>

#include "verify/check/check.h"
#include "verify/check/each.h"
#include "verify/check/log_evidence.h"
#include "verify/check/unreadable.h"

namespace verify {
namespace {

using hardware::Link;
using Judge = Finding (*)(const std::string& address, const std::vector<Link>& links);

// All functions of a slot have the same link: the subject is the first of them.
template <Judge kJudge>
Findings each_slot(const Inspection& inspection) {
  Findings findings;
  std::set<host::PciSlot> seen;
  for (const ConfiguredFunction& function : inspection.functions) {
    if (!seen.insert(function.function.address.slot).second) continue;
    const auto& links = function.hardware.links;
    if (!links)
      findings.push_back(unread(inspection, function, links.error()));
    else if (links->empty())
      findings.push_back(pass(function.address(), "it has no PCI Express link of its own"));
    else
      findings.push_back(kJudge(function.address(), *links));
  }
  return findings;
}

// The link with the smallest part of its possible width.
const Link& worst(const std::vector<Link>& links) {
  return *std::max_element(links.begin(), links.end(), [](const Link& a, const Link& b) {
    return a.now.width * b.possible_width() > b.now.width * a.possible_width();
  });
}

Finding judge_width(const std::string& address, const std::vector<Link>& links) {
  const Link& link = worst(links);
  const std::string now =
      fmt::format("x{} of x{} between {} (x{}) and {} (x{})", link.now.width, link.possible_width(),
                  link.upper, link.upper_max.width, link.lower, link.lower_max.width);
  if (link.now.width >= link.possible_width())
    return pass(address, now + (link.upper_max.width < link.lower_max.width
                                    ? ": the slot has fewer lanes than the card"
                                    : ""));
  return warn(
      address, "lanes are missing: " + now,
      "reseat the card and clean its contacts; remove a riser cable; check in the mainboard's manual whether another slot or an M.2 disk shares its lanes");
}

Finding judge_speed(const std::string& address, const std::vector<Link>& links) {
  const Link& link = *std::min_element(
      links.begin(), links.end(),
      [](const Link& a, const Link& b) { return a.possible_speed() < b.possible_speed(); });
  std::string text =
      fmt::format("{} of {} between {} ({}) and {} ({})", link.now.speed_text(),
                  hardware::Rate{link.possible_speed(), 0}.speed_text(), link.upper,
                  link.upper_max.speed_text(), link.lower, link.lower_max.speed_text());
  if (link.now.speed < link.possible_speed())
    text += ": lowered while the card is idle; check again while a guest uses it";
  return pass(address, text);
}

// The errors are in verify/check/log_evidence.cc.
Finding judge_errors(const Inspection& inspection, const ConfiguredFunction& function) {
  return judge_by_log(inspection, function, "link.errors",
                      "the kernel logged no error of its link");
}

constexpr Check kChecks[] = {
    {"link.width", "Does the card's link use all lanes that both card and slot have?", R"(
Of all links between the root and the card, the one with most missing lanes is reported. One
finding for each slot. Unknown without root, and for a sleeping card.)",
     each_slot<judge_width>, Weight::kAdvises},
    {"link.speed", "How fast is the card's link, and how fast could it be?", R"(
The speed is lowered while a card is idle, so a low speed passes.)",
     each_slot<judge_speed>, Weight::kAdvises},
    {"link.errors", "Is the kernel log free of PCI Express errors of the function?", R"(
Warns if the kernel log has an error that was not corrected (Advanced Error Reporting), or at least
ten that were. Unknown if the log does not reach back to its start.)",
     each_function<judge_errors>, Weight::kAdvises},
};

}  // namespace

constexpr Chapter kLinkChapter{"Card", kChecks};

}  // namespace verify
