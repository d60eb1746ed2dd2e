// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: firmware_samples DIRECTORY
//
// Writes the tables of tests/unit/verify/firmware_samples.h to files, for tests that run
// vfio-verify.
#include "tests/unit/verify/firmware_samples.h"

#include <cstdio>
#include <fstream>
#include <string>

namespace {

bool write(const std::string& file, const samples::Bytes& table) {
  std::ofstream out(file, std::ios::binary);
  for (const uint8_t byte : table) out.put(static_cast<char>(byte));
  return static_cast<bool>(out.flush());
}

}  // namespace

int main(int argc, char** argv) {
  const std::string directory = argc > 1 ? argv[1] : ".";
  if (write(directory + "/DMAR", samples::dmar()) && write(directory + "/IVRS", samples::ivrs()) &&
      write(directory + "/VIOT", samples::viot()))
    return 0;
  std::perror(directory.c_str());
  return 1;
}
