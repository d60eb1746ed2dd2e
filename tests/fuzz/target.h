// SPDX-License-Identifier: GPL-2.0-or-later
//
// A target: a parser of untrusted input, samples of such input, and the properties that must hold
// for any input. No input may fail a sanitizer, violate a property, or take longer than about a
// second.
//
// Each file of the list in CMakeLists.txt defines one. A target starts no program and opens nothing
// of this machine: files are in a tree of its own (tree.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

struct Target {
  // Adds itself to targets(). `name` is that of its file.
  Target(const char* name, std::vector<std::string> (*samples)(), void (*run)(std::string_view));

  const char* name;
  std::vector<std::string> (*samples)();
  void (*run)(std::string_view bytes);
};

std::vector<const Target*>& targets();

// nullptr: not found.
const Target* find_target(std::string_view name);

// Runs it with `bytes` in an allocation of exactly their size: a sanitizer then finds a read beyond
// the end.
void run(const Target& target, std::string_view bytes);

// Ends the process, as a sanitizer does, if `property` is false.
void require(bool property, const char* file = __builtin_FILE(), int line = __builtin_LINE());

inline std::string text_of(const std::vector<uint8_t>& bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace fuzz
