// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/mistakes.h"

#include <algorithm>
#include <numeric>

#include "host/pci_serial.h"
#include "host/text.h"

namespace config {
namespace {

using host::trim;
using Words = std::vector<std::string>;

// The user's text, cut to fit into a message.
std::string quoted(std::string_view text) {
  constexpr size_t kMaxLength = 60;
  return "'" + std::string(text.substr(0, kMaxLength)) + (text.size() > kMaxLength ? "…" : "") +
         "'";
}

std::string line_of(std::string_view key, std::string_view value) {
  return "'" + std::string(key) + " = " + std::string(value) + "'";
}

bool is_valid(const Key& key, std::string_view value) {
  Card card;
  return key.parse(value, card);
}

// The addresses, and the ids and serial numbers, in a line of lspci or in a list with commas: in
// full, each once.
struct Names {
  Words addresses, ids;
};

Names find_names(std::string_view text) {
  Names names;
  const auto add = [](Words& words, const std::string& word) {
    if (!host::contains(words, word)) words.push_back(word);
  };
  for (std::string_view word : host::split(text, " \t\r,;()<>[]{}'\"`|*")) {
    while (word.ends_with('.') || word.ends_with(':')) word.remove_suffix(1);
    // "01:00" has the form of an id, too.
    if (const auto address = SlotOrFunction::parse(word)) {
      add(names.addresses, address->str());
    } else if (const auto id = IdPattern::parse(word)) {
      add(names.ids, id->str());
    } else if (const auto serial = host::parse_serial(word)) {
      add(names.ids, host::serial_str(*serial));
    }
  }
  return names;
}

// The valid value before a comment; "" if the value has none.
std::string_view before_comment(const Key& key, std::string_view value) {
  constexpr int kMaxAttempts = 8;  // a boot waits, and each attempt parses the value
  int attempts = 0;
  for (size_t at = value.find_first_of("#;/"); at != value.npos && attempts < kMaxAttempts;
       at = value.find_first_of("#;/", at + 1)) {
    const bool apart = at > 0 && (value[at - 1] == ' ' || value[at - 1] == '\t');
    const std::string_view before = trim(value.substr(0, at));
    if (!apart && value[at] != '#') continue;
    ++attempts;
    if (is_valid(key, before)) return before;
  }
  return {};
}

std::string_view without_quotes(std::string_view value) {
  constexpr std::string_view kQuotes = "\"'`";
  while (!value.empty() && kQuotes.find(value.front()) != kQuotes.npos) value.remove_prefix(1);
  while (!value.empty() && kQuotes.find(value.back()) != kQuotes.npos) value.remove_suffix(1);
  return trim(value);
}

// The value in the case that the key needs; "" if that is not the mistake.
std::string in_right_case(const Key& key, std::string_view value) {
  std::string upper(value);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  for (const std::string& other : {host::lower(value), upper})
    if (is_valid(key, other)) return other;
  return {};
}

// The key that takes what the value has: 'id' for an id in 'address', and the other way round.
Mistake misplaced_value(const Key& key, std::string_view value) {
  const auto [addresses, ids] = find_names(value);
  const bool wants_ids = key.name == "id" || key.name == "identity";
  const Words& wanted = wants_ids ? ids : addresses;
  const Words& other = wants_ids ? addresses : ids;
  if (!wanted.empty() && is_valid(key, host::join(wanted, " ")))
    return {wants_ids ? "it has text other than ids" : "it has text other than addresses",
            "write " + line_of(key.name, host::join(wanted, " "))};
  if (other.empty()) return {};
  if (wants_ids)
    return {other.front() + " is an address, not an id",
            key.selects ? "write " + line_of("address", host::join(other, " "))
                        : "write the ids that `lspci -Dnn` prints for " + host::join(other, " ")};
  return {other.front() + " is an id, not an address", "write " + line_of("id", other.front())};
}

// The number of letters that must change (Levenshtein).
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j + 1] + 1, row[j] + 1});
    }
  }
  return row.back();
}

// The known key that is meant: in another case, with underscores, or with a typing error.
const Key* similar_key(std::string_view name) {
  constexpr size_t kLongest = 20, kMaxDistance = 2;
  if (name.size() > kLongest) return nullptr;
  std::string plain = host::lower(name);
  std::replace(plain.begin(), plain.end(), '_', '-');
  for (const size_t limit : {size_t{0}, size_t{1}, kMaxDistance})
    for (const std::string_view known : known_keys())
      if (distance(plain, known) <= limit && known.size() > limit) return find_key(known);
  return nullptr;
}

}  // namespace

Mistake malformed_line(std::string_view line) {
  const std::string why = "expected 'key = value'";
  const size_t end = std::min(line.find_first_of(": \t"), line.size());
  if (const Key* key = find_key(host::lower(line.substr(0, end)))) {
    const size_t value = std::min(line.find_first_not_of(": \t", end), line.size());
    return {why + ", but '=' is missing", "write " + line_of(key->name, line.substr(value, 60))};
  }
  const auto [addresses, ids] = find_names(line);
  if (!addresses.empty()) return {why, "write " + line_of("address", host::join(addresses, " "))};
  if (!ids.empty()) return {why, "write " + line_of("identity", host::join(ids, " "))};
  return {why, "correct the line, or put # before it"};
}

Mistake unknown_key(std::string_view name) {
  const std::string why = "unknown key " + quoted(name);
  if (const Key* key = similar_key(name)) return {why, "write '" + std::string(key->name) + "'"};
  return {why, "use a known key: " + names_of_keys()};
}

Mistake invalid_value(const Key& key, std::string_view value) {
  const std::string why = "invalid value " + quoted(value) + " for '" + std::string(key.name) + "'";
  if (const std::string_view before = before_comment(key, value); !before.empty())
    return {why + ": a comment cannot follow a value",
            "write " + line_of(key.name, before) + ", and put the comment on a line of its own"};
  if (const std::string_view plain = without_quotes(value); is_valid(key, plain))
    return {why + ": a value has no quotation marks", "write " + line_of(key.name, plain)};
  if (const std::string plain = in_right_case(key, value); !plain.empty())
    return {why, "write " + line_of(key.name, plain)};
  if (key.name == "address" || key.name == "id" || key.name == "identity")
    if (const Mistake misplaced = misplaced_value(key, value); !misplaced.remedy.empty())
      return {why + ": " + misplaced.why, misplaced.remedy};
  if (const auto address = SlotOrFunction::parse(value); address && key.name == "slot")
    return {why + ": it is an address, not a label", "write " + line_of("address", value)};
  return {why, "expected " + std::string(key.form)};
}

Mistake duplicate_key(std::string_view name, const std::vector<std::string>& values) {
  const std::string why = "duplicate key " + quoted(name);
  const Key* key = find_key(name);
  const std::string all = host::join(values, " ");
  if (!key || !key->takes_several || !is_valid(*key, all))
    return {why, "keep one of the lines; a second card needs a section of its own"};
  return {why, std::string(values.size() == 2 ? "put both" : "put all") +
                   " on one line: " + line_of(name, all)};
}

}  // namespace config
