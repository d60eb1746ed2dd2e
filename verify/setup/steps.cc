// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/setup/steps.h"

#include <fmt/format.h>

#include "host/text.h"
#include "verify/output/wrapped.h"

namespace verify {
namespace {

constexpr size_t kMargin = 2;

}  // namespace

void Steps::add(const std::string& what, const std::string& text) {
  text_ += fmt::format("{}{}. {}\n\n{}", text_.empty() ? "" : "\n", ++number_, what, text);
}

std::string indented(std::string_view lines) {
  std::string out;
  for (const std::string_view line : host::split(lines, "\n"))
    out += line.empty() ? "\n" : fmt::format("  {}\n", line);
  return out;
}

std::string sentence(std::string_view text) {
  return std::string(kMargin, ' ') + wrapped(text, kMargin, kMargin) + "\n";
}

std::string remedy_text(const Remedy& remedy) {
  std::string out;
  for (const Remedy::Step& step : remedy.steps()) {
    out += sentence(step.text);
    for (const std::string& command : step.commands)
      out += std::string(kMargin + 2, ' ') + command + "\n";
  }
  return out;
}

}  // namespace verify
