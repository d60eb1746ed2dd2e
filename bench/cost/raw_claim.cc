// SPDX-License-Identifier: GPL-2.0-or-later
//
// usage: raw_claim [MODULE-FILE…] -- ADDRESS…
// The lower bound of a whole claim: writes each driver_override, and loads the modules in the order
// of their dependencies, which binds the functions. Without modules, the lower bound of the gate.
// No checks, no record, no lookups, no C++ library.
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

bool write_override(const char* address) {
  char path[128];
  std::snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", address);
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  return fd >= 0 && ::write(fd, "vfio-pci", 8) == 8;
}

// A module that this kernel does not have (vfio_virqfd since 6.2) is skipped.
bool load(const char* file) {
  const int fd = ::open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return true;
  return fd >= 0 && (::syscall(SYS_finit_module, fd, "", 0) == 0 || errno == EEXIST);
}

}  // namespace

int main(int argc, char** argv) {
  int files = 1;
  while (files < argc && std::strcmp(argv[files], "--") != 0) ++files;
  for (int i = files + 1; i < argc; ++i)
    if (!write_override(argv[i])) return 1;
  for (int i = 1; i < files; ++i)
    if (!load(argv[i])) return 1;
  return 0;
}
