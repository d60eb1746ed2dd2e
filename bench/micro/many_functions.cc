// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/micro/many_functions.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/fd.h"

namespace bench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDevices = "sys/bus/pci/devices";

}  // namespace

ManyFunctions::ManyFunctions(int functions) {
  const fs::path memory = "/dev/shm";
  const bool writable = ::access(memory.c_str(), W_OK) == 0;
  std::string name = (writable ? memory : fs::temp_directory_path()) / "vfio-micro-XXXXXX";
  if (!::mkdtemp(name.data())) throw fs::filesystem_error("make a directory", name, {});
  directory_ = name;
  fs::create_directories(directory_ / kDevices);
  fs::create_directories(directory_ / "sys/class/iommu/dmar0");
  fs::create_directories(directory_ / "etc");
  std::ofstream(directory_ / "etc/vfio-early.conf")
      << "[gaming]\nid = 10de:1b81\nonly-display = allow\n";
  for (int i = 0; i < functions; ++i) add(i, i == functions / 2);
}

ManyFunctions::~ManyFunctions() {
  std::error_code ignored_error;
  fs::remove_all(directory_, ignored_error);
}

// Thirty-two devices a bus, each with one function. Uses system calls directly: ten thousand
// streams would enlarge this process, and with it each process that it starts and measures.
void ManyFunctions::add(int number, bool graphics) const {
  char address[32];
  std::snprintf(address, sizeof(address), "%04x:%02x:%02x.0", number >> 13, number >> 5 & 0xff,
                number & 0x1f);
  const std::string device = directory_ / kDevices / address;
  const std::string uevent =
      std::string(graphics ? "PCI_CLASS=30000\nPCI_ID=10DE:1B81\n"
                           : "DRIVER=ixgbe\nPCI_CLASS=20000\nPCI_ID=8086:10FB\n") +
      "PCI_SUBSYS_ID=8086:0003\nPCI_SLOT_NAME=" + address + "\n";
  ::mkdir(device.c_str(), 0755);
  const host::Fd file(::open((device + "/uevent").c_str(), O_WRONLY | O_CREAT, 0644));
  if (::write(file.get(), uevent.data(), uevent.size()) != static_cast<ssize_t>(uevent.size()))
    throw fs::filesystem_error("write a uevent", device, {errno, std::generic_category()});
}

}  // namespace bench
