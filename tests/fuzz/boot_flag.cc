// SPDX-License-Identifier: GPL-2.0-or-later
//
// The contents of the dead-man rescue's EFI variable: a flag, or none.
#include "record/boot_flag.h"

#include "tests/fuzz/target.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  return {"pending 0123456789abcdef", "healthy 0123456789abcdef\n", "none",
          "skipped fedcba9876543210"};
}

void parse(std::string_view bytes) {
  const auto flag = record::BootFlag::parse(bytes);
  require(record::BootFlag::parse(flag.str()) == flag);
  require((flag.mark == record::Mark::kNone) == flag.fingerprint.empty());
}

const Target kTarget("boot_flag", samples, parse);

}  // namespace
}  // namespace fuzz
