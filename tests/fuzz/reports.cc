// SPDX-License-Identifier: GPL-2.0-or-later
//
// Findings with any text, in every format. In the input a form feed separates them; each is a digit
// for its status, its subject, a space, its evidence, a vertical tab and its remedy.
#include <algorithm>

#include "tests/fuzz/judge.h"
#include "tests/fuzz/target.h"
#include "verify/check/checks.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  return {"00000:01:00.0 bound to vfio-pci\f1host the link is narrow\vreseat the card:\nlspci -vv",
          "20000:01:00.1 in <group> & \"4\" ]]> # \\\vtype:\necho 'x'\f3host skipped\f4host \xff"};
}

verify::Finding finding_of(std::string_view text, size_t number) {
  const auto all = verify::checks();
  const size_t blank = std::min(text.find(' '), text.size());
  const size_t remedy = std::min(text.find('\v', blank), text.size());
  const size_t command = std::min(text.find('\n', remedy), text.size());
  const auto at = [&](size_t from, size_t to) {
    return std::string(text.substr(std::min(from, to), to - std::min(from, to)));
  };
  return {.id = all[number * 7 % all.size()].id,
          .subject = at(1, blank),
          .status = static_cast<verify::Status>(static_cast<unsigned char>(text[0]) % 5),
          .evidence = at(blank + 1, remedy),
          .remedy = command == text.size()
                        ? verify::Remedy(at(remedy + 1, command))
                        : verify::Remedy(at(remedy + 1, command), {at(command + 1, text.size())}),
          .decides = number % 3 != 0};
}

void parse(std::string_view bytes) {
  verify::Findings findings;
  while (!bytes.empty()) {
    const size_t end = std::min(bytes.find('\f'), bytes.size());
    if (end > 0) findings.push_back(finding_of(bytes.substr(0, end), findings.size()));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
  verify::Inspection inspection;
  if (!findings.empty()) {
    inspection.machine.kernel_release = findings[0].evidence;
    inspection.platform.name = findings[0].remedy.str();
    inspection.functions.push_back({.card = findings[0].subject});
  }
  check_formats(inspection, findings);
}

const Target kTarget("reports", samples, parse);

}  // namespace
}  // namespace fuzz
