// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/hand_over/hand_overs.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include <nlohmann/json.hpp>

#include "host/framebuffer.h"
#include "host/text.h"
#include "record/json_depth.h"
#include "record/json_writer.h"
#include "record/record.h"

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

constexpr size_t kMaxEntries = 256;  // of each list: a card has a few

Error damaged(const std::string& why) {
  return {0, std::string(kHandOverFile) + " is damaged: " + why +
                 ". Remedy: remove it, and run `vfio-early release CARD`"};
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

bool read_words(const ordered_json& object, const char* key, Words& words, auto is_valid) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array() || found->size() > kMaxEntries) return false;
  for (const ordered_json& word : *found) {
    if (!word.is_string() || !is_valid(word.get_ref<const std::string&>())) return false;
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

bool is_printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

bool is_card(std::string_view name) {
  return !name.empty() && name.size() <= 255 && is_printable(name);
}

// The names become parts of paths, and arguments of systemctl(1).
bool is_name(std::string_view name) {
  return name.size() <= 255 && is_printable(name) && name.find('/') == name.npos &&
         !name.starts_with('.') && !name.starts_with('-');
}

bool is_service(std::string_view name) {
  return is_name(name) && name.ends_with(".service") && name.find(' ') == name.npos;
}

bool is_console(std::string_view name) {
  constexpr std::string_view kPrefix = "vtcon";
  return name.starts_with(kPrefix) && host::parse_number(name.substr(kPrefix.size()), 10, 63);
}

// "simple-framebuffer.0 simple-framebuffer"
bool is_framebuffer(std::string_view text) {
  const auto words = host::split(text);
  return words.size() == 2 && is_name(words[1]) &&
         std::any_of(std::begin(host::kFramebufferDrivers), std::end(host::kFramebufferDrivers),
                     [&](const host::FramebufferDriver& one) { return words[0] == one.device; });
}

bool read_functions(const ordered_json& object, std::vector<HandedFunction>& functions) {
  const auto found = object.find("functions");
  if (found == object.end() || !found->is_array() || found->size() > kMaxEntries) return false;
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

bool read_watched(const ordered_json& object, bool& watched) {
  const auto found = object.find("watched");
  if (found == object.end() || !found->is_boolean()) return false;
  watched = found->get<bool>();
  return true;
}

// get<int64_t>() makes a number that is too large negative.
bool read_time(const ordered_json& object, const char* key, int64_t& time) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return false;
  time = found->get<int64_t>();
  return time >= 0;
}

// The member that is missing or invalid; nullptr: none.
const char* read_hand_over(const ordered_json& object, HandOver& card) {
  if (!object.is_object()) return "cards";
  if (!read_text(object, "card", card.card) || !is_card(card.card)) return "card";
  if (!read_phase(object, card.phase)) return "phase";
  if (!read_functions(object, card.functions)) return "functions";
  if (!read_words(object, "stopped", card.stopped, is_service)) return "stopped";
  if (!read_words(object, "consoles", card.consoles, is_console)) return "consoles";
  if (!read_words(object, "framebuffers", card.framebuffers, is_framebuffer)) return "framebuffers";
  if (!read_text(object, "domain", card.domain)) return "domain";
  if (!read_watched(object, card.watched)) return "watched";
  if (!read_time(object, "unused_since_ns", card.unused_since_ns)) return "unused_since_ns";
  if (!read_text(object, "problem", card.problem)) return "problem";
  return nullptr;
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
  if (cards == parsed.end() || !cards->is_array() || cards->size() > kMaxEntries)
    return damaged("'cards' is missing or invalid");
  HandOvers hand_overs;
  for (const ordered_json& card : *cards) {
    HandOver hand_over;
    if (const char* wrong = read_hand_over(card, hand_over))
      return damaged("'" + std::string(wrong) + "' is missing or invalid");
    if (hand_overs.find(hand_over.card)) return damaged("a card is duplicate");
    hand_overs.all.push_back(std::move(hand_over));
  }
  return hand_overs;
}

Result<HandOvers> read_hand_overs(const Root& root) {
  const auto text = root.read(kHandOverFile, kMaxFile);
  if (!text && text.error().code == ENOENT) return HandOvers();
  if (!text && text.error().code == EFBIG) return damaged("it is larger than 1 MiB");
  if (!text) return text.error();
  auto hand_overs = hand_overs_from_json(*text);
  if (!hand_overs) return hand_overs;
  for (const HandOver& card : hand_overs->all)
    if (card.unused_since_ns > record::boot_time_ns())
      return damaged("'unused_since_ns' of " + card.card + " is in the future");
  return hand_overs;
}

Result<void> write_hand_overs(const Root& root, const HandOvers& hand_overs) {
  if (hand_overs.all.empty()) return root.remove(kHandOverFile);
  const std::string text = to_json(hand_overs);
  // Otherwise the next run could undo nothing.
  if (text.size() > kMaxFile || !hand_overs_from_json(text))
    return Error{EINVAL, std::string("write ") + kHandOverFile};
  return root.replace(kHandOverFile, text);
}

}  // namespace early::hand_over
