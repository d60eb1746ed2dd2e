// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: large_machine FUNCTIONS DIRECTORY
#include "bench/cost/large_machine.h"

#include <cstdlib>

int main(int argc, char** argv) {
  const int functions = argc == 3 ? std::atoi(argv[1]) : 0;
  if (functions <= 0 || functions > 10'000) return 64;
  const bench::LargeMachine machine(argv[2], functions);
}
