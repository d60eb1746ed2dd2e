// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/capture/messages.h"

#include <algorithm>
#include <functional>

#include "config/id_pattern.h"
#include "host/pci_address.h"
#include "host/text.h"
#include "verify/capture/known_words.h"
#include "verify/capture/vocabulary.h"

namespace verify::capture {
namespace {

// Separators of parts, in sentences and paths.
constexpr std::string_view kBetween = " \t\n\r/=()[]{}<>'\"`,;|!?*@#%&+~^$\\";
// Separators of words within a part, in addresses and names; also the end of a sentence.
constexpr std::string_view kWithin = ".:-";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == text.npos;
}

// The number of digits at the beginning.
size_t count_digits(std::string_view word) {
  return static_cast<size_t>(std::find_if_not(word.begin(), word.end(), is_digit) - word.begin());
}

// "0x1f", "512", "4GB", "60ms", "1b81": a longer number without "0x" may be a serial number.
bool is_number(std::string_view word) {
  constexpr size_t kMaxHex = 16, kMaxDecimal = 10, kMaxBareHex = 4;
  constexpr std::string_view kUnits[] = {"",   "b",   "k",   "m",   "g", "t",  "kb",  "mb",
                                         "gb", "kib", "mib", "gib", "s", "ms", "bit", "x"};
  if (word.starts_with("0x")) return is_hex(word.substr(2)) && word.size() - 2 <= kMaxHex;
  const size_t digits = count_digits(word);
  if (digits == 0 || digits > kMaxDecimal)
    return is_hex(word) && word.size() <= kMaxBareHex &&
           std::any_of(word.begin(), word.end(), is_digit);
  const std::string unit = host::lower(word.substr(digits));
  return std::find(std::begin(kUnits), std::end(kUnits), unit) != std::end(kUnits) ||
         (is_hex(word) && word.size() <= kMaxBareHex);
}

// "dmar0", "irq16"
bool is_numbered(std::string_view word) {
  constexpr size_t kMinLength = 2, kMaxDigits = 3;
  const auto* number = std::find_if(word.begin(), word.end(), is_digit);
  const std::string_view digits(number, word.end());
  const std::string_view name = word.substr(0, word.size() - digits.size());
  return name.size() >= kMinLength && !digits.empty() && digits.size() <= kMaxDigits &&
         count_digits(digits) == digits.size() && is_vocabulary(name);
}

bool is_kept_word(std::string_view word) {
  return is_vocabulary(word) || is_number(word) || is_numbered(word) || has_only_known_words(word);
}

// A name with underscores may be in the vocabulary as a whole, or by its parts.
bool is_kept_name(std::string_view name) {
  if (is_kept_word(name)) return true;
  const auto words = host::split(name, "_");
  return std::all_of(words.begin(), words.end(), is_kept_word);
}

// The kernel prints these numbers without "0x".
bool is_labelled_number(std::string_view label, std::string_view part) {
  constexpr std::string_view kLabels[] = {"cap",   "ecap", "reg_base_addr", "addr",
                                          "PASID", "SID",  "Reason"};
  constexpr size_t kMaxHex = 16;
  return std::find(std::begin(kLabels), std::end(kLabels), label) != std::end(kLabels) &&
         is_hex(part) && part.size() <= kMaxHex;
}

// "0000:cb:00.0", or without its domain; "0000:cb:00"; "10de:1b81".
bool is_address_or_id(std::string_view part) {
  return host::PciAddress::parse(part) || host::PciAddress::parse("0000:" + std::string(part)) ||
         host::PciSlot::parse(part) || config::IdPattern::parse(part);
}

// Calls `use` for each word and each separator, in order.
using Use = std::function<void(std::string_view word, bool kept)>;

void cut_part(std::string_view part, const Use& use) {
  while (!part.empty()) {
    const size_t end = std::min(part.find_first_of(kWithin), part.size());
    if (end > 0) use(part.substr(0, end), is_kept_name(part.substr(0, end)));
    if (end < part.size()) use(part.substr(end, 1), true);
    part.remove_prefix(std::min(end + 1, part.size()));
  }
}

void cut(std::string_view text, const std::function<bool(std::string_view)>& is_whole,
         const Use& use) {
  std::string_view before;
  while (!text.empty()) {
    const size_t size = std::min(text.find_first_of(kBetween), text.size());
    std::string_view part = text.substr(0, size);
    const size_t last = part.find_last_not_of(kWithin);
    part = part.substr(0, last == part.npos ? 0 : last + 1);
    if (is_address_or_id(part) || is_labelled_number(before, part) || is_whole(part))
      use(part, true);
    else
      cut_part(part, use);
    const size_t end = std::min(size + 1, text.size());
    use(text.substr(part.size(), end - part.size()), true);
    text.remove_prefix(end);
    if (!part.empty()) before = part;
  }
}

}  // namespace

bool is_plain_message(std::string_view text) {
  bool plain = true;
  cut(
      text, [](std::string_view) { return false; },
      [&](std::string_view, bool kept) { plain = plain && kept; });
  return plain;
}

std::string kept_message(std::string_view text, Anonymiser& anonymiser) {
  std::string kept;
  cut(
      text, [&](std::string_view part) { return anonymiser.is_pseudonym(part); },
      [&](std::string_view word, bool is_kept) {
        kept += is_kept ? std::string(word) : anonymiser.pseudonym("value", std::string(word));
      });
  return kept;
}

}  // namespace verify::capture
