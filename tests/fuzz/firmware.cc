// SPDX-License-Identifier: GPL-2.0-or-later
//
// A firmware table: parsed and shown. Each part that is shown, or reported as wrong, lies within
// the table.
#include "verify/report/firmware.h"

#include "tests/fuzz/target.h"
#include "tests/unit/verify/firmware_samples.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  return {text_of(::samples::dmar()), text_of(::samples::ivrs()), text_of(::samples::viot())};
}

void parse(std::string_view bytes) {
  const size_t size = bytes.size();
  const auto table =
      verify::firmware::parse_table({reinterpret_cast<const uint8_t*>(bytes.data()), size});
  require(table.length <= size);
  for (const auto& fault : table.faults)
    require(fault.offset <= size && !fault.structure.empty() && !fault.what.empty());
  for (const auto& structure : table.structures) {
    require(structure.length > 0 && structure.offset + structure.length <= size);
    for (const auto& scope : structure.scopes) require(scope.offset < size);
  }
  require(!verify::firmware::table_text({"table", table}).empty());
}

const Target kTarget("firmware", samples, parse);

}  // namespace
}  // namespace fuzz
