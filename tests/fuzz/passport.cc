// SPDX-License-Identifier: GPL-2.0-or-later
//
// A passport: what was parsed is the same after it is written and parsed again, and does not differ
// from itself. Each difference from another passport is reported as a sentence.
#include "verify/passport/passport.h"

#include "tests/fuzz/target.h"

namespace fuzz {
namespace {

verify::Passport sample() {
  return {.kernel = "6.12.117+deb12-amd64",
          .firmware = "F32 (2025-03-01), ASUS X570",
          .iommus = {"dmar0", "dmar1"},
          .tables = {{"DMAR", "444d4152a000000001"}, {"VIOT", ""}},
          .functions = {{.address = "0000:01:00.0",
                         .path = "0000:00/01.0/00.0",
                         .id = "10de:1b81:1458:3701",
                         .class_code = "030000",
                         .serial = "00-1b-21-ff-ff-ab-cd-ef",
                         .card = "gaming",
                         .group = 4,
                         .reset_methods = "flr bus",
                         .bars = {16 << 20, 256 << 20, 0, 32 << 20, 0, 128}},
                        {.address = "0000:01:00.1",
                         .path = "0000:00/01.0/00.1",
                         .id = "10de:10f0:1458:3701",
                         .class_code = "040300",
                         .serial = "",
                         .card = "gaming",
                         .group = 4,
                         .reset_methods = "",
                         .bars = {16384}},
                        {.address = "0000:02:00.0",
                         .path = "",
                         .id = "10de:1b81:1458:3701",
                         .class_code = "030000",
                         .serial = "",
                         .card = "",
                         .group = {},
                         .reset_methods = "bus",
                         .bars = {}}}};
}

std::vector<std::string> samples() {
  verify::Passport moved = sample();
  moved.functions[0].address = "0000:03:00.0";
  moved.functions[0].group = 5;
  moved.functions.pop_back();
  moved.kernel = "6.13";
  return {verify::passport_json(sample()), verify::passport_json(moved)};
}

void parse(std::string_view bytes) {
  const auto passport = verify::parse_passport(std::string(bytes));
  if (!passport) return require(!passport.error().step.empty());
  const std::string text = verify::passport_json(*passport);
  const auto again = verify::parse_passport(text);
  require(again && verify::passport_json(*again) == text);
  require(verify::compare_passports(*passport, *passport).empty());
  for (const auto& [before, now] : {std::pair(sample(), *passport), {*passport, sample()}})
    for (const std::string& sentence : verify::compare_passports(before, now))
      require(!sentence.empty());
}

const Target kTarget("passport", samples, parse);

}  // namespace
}  // namespace fuzz
