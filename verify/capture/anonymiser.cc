// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/capture/anonymiser.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "config/id_pattern.h"
#include "host/pci_address.h"
#include "host/pci_serial.h"
#include "host/text.h"
#include "verify/capture/known_words.h"
#include "verify/capture/parameters.h"
#include "verify/capture/secret_forms.h"

namespace verify::capture {
namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// Such texts are frequent in the kernel's files, so they are never treated as secrets.
bool is_address_or_number(std::string_view text) {
  constexpr size_t kShortNumber = 8;
  if (const auto words = host::split(text, ", "); words.size() > 1)
    return std::all_of(words.begin(), words.end(), is_address_or_number);
  return host::PciAddress::parse(text) || host::PciSlot::parse(text) ||
         config::IdPattern::parse(text) ||
         (text.size() < kShortNumber &&
          text.find_first_not_of("0123456789abcdefx-.:,") == text.npos) ||
         text.find_first_not_of("0-.: ") == text.npos;
}

// An address may be written with and without separators, in upper and lower case.
std::string digits_of(std::string_view address) {
  std::string digits = host::lower(address);
  std::erase_if(digits, [](char c) { return c == ':' || c == '-' || c == '.'; });
  return digits;
}

std::string with_separators(const std::string& digits, char separator) {
  std::string text;
  for (size_t i = 0; i < digits.size(); i += 2)
    text += (i > 0 ? std::string(1, separator) : "") + digits.substr(i, 2);
  return text;
}

bool is_hardware_address(const std::string& kind) {
  return kind == "mac" || kind == "wwn";
}

bool distinguishes_case(const std::string& kind) {
  return kind == "card" || kind == "driver" || kind == "key" || kind == "value" ||
         kind == "parameter";
}

}  // namespace

void Anonymiser::add(const Known& known) {
  if (known.secret.size() >= kMinLength)
    sizes_[known.secret.substr(0, kMinLength)].insert(known.secret.size());
  known_.try_emplace(known.secret, known);
}

void Anonymiser::hide(const std::string& text, const std::string& kind) {
  const std::string secret = host::lower(host::trim(text));
  const bool may_be_short = kind == "hostname" && !secret.empty();
  if (may_be_short && is_address_or_number(secret)) numeric_host_names_.insert(secret);
  if ((secret.size() < kMinLength && !may_be_short) || has_only_known_words(secret) ||
      is_parameter(secret) || is_address_or_number(secret))
    return;
  add({.secret = secret,
       .kind = kind,
       .word = secret.size() < kMinLengthWithinWords || is_within_known_word(secret) ||
               is_within_parameter(secret),
       .replacement = {}});
  if (!is_hardware_address(kind)) return;
  const std::string digits = digits_of(secret);
  for (const std::string& form :
       {digits, with_separators(digits, ':'), with_separators(digits, '-')})
    add({.secret = form, .kind = kind, .replacement = {}});
}

void Anonymiser::hide_unless_words(const std::string& secret, const std::string& kind) {
  if (secret.find_first_not_of("abcdefghijklmnopqrstuvwxyz_-. ") != secret.npos) hide(secret, kind);
}

void Anonymiser::rename(const std::string& path, const std::string& replacement) {
  if (path.size() >= kMinLength && path != replacement)
    add({.secret = host::lower(path), .kind = "file", .replacement = replacement});
}

void Anonymiser::learn(std::string_view text) {
  for (size_t at = 0; at < text.size(); ++at) {
    const auto found = find_secret(text, at);
    if (!found) continue;
    const std::string secret(text.substr(at + found->skip, found->size));
    const std::string kind = found->kind;
    kind == "value" ? hide_unless_words(secret, kind) : hide(secret, kind);
    // Each part (user, password, host) may also occur alone.
    if (kind == "mail" || kind == "credentials")
      for (const std::string_view part : host::split(secret, "@:"))
        hide(std::string(part), kind == "mail" ? "user" : kind);
    at += found->skip + found->size - 1;
  }
}

std::string Anonymiser::driver(const std::string& name) {
  return name.empty() || drivers_.contains(name) || has_only_known_words(name)
             ? name
             : pseudonym("driver", name);
}

std::string Anonymiser::pseudonym(const std::string& kind, const std::string& secret) {
  auto& known = pseudonyms_[kind];
  const std::string name = is_hardware_address(kind)  ? digits_of(secret)
                           : distinguishes_case(kind) ? secret
                                                      : host::lower(secret);
  if (const auto found = known.find(name); found != known.end()) return found->second;
  const size_t number = known.size() + 1;
  std::string made = fmt::format("{}-{}", kind, number);
  if (kind == "uuid") made = fmt::format("00000000-0000-0000-0000-{:012x}", number);
  if (kind == "machine-id") made = fmt::format("{:032x}", number);
  if (kind == "mac")
    made = fmt::format("02:00:00:00:{:02x}:{:02x}", number >> 8 & 0xff, number & 0xff);
  if (kind == "interface")
    made = fmt::format("{}020000{:06x}", secret.substr(0, 3), number & 0xffffff);
  if (kind == "serial") made = host::serial_str(number);
  all_pseudonyms_.insert(made);
  return known[name] = made;
}

const Anonymiser::Known* Anonymiser::find_short(std::string_view lower, size_t at) const {
  if (at > 0 && is_word(lower[at - 1])) return nullptr;
  size_t size = 0;
  while (size < kMinLength && at + size < lower.size() && is_word(lower[at + size])) ++size;
  const auto known = known_.find(std::string(lower.substr(at, size)));
  return size < kMinLength && known != known_.end() ? &known->second : nullptr;
}

const Anonymiser::Known* Anonymiser::find(std::string_view lower, size_t at) const {
  if (const Known* known = find_short(lower, at)) return known;
  if (at + kMinLength > lower.size()) return nullptr;
  const auto sizes = sizes_.find(std::string(lower.substr(at, kMinLength)));
  if (sizes == sizes_.end()) return nullptr;
  for (const size_t size : sizes->second) {
    const size_t end = at + size;
    if (end > lower.size()) continue;
    const auto known = known_.find(std::string(lower.substr(at, size)));
    if (known == known_.end()) continue;
    const bool within =
        (at > 0 && is_word(lower[at - 1])) || (end < lower.size() && is_word(lower[end]));
    if (!known->second.word || !within) return &known->second;
  }
  return nullptr;
}

std::string Anonymiser::text(std::string_view text) {
  const std::string lower = host::lower(text);
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const Known* known = find(lower, at);
    auto form = find_secret(text, at);
    if (form && is_pseudonym(text.substr(at + form->skip, form->size))) form.reset();
    // "alice@example.org" is one secret, even if "alice" is a known secret.
    if (known && form && (form->skip > 0 || form->size <= known->secret.size())) form.reset();
    if (form) {
      out += text.substr(at, form->skip);
      out += pseudonym(form->kind, std::string(text.substr(at + form->skip, form->size)));
      at += form->skip + form->size;
    } else if (known) {
      out += known->replacement.empty()
                 ? pseudonym(known->kind, std::string(text.substr(at, known->secret.size())))
                 : known->replacement;
      at += known->secret.size();
    } else {
      out += text[at++];
    }
  }
  return out;
}

std::string Anonymiser::free_text(std::string_view text) {
  const std::string replaced = this->text(text);
  std::string out;
  for (size_t at = 0; at < replaced.size();) {
    size_t end = at;
    while (end < replaced.size() && is_word(replaced[end])) ++end;
    const std::string word = replaced.substr(at, end - at);
    out += numeric_host_names_.contains(host::lower(word)) ? pseudonym("hostname", word) : word;
    if (end < replaced.size()) out += replaced[end++];
    at = end;
  }
  return out;
}

std::map<std::string, size_t> Anonymiser::counts() const {
  std::map<std::string, size_t> counts;
  for (const auto& [kind, known] : pseudonyms_) counts[kind] = known.size();
  return counts;
}

}  // namespace verify::capture
