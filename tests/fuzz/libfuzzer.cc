// SPDX-License-Identifier: GPL-2.0-or-later
//
// The targets for libFuzzer:
//
//   fuzz_libfuzzer TARGET [OPTION OF LIBFUZZER…] [FILE | CORPUS]
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/target.h"

namespace {

const fuzz::Target* the_target = nullptr;

}  // namespace

// libFuzzer looks at the arguments after this.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  if (*argc > 1) the_target = fuzz::find_target((*argv)[1]);
  if (!the_target) {
    std::fprintf(stderr, "usage: fuzz_libfuzzer TARGET [OPTION OF LIBFUZZER...] [FILE | CORPUS]\n");
    std::exit(64);
  }
  std::rotate(*argv + 1, *argv + 2, *argv + *argc);
  (*argv)[--*argc] = nullptr;
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::run(*the_target, {reinterpret_cast<const char*>(data), size});
  return 0;
}
