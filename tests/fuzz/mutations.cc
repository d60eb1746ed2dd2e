// SPDX-License-Identifier: GPL-2.0-or-later
//
// A fuzzer's main() for where there is no libFuzzer: a target's samples, damaged RUNS times. Run N
// of seed S is the same damage everywhere.
//
//   …_mutations RUNS [SEED]     says which run it was when a sanitizer ends it
//   …_mutations seeds DIR       writes the samples there, for libFuzzer to begin with
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

#include "tests/fuzz/seeds.h"

namespace {

using Bytes = std::vector<uint8_t>;

const std::vector<Bytes> kSeeds = seeds();

unsigned long long the_run = 0;

[[maybe_unused]] void name_run() {
  std::fprintf(stderr, "it was run %llu\n", the_run);
}

class Damage {
 public:
  explicit Damage(uint64_t seed) : random_(seed) {}

  Bytes damaged() {
    Bytes bytes = kSeeds[below(kSeeds.size())];
    for (size_t n = 1 + below(8); n > 0 && !bytes.empty(); --n) once(bytes);
    return bytes;
  }

 private:
  size_t below(size_t limit) { return random_() % limit; }

  // Lengths and counts are what a parser trips over: small, huge, and just off.
  uint8_t telling(uint8_t old) {
    const uint8_t values[] = {0, 1, 2, 3, 4, 7, 8, 0x10, 0x7f, 0x80, 0xf0, 0xff, old, old, old};
    const size_t chosen = below(std::size(values) + 1);
    if (chosen == std::size(values)) return static_cast<uint8_t>(random_());
    return static_cast<uint8_t>(values[chosen] + (chosen > 11 ? below(3) : 1) - 1);
  }

  void once(Bytes& bytes) {
    const size_t at = below(bytes.size());
    const auto here = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(8)) {
      case 0:  // cut short
        return bytes.resize(at);
      case 1:  // a piece is missing
        bytes.erase(here, here + static_cast<std::ptrdiff_t>(below(bytes.size() - at + 1)));
        return;
      case 2: {  // a piece is there twice
        const Bytes piece(here, std::min(here + 64, bytes.end()));
        bytes.insert(here, piece.begin(), piece.end());
        return;
      }
      default:
        bytes[at] = telling(bytes[at]);
    }
  }

  std::mt19937_64 random_;
};

int write_seeds(const std::string& directory) {
  int number = 0;
  for (const Bytes& seed : kSeeds)
    std::ofstream(directory + "/sample" + std::to_string(number++), std::ios::binary)
        .write(reinterpret_cast<const char*>(seed.data()), static_cast<long>(seed.size()));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "seeds") return write_seeds(argv[2]);
#if defined(__SANITIZE_ADDRESS__)
  __asan_set_death_callback(name_run);
#endif
  const unsigned long long runs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20000;
  const unsigned long long seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  for (the_run = 0; the_run < runs; ++the_run) {
    const Bytes bytes = Damage(seed << 40 | the_run).damaged();
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  }
  std::printf("%llu damaged samples, seed %llu\n", runs, seed);
}
