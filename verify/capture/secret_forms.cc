// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/capture/secret_forms.h"

#include <algorithm>
#include <cctype>

#include "host/text.h"

namespace verify::capture {
namespace {

// The longest word that is read: a host name has at most 255 characters, an NQN 223.
constexpr size_t kMaxLength = 256;
constexpr std::string_view kEnds = " \t\n\r\"'`/,;()<>[]{}&|\\";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_word(char c) {
  return is_digit(c) || is_letter(c);
}

// A position in a text. Characters before its begin and after its end read as '\0'.
struct Cursor {
  std::string_view text;
  size_t at = 0;

  char operator[](std::ptrdiff_t offset) const {
    const auto index = static_cast<std::ptrdiff_t>(at) + offset;
    return index >= 0 && index < static_cast<std::ptrdiff_t>(text.size())
               ? text[static_cast<size_t>(index)]
               : '\0';
  }
  std::string_view rest() const { return text.substr(at, kMaxLength); }
  // Ignores the case of the text.
  bool begins_with(std::string_view words) const {
    return std::equal(words.begin(), words.end(), rest().begin(),
                      rest().begin() + std::min(words.size(), rest().size()), [](char a, char b) {
                        return a == std::tolower(static_cast<unsigned char>(b));
                      });
  }
  // The length of the word from `offset` on.
  size_t length(size_t offset, std::string_view ends) const {
    const std::string_view word = rest();
    return offset >= word.size() ? 0
                                 : std::min(word.find_first_of(ends, offset), word.size()) - offset;
  }
};

// x: a hexadecimal digit; other characters are literal.
struct Grouped {
  std::string_view form;
  const char* kind;
};
constexpr Grouped kGrouped[] = {{"xx:xx:xx:xx:xx:xx:xx:xx", "wwn"},
                                {"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "uuid"},
                                {"xx-xx-xx-xx-xx-xx-xx-xx", "serial"},
                                {"xx:xx:xx:xx:xx:xx", "mac"},
                                {"xx-xx-xx-xx-xx-xx", "mac"}};

// A part of a longer sequence, for example of seven groups, is not a secret.
bool is_in_chain(const Cursor& cursor, std::string_view form) {
  const char separator = form.find(':') != form.npos ? ':' : '-';
  const size_t group = form.find(separator);
  const auto size = static_cast<std::ptrdiff_t>(form.size());
  if (cursor[size] == separator && is_hex(cursor[size + 1]) && is_hex(cursor[size + 2]) &&
      !is_word(cursor[size + 3]))
    return true;
  const bool before = group == 2 && cursor[-1] == separator && is_hex(cursor[-2]) &&
                      is_hex(cursor[-3]) && !is_word(cursor[-4]);
  return before || is_hex(cursor[-1]) || is_word(cursor[size]);
}

std::optional<SecretForm> find_grouped(const Cursor& cursor) {
  for (const auto& [form, kind] : kGrouped) {
    const std::string_view text = cursor.rest().substr(0, form.size());
    const bool fits = std::equal(form.begin(), form.end(), text.begin(), text.end(),
                                 [](char x, char c) { return x == 'x' ? is_hex(c) : x == c; });
    if (fits && !is_in_chain(cursor, form)) return SecretForm{0, form.size(), kind};
  }
  return std::nullopt;
}

// A MAC, an EUI-64 or SAS address, or a machine id, without separators; not the registers that the
// Intel driver prints for its units ("cap d2078c106f0466 ecap f020df").
std::optional<SecretForm> find_bare(const Cursor& cursor) {
  if (is_word(cursor[-1])) return std::nullopt;
  size_t digits = 0;
  while (digits <= 32 && is_hex(cursor[static_cast<std::ptrdiff_t>(digits)])) ++digits;
  if (is_word(cursor[static_cast<std::ptrdiff_t>(digits)])) return std::nullopt;
  if (cursor[-1] == ' ' && cursor[-2] == 'p' && cursor[-3] == 'a') return std::nullopt;
  if (digits == 32) return SecretForm{0, digits, "machine-id"};
  if (digits == 12) return SecretForm{0, digits, "mac"};
  if (digits == 16) return SecretForm{0, digits, "wwn"};
  return std::nullopt;
}

// "enx", "wlx" or "wwx", followed by the hardware address.
std::optional<SecretForm> find_interface(const Cursor& cursor) {
  constexpr size_t kSize = 3 + 12;
  const std::string_view text = cursor.rest();
  if (!cursor.begins_with("enx") && !cursor.begins_with("wlx") && !cursor.begins_with("wwx"))
    return std::nullopt;
  if (text.size() < kSize || !std::all_of(text.begin() + 3, text.begin() + kSize, is_hex))
    return std::nullopt;
  return SecretForm{0, kSize, "interface"};
}

// "10.0.0.7": exactly four numbers of at most 255.
std::optional<SecretForm> find_ipv4(const Cursor& cursor) {
  const size_t size =
      std::min(cursor.rest().find_first_not_of("0123456789."), cursor.rest().size());
  if (is_word(cursor[-1]) || cursor[-1] == '.') return std::nullopt;
  std::string_view text = cursor.rest().substr(0, size);
  if (text.ends_with('.')) text.remove_suffix(1);
  const auto groups = host::split(text, ".");
  if (groups.size() != 4 || text.find("..") != text.npos) return std::nullopt;
  for (const std::string_view group : groups)
    if (!host::parse_number(group, 10, 255)) return std::nullopt;
  return SecretForm{0, text.size(), "ip"};
}

// Groups of at most four digits with one "::" among them, or eight of them (RFC 4291, 2.2).
std::optional<SecretForm> find_ipv6(const Cursor& cursor) {
  if (is_word(cursor[-1]) || cursor[-1] == ':') return std::nullopt;
  const std::string_view rest = cursor.rest();
  std::string_view text =
      rest.substr(0, std::min(rest.find_first_not_of("0123456789abcdefABCDEF:"), rest.size()));
  if (text.ends_with(':') && !text.ends_with("::")) text.remove_suffix(1);
  const auto groups = host::split(text, ":");
  const auto colons = std::count(text.begin(), text.end(), ':');
  if (groups.empty() || groups.size() > 8 || (text.find("::") == text.npos && colons != 7))
    return std::nullopt;
  if (std::any_of(groups.begin(), groups.end(), [](auto group) { return group.size() > 4; }) ||
      is_word(cursor[static_cast<std::ptrdiff_t>(text.size())]))
    return std::nullopt;
  return SecretForm{0, text.size(), "ip"};
}

struct Prefix {
  std::string_view words;  // in lower case
  const char* kind;
};

// The name after such a path is a secret.
constexpr Prefix kPaths[] = {
    {"/home/", "user"},       {"/users/", "user"},         {"/run/user/", "user"},
    {"/run/media/", "user"},  {"/media/", "user"},         {"/mnt/", "user"},
    {"/disk/by-id/", "disk"}, {"/disk/by-label/", "disk"}, {"/disk/by-partlabel/", "disk"}};
// A word with such a prefix is a secret.
constexpr Prefix kNames[] = {
    {"eui.", "disk"}, {"nqn.", "disk"}, {"naa.", "disk"}, {"iqn.", "disk"}, {"uuid.", "disk"}};
// The word after one of these and a "=", ":" or space is a secret.
constexpr std::string_view kLabels[] = {
    "user",         "username",      "login",    "password", "passwd",  "pass",     "passphrase",
    "psk",          "token",         "secret",   "apikey",   "api_key", "auth",     "serial",
    "serialnumber", "serial_number", "sn",       "guid",     "uuid",    "hostname", "ssid",
    "wwid",         "wwn",           "sas_addr", "sasaddr"};

std::optional<SecretForm> find_in_path(const Cursor& cursor) {
  for (const auto& [words, kind] : kPaths)
    if (cursor.begins_with(words))
      if (const size_t size = cursor.length(words.size(), kEnds); size > 0)
        return SecretForm{words.size(), size, kind};
  return std::nullopt;
}

std::optional<SecretForm> find_named(const Cursor& cursor) {
  for (const auto& [words, kind] : kNames)
    if (cursor.begins_with(words) && cursor.length(0, kEnds) > words.size())
      return SecretForm{0, cursor.length(0, kEnds), kind};
  return std::nullopt;
}

// "://user:password@host"
std::optional<SecretForm> find_credentials(const Cursor& cursor) {
  constexpr size_t kScheme = 3;
  if (!cursor.begins_with("://")) return std::nullopt;
  const size_t size = cursor.length(kScheme, kEnds);
  if (cursor.rest().substr(kScheme, size).find('@') == std::string_view::npos) return std::nullopt;
  return SecretForm{kScheme, size, "credentials"};
}

// "alice@example.org", "alice@desk"; not "33@0000:00:14.0", nor "00:14.5@AMD0020".
std::optional<SecretForm> find_mail(const Cursor& cursor) {
  if (is_word(cursor[-1]) || cursor[-1] == '.') return std::nullopt;
  constexpr std::string_view kMarks = "._%+-";
  const std::string_view rest = cursor.rest();
  size_t at = 0;
  bool letter = false;
  for (; at < rest.size() && (is_word(rest[at]) || kMarks.find(rest[at]) != kMarks.npos); ++at)
    letter |= is_letter(rest[at]) && !(is_hex(rest[at]) && at < 2);
  if (!letter || at + 1 >= rest.size() || rest[at] != '@' || !is_letter(rest[at + 1]))
    return std::nullopt;
  size_t end = at + 1;
  while (end < rest.size() && (is_word(rest[end]) || rest[end] == '.' || rest[end] == '-')) ++end;
  return SecretForm{0, end, "mail"};
}

std::optional<SecretForm> find_by_form(const Cursor& cursor) {
  const char c = cursor[0];
  std::optional<SecretForm> found;
  if (c == '/') return find_in_path(cursor);
  if (c == ':' && (found = find_credentials(cursor))) return found;
  if (is_hex(c) && (found = find_grouped(cursor))) return found;
  if (is_hex(c) && (found = find_bare(cursor))) return found;
  if (is_digit(c) && (found = find_ipv4(cursor))) return found;
  if ((is_hex(c) || c == ':') && (found = find_ipv6(cursor))) return found;
  if (!is_word(c) || is_word(cursor[-1])) return std::nullopt;
  if ((found = find_interface(cursor)) || (found = find_named(cursor))) return found;
  return find_mail(cursor);
}

std::optional<SecretForm> find_labelled(const Cursor& cursor) {
  size_t size = 0;
  while (size < 16 && (is_word(cursor[static_cast<std::ptrdiff_t>(size)]) ||
                       cursor[static_cast<std::ptrdiff_t>(size)] == '_'))
    ++size;
  const std::string label = host::lower(cursor.rest().substr(0, size));
  if (std::find(std::begin(kLabels), std::end(kLabels), label) == std::end(kLabels))
    return std::nullopt;
  const size_t first = size;
  bool labels = false;
  for (; size < first + 4; ++size) {
    const char c = cursor[static_cast<std::ptrdiff_t>(size)];
    labels |= c == '=' || c == ':';
    if (c != '=' && c != ':' && c != ' ' && c != '"') break;
  }
  const size_t length = cursor.length(size, kEnds);
  if (!labels || length == 0) return std::nullopt;
  // The word itself may have a form, for example of a UUID; its pseudonym then has that form, too.
  if (const auto form = find_by_form({cursor.text, cursor.at + size}))
    return SecretForm{size + form->skip, form->size, form->kind};
  return SecretForm{size, length, "value"};
}

}  // namespace

std::optional<SecretForm> find_secret(std::string_view text, size_t at) {
  const Cursor cursor{text, at};
  if (const auto found = find_by_form(cursor)) return found;
  if (!is_letter(cursor[0]) || is_word(cursor[-1])) return std::nullopt;
  return find_labelled(cursor);
}

}  // namespace verify::capture
