// SPDX-License-Identifier: GPL-2.0-or-later
//
// A compressed module or archive, in each supported compression.
#include <algorithm>

#include <elf.h>

#include "early/decompress.h"
#include "tests/fuzz/samples.h"
#include "tests/fuzz/target.h"
#include "verify/budget.h"
#include "verify/decoder.h"
#include "verify/elf.h"

namespace fuzz {
namespace {

constexpr size_t kMost = size_t{1} << 16;

std::vector<std::string> samples() {
  std::vector<std::string> all;
  for (const char* compression : kCompressions)
    all.push_back(compressed(elf_module("vfio_pci", "6.12.0-fake"), compression));
  return all;
}

void parse(std::string_view bytes) {
  verify::Meter meter(verify::kImageBudget, bytes.size());
  for (const char* compression : kCompressions)
    if (const auto text = verify::unpack(bytes, compression, kMost, meter)) {
      hold(text->size() <= std::max(kMost, bytes.size()));
      if (verify::is_elf_of_this_processor(*text, verify::ElfKind::kModule))
        hold(text->size() >= sizeof(Elf64_Ehdr));
    }
  if (const auto text = early::decompress(bytes, "x.ko")) hold(text->size() <= early::kMaxModule);
}

const Target kTarget("compression", samples, parse);

}  // namespace
}  // namespace fuzz
