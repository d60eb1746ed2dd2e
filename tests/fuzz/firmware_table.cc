// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a firmware table: parsed and shown. What is shown lies in the table, and so does
// what is said to be wrong with it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "tests/fuzz/seeds.h"
#include "tests/unit/firmware_samples.h"
#include "verify/firmware/show.h"

namespace {

void hold(bool promise) {
  if (!promise) std::abort();
}

}  // namespace

std::vector<std::vector<uint8_t>> seeds() {
  return {samples::dmar(), samples::ivrs(), samples::viot()};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto table = verify::firmware::parse_table({data, size});
  hold(table.length <= size);
  for (const auto& fault : table.faults)
    hold(fault.offset <= size && !fault.structure.empty() && !fault.what.empty());
  for (const auto& structure : table.structures) {
    hold(structure.length > 0 && structure.offset + structure.length <= size);
    for (const auto& scope : structure.scopes) hold(scope.offset < size);
  }
  hold(!verify::firmware::table_text({"table", table}).empty());
  return 0;
}
