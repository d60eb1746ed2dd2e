// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/capture/own_files.h"

#include <algorithm>

#include "config/id_pattern.h"
#include "config/ini.h"
#include "config/keys.h"
#include "host/text.h"
#include "record/record.h"
#include "verify/capture/known_words.h"
#include "verify/capture/log_lines.h"
#include "verify/capture/messages.h"
#include "verify/capture/parameters.h"
#include "verify/capture/system_files.h"

namespace verify::capture {
namespace {

constexpr std::string_view kClaim = "vfio_early.claim=";

bool is_control(unsigned char c) {
  return (c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f;
}

std::string kept_name(const std::string& name, Anonymiser& anonymiser) {
  if (name.starts_with(kClaim))
    return std::string(kClaim) +
           kept_claim(std::string_view(name).substr(kClaim.size()), anonymiser);
  return name.empty() || has_only_known_words(name) ? name : anonymiser.pseudonym("card", name);
}

// "" if the line is not a valid header of a section.
std::string_view name_in_header(std::string_view line) {
  if (!line.ends_with(']')) return {};
  const std::string_view name = host::trim(line.substr(1, line.size() - 2));
  return name.size() > config::kMaxIniName || name.find_first_of("[]") != name.npos ? "" : name;
}

struct Entry {
  std::string key;
  std::string value;
};

Entry entry_in(std::string_view line) {
  const size_t equals = line.find('=');
  if (equals == line.npos) return {};
  return {std::string(host::trim(line.substr(0, equals))),
          std::string(host::trim(line.substr(equals + 1)))};
}

// Does the value suit the key, and can it be no secret?
bool is_correct(const config::Key& key, const std::string& value) {
  config::Card trial;
  return key.parse(value, trial) && (!key.is_free_text || has_only_known_words(value));
}

// Of a path below /sys, only the address is kept.
std::string in_full(const config::Key& key, const std::string& value) {
  config::Card card;
  if (!key.parse(value, card)) return value;
  if (card.path) return card.path->str();
  std::vector<std::string> addresses;
  for (const config::SlotOrFunction& address : card.address) addresses.push_back(address.str());
  return addresses.empty() ? value : host::join(addresses, " ");
}

std::string kept_entry(std::string_view line, Anonymiser& anonymiser) {
  if (line.size() > config::kMaxIniLine) return std::string(config::kMaxIniLine + 1, 'x');
  const Entry entry = entry_in(line);
  if (entry.key.empty()) return kLeftOut;
  const config::Key* key = config::find_key(entry.key);
  if (key && is_correct(*key, entry.value)) return entry.key + " = " + in_full(*key, entry.value);
  return (key ? entry.key : anonymiser.pseudonym("key", entry.key)) + " = " +
         anonymiser.pseudonym("value", entry.value);
}

bool is_comment(std::string_view line) {
  return line.empty() || line.front() == '#' || line.front() == ';';
}

std::string kept_line(std::string_view line, bool in_section, Anonymiser& anonymiser) {
  if (is_comment(line)) return "";
  if (line.front() == '[')
    return "[" + kept_name(std::string(name_in_header(line)), anonymiser) + "]";
  return in_section ? kept_entry(line, anonymiser) : kLeftOut;
}

// Splits the text into lines as config::parse_ini() does, and trims them.
template <class Function>
void for_each_line(std::string_view text, Function function) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    function(host::trim(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// The quoted text that begins at `at`: 'like this' or [this]. In vfio-early's messages, only texts
// of the configuration are quoted.
std::string_view quoted_at(std::string_view text, size_t at) {
  const char close = text[at] == '\'' ? '\'' : text[at] == '[' ? ']' : '\0';
  if (close == '\0' ||
      (at > 0 && std::string_view(" (,").find(text[at - 1]) == std::string_view::npos))
    return {};
  for (size_t end = text.find(close, at + 1); end != text.npos; end = text.find(close, end + 1))
    if (end + 1 == text.size() ||
        std::string_view(" ,;.:)").find(text[end + 1]) != std::string_view::npos)
      return text.substr(at + 1, end - at - 1);
  return {};
}

std::string kept_sentence(std::string_view text, Anonymiser& anonymiser) {
  std::string kept;
  for (size_t at = 0; at < text.size(); ++at) {
    const std::string_view quoted = quoted_at(text, at);
    kept += text[at];
    if (quoted.empty()) continue;
    const bool known = has_only_known_words(quoted) || config::IdPattern::parse(quoted);
    const bool key = text.substr(0, at).ends_with("key ");
    const char* kind = text[at] == '[' ? "card" : key ? "key" : "value";
    kept += known ? std::string(quoted) : anonymiser.pseudonym(kind, std::string(quoted));
    at += quoted.size();
  }
  return kept_message(anonymiser.text(kept), anonymiser);
}

bool is_version(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.") == text.npos;
}

// The fields of a function's record that are neither numbers nor sentences. Names of drivers are
// replaced; an invalid reset method is cleared.
void keep_names(record::FunctionRecord& function, Anonymiser& anonymiser) {
  for (std::string* driver : {&function.wanted_driver, &function.found, &function.handling.driver})
    if (*driver != config::kAutoDriver) *driver = anonymiser.driver(*driver);
  for (std::string& module : function.handling.modules)
    if (!has_only_known_words(module)) module = anonymiser.driver(module);
  const config::Key* method = config::find_key("reset-method");
  if (!is_correct(*method, function.handling.reset_method)) function.handling.reset_method.clear();
}

}  // namespace

std::string kept_configuration(std::string_view text, Anonymiser& anonymiser) {
  if (const auto bad = std::find_if(text.begin(), text.end(), is_control); bad != text.end())
    return std::string(static_cast<size_t>(std::count(text.begin(), bad, '\n')), '\n') + *bad;
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::string kept;
  bool in_section = false;
  for_each_line(text, [&](std::string_view line) {
    kept += kept_line(line, in_section, anonymiser) + "\n";
    in_section |= line.starts_with('[');
  });
  return anonymiser.text(kept);
}

void learn_configuration(std::string_view text, Anonymiser& anonymiser) {
  for_each_line(text, [&](std::string_view line) {
    if (is_comment(line)) return;
    if (line.front() == '[') return anonymiser.hide(std::string(name_in_header(line)), "card");
    const Entry entry = entry_in(line);
    const config::Key* key = config::find_key(entry.key);
    if (!key) anonymiser.hide(entry.key, "key");
    if (!key || !is_correct(*key, entry.value)) anonymiser.hide(entry.value, "value");
  });
}

std::string kept_boot_id(std::string_view text, Anonymiser& anonymiser) {
  const std::string_view id = host::trim(text);
  return id.empty() ? "" : anonymiser.pseudonym("uuid", std::string(id));
}

std::string kept_record(const std::string& text, const std::string& hash, Anonymiser& anonymiser) {
  auto record = record::record_from_json(text);
  if (!record) return std::string(kLeftOut) + "\n";
  const auto keep = [&](std::string& sentence) { sentence = kept_sentence(sentence, anonymiser); };
  const auto keep_name = [&](std::string& name) {
    name = anonymiser.text(kept_name(name, anonymiser));
  };
  if (!is_version(record->version)) record->version.clear();
  record->boot_id = kept_boot_id(record->boot_id, anonymiser);
  record->kernel_release = kept_release(record->kernel_release, anonymiser);
  record->configuration_hash = hash;
  for (std::string& file : record->configuration_files) keep(file);
  for (std::string* sentence : {&record->rescue.unavailable, &record->rescue.remedy})
    keep(*sentence);
  for (record::FunctionRecord& function : record->functions) {
    keep_name(function.card);
    keep_names(function, anonymiser);
    for (std::string* sentence :
         {&function.why, &function.remedy, &function.framebuffer.found, &function.framebuffer.left,
          &function.framebuffer.outcome, &function.framebuffer.remedy})
      keep(*sentence);
    for (std::string& warning : function.warnings) keep(warning);
  }
  for (config::Refusal& refusal : record->refusals) {
    keep_name(refusal.card);
    for (std::string* sentence : {&refusal.file, &refusal.why, &refusal.remedy}) keep(*sentence);
  }
  for (config::Warning& warning : record->warnings) {
    keep_name(warning.card);
    for (std::string* sentence : {&warning.what, &warning.remedy}) keep(*sentence);
  }
  return record::to_json(*record);
}

}  // namespace verify::capture
