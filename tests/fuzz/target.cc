// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/fuzz/target.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace fuzz {

Target::Target(const char* its_name, std::vector<std::string> (*its_samples)(),
               void (*its_run)(std::string_view))
    : name(its_name), samples(its_samples), run(its_run) {
  targets().push_back(this);
}

std::vector<const Target*>& targets() {
  static std::vector<const Target*> all;
  return all;
}

const Target* find_target(std::string_view name) {
  for (const Target* target : targets())
    if (target->name == name) return target;
  return nullptr;
}

void run(const Target& target, std::string_view bytes) {
  const auto copy = std::make_unique<char[]>(bytes.size());
  if (!bytes.empty()) std::memcpy(copy.get(), bytes.data(), bytes.size());
  target.run({copy.get(), bytes.size()});
}

void require(bool property, const char* file, int line) {
  if (property) return;
  std::fprintf(stderr, "%s:%d: a property is violated\n", file, line);
  std::abort();
}

}  // namespace fuzz
