// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/hand_over/hand_overs.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include <nlohmann/json.hpp>

#include "record/json_depth.h"
#include "record/json_writer.h"

namespace early::hand_over {
namespace {

using host::Error;
using host::Result;
using host::Root;
using nlohmann::ordered_json;
using Words = std::vector<std::string>;

constexpr int kFormat = 1;
constexpr size_t kMaxFile = size_t{1024} * 1024;
constexpr const char* kPhaseNames[] = {"claiming", "claimed", "releasing"};

Error damaged(const std::string& why) {
  return {0, std::string(kHandOverFile) + " is damaged: " + why};
}

void write_words(record::JsonWriter& json, const char* key, const Words& words) {
  json.open_array(key);
  for (const std::string& word : words) json.element(word);
  json.close_array();
}

void write_functions(record::JsonWriter& json, const std::vector<HandedFunction>& functions) {
  json.open_array("functions");
  for (const HandedFunction& function : functions) {
    json.open_object();
    json.member("address", function.address.str());
    json.member("driver", function.driver);
    json.close_object();
  }
  json.close_array();
}

void write_hand_over(record::JsonWriter& json, const HandOver& hand_over) {
  json.open_object();
  json.member("card", hand_over.card);
  json.member("phase", kPhaseNames[static_cast<size_t>(hand_over.phase)]);
  write_functions(json, hand_over.functions);
  write_words(json, "stopped", hand_over.stopped);
  write_words(json, "consoles", hand_over.consoles);
  write_words(json, "framebuffers", hand_over.framebuffers);
  json.member("domain", hand_over.domain);
  json.member("watched", hand_over.watched);
  json.member("unused_since_ns", hand_over.unused_since_ns);
  json.member("problem", hand_over.problem);
  json.close_object();
}

// Each returns whether the member is present and has this type.
bool read_text(const ordered_json& object, const char* key, std::string& text) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return false;
  text = found->get<std::string>();
  return true;
}

bool read_words(const ordered_json& object, const char* key, Words& words) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return false;
  for (const ordered_json& word : *found) {
    if (!word.is_string()) return false;
    words.push_back(word.get<std::string>());
  }
  return true;
}

bool read_phase(const ordered_json& object, Phase& phase) {
  std::string name;
  if (!read_text(object, "phase", name)) return false;
  const auto* found = std::find(std::begin(kPhaseNames), std::end(kPhaseNames), name);
  phase = static_cast<Phase>(found - std::begin(kPhaseNames));
  return found != std::end(kPhaseNames);
}

// The name of a driver becomes a part of a path.
bool is_name(const std::string& name) {
  return name.find('/') == name.npos && !name.starts_with('.');
}

bool read_functions(const ordered_json& object, std::vector<HandedFunction>& functions) {
  const auto found = object.find("functions");
  if (found == object.end() || !found->is_array()) return false;
  for (const ordered_json& one : *found) {
    std::string address, driver;
    if (!one.is_object() || !read_text(one, "address", address) ||
        !read_text(one, "driver", driver) || !is_name(driver))
      return false;
    const auto parsed = host::PciAddress::parse(address);
    if (!parsed) return false;
    functions.push_back({*parsed, driver});
  }
  return true;
}

bool read_watch(const ordered_json& object, HandOver& hand_over) {
  const auto watched = object.find("watched"), since = object.find("unused_since_ns");
  if (watched == object.end() || since == object.end()) return false;
  if (!watched->is_boolean() || !since->is_number_integer()) return false;
  hand_over.watched = watched->get<bool>();
  hand_over.unused_since_ns = since->get<int64_t>();
  return true;
}

bool read_hand_over(const ordered_json& object, HandOver& hand_over) {
  return object.is_object() && read_text(object, "card", hand_over.card) &&
         read_phase(object, hand_over.phase) && read_functions(object, hand_over.functions) &&
         read_words(object, "stopped", hand_over.stopped) &&
         read_words(object, "consoles", hand_over.consoles) &&
         read_words(object, "framebuffers", hand_over.framebuffers) &&
         read_text(object, "domain", hand_over.domain) && read_watch(object, hand_over) &&
         read_text(object, "problem", hand_over.problem) &&
         std::all_of(hand_over.consoles.begin(), hand_over.consoles.end(), is_name);
}

}  // namespace

HandOver* HandOvers::find(const std::string& card) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const HandOver& one) { return one.card == card; });
  return found == all.end() ? nullptr : &*found;
}

void HandOvers::remove(const std::string& card) {
  std::erase_if(all, [&](const HandOver& one) { return one.card == card; });
}

std::string to_json(const HandOvers& hand_overs) {
  record::JsonWriter json;
  json.open_object();
  json.member("format", kFormat);
  json.open_array("cards");
  for (const HandOver& hand_over : hand_overs.all) write_hand_over(json, hand_over);
  json.close_array();
  json.close_object();
  return json.finish();
}

Result<HandOvers> hand_overs_from_json(const std::string& text) {
  if (record::nests_too_deep(text)) return damaged("nested too deep");
  const ordered_json parsed = ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) return damaged("not a JSON object");
  const auto format = parsed.find("format");
  if (format == parsed.end() || !format->is_number_integer() || format->get<int64_t>() != kFormat)
    return damaged("'format' is missing or not supported");
  const auto cards = parsed.find("cards");
  if (cards == parsed.end() || !cards->is_array()) return damaged("'cards' is missing or invalid");
  HandOvers hand_overs;
  for (const ordered_json& card : *cards) {
    HandOver hand_over;
    if (!read_hand_over(card, hand_over))
      return damaged("a card has a member that is missing or invalid");
    if (hand_overs.find(hand_over.card)) return damaged("a card is duplicate");
    hand_overs.all.push_back(std::move(hand_over));
  }
  return hand_overs;
}

Result<HandOvers> read_hand_overs(const Root& root) {
  const auto text = root.read(kHandOverFile, kMaxFile);
  if (!text && text.error().code == ENOENT) return HandOvers();
  if (!text) return text.error();
  return hand_overs_from_json(*text);
}

Result<void> write_hand_overs(const Root& root, const HandOvers& hand_overs) {
  if (hand_overs.all.empty()) return root.remove(kHandOverFile);
  return root.replace(kHandOverFile, to_json(hand_overs));
}

}  // namespace early::hand_over
