// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/text.h"

#include <algorithm>
#include <charconv>

namespace host {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\r";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// Not with find_first_of() of string_view, which calls memchr() for each character: the gate splits
// the uevent of every function of the machine while the boot waits.
std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  const auto separates = [separators](char c) {
    for (const char separator : separators)
      if (c == separator) return true;
    return false;
  };
  std::vector<std::string_view> words;
  for (size_t from = 0, to = 0; from < text.size(); from = to + 1) {
    for (to = from; to < text.size() && !separates(text[to]);) ++to;
    if (to > from) words.push_back(text.substr(from, to - from));
  }
  return words;
}

std::vector<std::string_view> whole_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

std::vector<std::string_view> lines(std::string_view text) {
  std::vector<std::string_view> all = whole_lines(text);
  for (std::string_view& line : all)
    if (line.ends_with('\n')) line.remove_suffix(1);
  return all;
}

std::optional<uint32_t> parse_number(std::string_view text, int base, uint32_t max) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

std::string_view file_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return result;
}

std::string underscored(std::string_view name) {
  std::string plain(name);
  std::replace(plain.begin(), plain.end(), '-', '_');
  return plain;
}

std::string hex(uint32_t value, int digits) {
  std::string text(static_cast<size_t>(digits), '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, value >>= 4)
    *digit = "0123456789abcdef"[value & 0xf];
  return text;
}

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string join(const std::vector<std::string>& words, std::string_view separator) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += separator;
    text += word;
  }
  return text;
}

}  // namespace host
