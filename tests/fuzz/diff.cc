// SPDX-License-Identifier: GPL-2.0-or-later
//
// The difference of two texts, which the input separates by a null character: the replaced lines
// make one text of the other, and the diff is safe to print.
#include "early/enable/diff.h"

#include "host/text.h"
#include "tests/fuzz/target.h"

namespace fuzz {
namespace {

using early::enable::replacements;
using Lines = std::vector<std::string_view>;

std::vector<std::string> samples() {
  using namespace std::string_literals;
  return {"1\n2\n3\n4\n5\n\0001\n2\nthree\n4\n5\n6\n"s, "\0a"s, "a\nb\nc\n\0"s,
          "GRUB_CMDLINE_LINUX=\"quiet\"\n\tx\xff\n\0GRUB_CMDLINE_LINUX=\"quiet x=on\"\n"s,
          "a\na\nb\na\n\0b\na\na\nb\n"s};
}

size_t lines_of_all(const std::vector<early::enable::Replacement>& all, bool removed) {
  size_t count = 0;
  for (const auto& each : all) count += removed ? each.removed.size() : each.added.size();
  return count;
}

// All lines that are not replaced are in both texts.
void check_replacements(const Lines& a, const Lines& b) {
  const auto all = replacements(a, b);
  require(a.size() - lines_of_all(all, true) == b.size() - lines_of_all(all, false));
  require(all.empty() == (a == b));
  for (const auto& each : all) require(!each.removed.empty() || !each.added.empty());
}

void check(std::string_view bytes) {
  const size_t end = bytes.find('\0');
  const std::string a(bytes.substr(0, end));
  const std::string b(end == bytes.npos ? "" : bytes.substr(end + 1));
  check_replacements(host::whole_lines(a), host::whole_lines(b));
  const std::string diff = early::enable::unified_diff("/etc/a", a, b);
  require(diff.empty() == (a == b));
  for (const char c : diff) require(static_cast<unsigned char>(c) >= ' ' || c == '\n' || c == '\t');
}

const Target kTarget("diff", samples, check);

}  // namespace
}  // namespace fuzz
