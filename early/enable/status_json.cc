// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "early/enable/status.h"
#include "host/pci_function.h"
#include "host/printable.h"
#include "host/text.h"
#include "host/version.h"
#include "plan/selection.h"
#include "record/json_writer.h"

namespace early::enable {
namespace {

using Functions = std::vector<const host::PciFunction*>;

// The number of the JSON form. It becomes larger if a key is removed, or if its type or meaning
// changes.
constexpr int kForm = 1;

// The words of "images", in the order of the enumerators.
constexpr const char* kImageNames[] = {"right", "wrong", "inconclusive", "not-checked"};

void write_text(record::JsonWriter& json, const char* key, const std::string& text) {
  json.member(key, host::printable(text));
}

// Those that the plan claims. Of a refused card those that its section selects, if that is clear:
// they are meant for guests, too. With 'vfs', that would be the physical function, which is not.
Functions functions_of(const Status& status, const config::Card& card) {
  Functions functions = planned_functions(status, card);
  return functions.empty() && card.vfs == 0 ? plan::select(card, status.planned.machine).functions
                                            : functions;
}

std::string state_of(const Status& status, const config::Card& card) {
  const config::Refusal* refusal = refusal_of(status, card.name);
  const bool has_claims = !planned_functions(status, card).empty();
  if (is_claimed(status, card)) return "claimed";
  if (refusal && !has_claims) return refusal->awaited ? "awaited" : "refused";
  return "not-claimed";
}

void write_function(record::JsonWriter& json, const Status& status,
                    const host::PciFunction& function) {
  json.open_object();
  json.member("address", function.address.str());
  json.member("id", function.id.str());
  json.member("class", function.class_str());
  write_text(json, "driver", function.driver);
  json.member("claimed", is_claimed(status, function));
  json.close_object();
}

void write_card(record::JsonWriter& json, const Status& status, const config::Card& card) {
  const config::Refusal* refusal = refusal_of(status, card.name);
  json.open_object();
  write_text(json, "name", card.name);
  write_text(json, "section", card.only_slot ? config::section_of(card.name) : card.name);
  write_text(json, "file", card.file);
  json.member("line", card.line);
  json.member("state", state_of(status, card));
  json.member("hand_over", card.hand_over);
  write_text(json, "why", refusal ? refusal->why : "");
  write_text(json, "remedy", refusal ? refusal->remedy : "");
  json.open_array("functions");
  for (const host::PciFunction* function : functions_of(status, card))
    write_function(json, status, *function);
  json.close_array();
  json.close_object();
}

void write_mistake(record::JsonWriter& json, const config::Refusal& mistake) {
  json.open_object();
  write_text(json, "card", mistake.card);
  write_text(json, "file", mistake.file);
  json.member("line", mistake.line);
  write_text(json, "why", mistake.why);
  write_text(json, "remedy", mistake.remedy);
  json.close_object();
}

}  // namespace

std::string status_json(const Status& status) {
  const NextStep next = next_step(status);
  record::JsonWriter json;
  json.open_object();
  json.member("format", kForm);
  json.member("version", host::kVersion);
  write_text(json, "boot_id", status.planned.machine.boot_id);
  json.member("switched_off", status.planned.plan.switched_off);
  json.member("images", kImageNames[static_cast<size_t>(status.judged.images)]);
  json.open_array("cards");
  for (const config::Card& card : status.planned.plan.cards) write_card(json, status, card);
  json.close_array();
  json.open_array("mistakes");
  for (const config::Refusal& mistake : status.planned.configuration.refusals)
    write_mistake(json, mistake);
  json.close_array();
  json.open_object("next_step");
  json.member("none", next.done);
  write_text(json, "text", next.words);
  json.close_object();
  json.close_object();
  return json.finish();
}

}  // namespace early::enable
