// SPDX-License-Identifier: GPL-2.0-or-later
//
// A compressed module or archive, in each supported compression.
#include <algorithm>

#include <elf.h>

#include "host/budget.h"
#include "initramfs/decoder.h"
#include "initramfs/decompress.h"
#include "initramfs/elf.h"
#include "tests/fuzz/samples.h"
#include "tests/fuzz/target.h"

namespace fuzz {
namespace {

constexpr size_t kMaxSize = size_t{1} << 16;

std::vector<std::string> samples() {
  std::vector<std::string> all;
  for (const char* compression : kCompressions)
    all.push_back(compressed(elf_module("vfio_pci", "6.12.0-fake"), compression));
  return all;
}

void parse(std::string_view bytes) {
  host::Meter meter(host::kImageBudget, bytes.size());
  for (const char* compression : kCompressions)
    if (const auto text = initramfs::unpack(bytes, compression, kMaxSize, meter)) {
      require(text->size() <= std::max(kMaxSize, bytes.size()));
      if (initramfs::is_elf_of_this_processor(*text, initramfs::ElfKind::kModule))
        require(text->size() >= sizeof(Elf64_Ehdr));
    }
  if (const auto text = initramfs::decompress(bytes, "x.ko"))
    require(text->size() <= initramfs::kMaxModule);
}

const Target kTarget("compression", samples, parse);

}  // namespace
}  // namespace fuzz
