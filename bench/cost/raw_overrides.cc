// SPDX-License-Identifier: GPL-2.0-or-later
//
// The floor: writes vfio-pci into the driver_override of each address given, and nothing else. No
// check, no record, no C++ library. What the gate takes beyond this is the price of knowing.
#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    char path[128];
    std::snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", argv[i]);
    const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || ::write(fd, "vfio-pci", 8) != 8) return 1;
    ::close(fd);
  }
  return 0;
}
