// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/json_writer.h"

#include "host/text.h"

namespace record {
namespace {

// The length in bytes of the UTF-8 character at the beginning of `text` (RFC 3629); 0: it is
// invalid.
size_t character(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t size = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (size == 0 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i)
    if (byte(i) >> 6 != 2) return 0;
  const bool overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xed && byte(1) > 0x9f;
  const bool too_large = lead == 0xf4 && byte(1) > 0x8f;
  return overlong || surrogate || too_large ? 0 : size;
}

// The length of the part that needs no escape: for most texts, all of it.
size_t plain_prefix(std::string_view text) {
  size_t size = 0;
  while (size < text.size() && text[size] >= 0x20 && text[size] < 0x7f && text[size] != '"' &&
         text[size] != '\\')
    ++size;
  return size;
}

}  // namespace

void JsonWriter::element(std::string_view text) {
  begin({});
  quote(text);
}

void JsonWriter::member(std::string_view key, std::string_view text) {
  begin(key);
  quote(text);
}

void JsonWriter::member(std::string_view key, int64_t number) {
  begin(key);
  text_ += std::to_string(number);
}

void JsonWriter::member(std::string_view key, bool flag) {
  begin(key);
  text_ += flag ? "true" : "false";
}

void JsonWriter::null_member(std::string_view key) {
  begin(key);
  text_ += "null";
}

void JsonWriter::open(std::string_view key, char bracket) {
  begin(key);
  text_ += bracket;
  ++depth_;
}

void JsonWriter::close(char bracket) {
  --depth_;
  const bool empty = text_.back() == '{' || text_.back() == '[';
  if (!empty) text_.append("\n").append(2 * depth_, ' ');
  text_ += bracket;
}

void JsonWriter::begin(std::string_view key) {
  if (depth_ > 0) {
    const bool first = text_.back() == '{' || text_.back() == '[';
    text_.append(first ? "\n" : ",\n").append(2 * depth_, ' ');
  }
  if (key.empty()) return;
  quote(key);
  text_ += ": ";
}

// Writes the first character of `text`, escaped if necessary, and returns its length in bytes. A
// name from the configuration may hold bytes that are not UTF-8: each becomes U+FFFD.
size_t JsonWriter::escape(std::string_view text) {
  const size_t size = character(text);
  if (size == 0) {
    text_ += "\xef\xbf\xbd";
    return 1;
  }
  if (static_cast<unsigned char>(text[0]) < 0x20) {
    text_ += "\\u" + host::hex(static_cast<unsigned char>(text[0]), 4);
    return size;
  }
  if (text[0] == '"' || text[0] == '\\') text_ += '\\';
  text_.append(text, 0, size);
  return size;
}

void JsonWriter::quote(std::string_view text) {
  text_ += '"';
  while (!text.empty()) {
    const size_t plain = plain_prefix(text);
    text_.append(text, 0, plain);
    text.remove_prefix(plain);
    if (!text.empty()) text.remove_prefix(escape(text));
  }
  text_ += '"';
}

}  // namespace record
