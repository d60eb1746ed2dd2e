// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes JSON (RFC 8259) from beginning to end, indented by two.
//
// nlohmann-json is not used for this: a boot waits for the record, and that library first builds a
// tree of allocated nodes, which takes the gate longer than all its writes. It only reads records.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace record {

class JsonWriter {
 public:
  JsonWriter() { text_.reserve(4096); }

  // Opens the document, an element of an array (no key), or a member `key` of an object.
  void open_object(std::string_view key = {}) { open(key, '{'); }
  void open_array(std::string_view key = {}) { open(key, '['); }
  void close_object() { close('}'); }
  void close_array() { close(']'); }

  void element(std::string_view text);
  void member(std::string_view key, std::string_view text);
  void member(std::string_view key, const char* text) { member(key, std::string_view(text)); }
  void member(std::string_view key, int64_t number);
  void member(std::string_view key, int number) { member(key, int64_t{number}); }
  void member(std::string_view key, bool flag);
  void null_member(std::string_view key);

  // Returns the document with a line end. All objects and arrays must be closed.
  std::string finish() { return std::move(text_ += '\n'); }

 private:
  void open(std::string_view key, char bracket);
  void close(char bracket);
  void begin(std::string_view key);
  void quote(std::string_view text);
  size_t escape(std::string_view text);

  std::string text_;
  size_t depth_ = 0;
};

}  // namespace record
