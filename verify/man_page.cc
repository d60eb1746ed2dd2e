// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs during the build: reads vfio-verify.8.scd.in on standard input, and writes the man page with
// the checks of the tables to standard output.
#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>

#include "host/text.h"
#include "verify/check/checks.h"
#include "verify/check/image.h"

namespace {

// The lines of `text`, each indented as the description of an item. Empty lines stay empty.
std::string indented(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c != '\n' && (out.empty() || out.back() == '\n')) out += '\t';
    out += c;
  }
  return out;
}

template <typename Checks>
std::string entries(const Checks& checks) {
  std::string out;
  for (const auto& check : checks)
    out += (out.empty() ? "*" : "\n\n*") + std::string(check.id) + "*\n" +
           indented(check.question + std::string(check.explanation));
  return out;
}

// The checks that can at worst warn: "a, b and c".
std::string advising_checks() {
  std::vector<std::string> ids;
  for (const verify::Check& check : verify::checks())
    if (check.weight == verify::Weight::kAdvises) ids.emplace_back(check.id);
  for (const verify::ImageCheck& check : verify::image_checks())
    if (check.weight == verify::Weight::kAdvises) ids.emplace_back(check.id);
  const std::string last = ids.back();
  ids.pop_back();
  return host::join(ids, ", ") + " and " + last;
}

// False if `page` does not contain `name`.
bool replace(std::string& page, const std::string& name, const std::string& text) {
  const size_t at = page.find(name);
  if (at == page.npos) return false;
  page.replace(at, name.size(), text);
  return true;
}

}  // namespace

int main() {
  std::string page(std::istreambuf_iterator<char>(std::cin), {});
  if (!replace(page, "@ADVISING_CHECKS@", advising_checks()) ||
      !replace(page, "@CHECKS@", entries(verify::checks())) ||
      !replace(page, "@IMAGE_CHECKS@", entries(verify::image_checks()))) {
    std::fputs("man_page: the page has no @ADVISING_CHECKS@, @CHECKS@ or @IMAGE_CHECKS@\n", stderr);
    return 1;
  }
  std::fputs(page.c_str(), stdout);
  return std::fflush(stdout) == 0 ? 0 : 1;
}
