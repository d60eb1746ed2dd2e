// SPDX-License-Identifier: GPL-2.0-or-later
//
// A fake tree of a large machine. All its functions are below one switch without Access Control
// Services: forty below each port, in five slots. All use ixgbe, except one graphics card, which is
// on vfio-pci and configured. The ports are the functions of multi-function devices, so the kernel
// would put everything below eight of them into one group. The size makes the cost per function,
// port and group visible.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include <fmt/format.h>

namespace bench {

class LargeMachine {
 public:
  LargeMachine(const std::filesystem::path& directory, int functions) : directory_(directory) {
    namespace fs = std::filesystem;
    for (const char* path : {"sys/bus/pci/devices", "sys/class/iommu/dmar0", "etc"})
      fs::create_directories(directory_ / path);
    bridge(kRootPort, "", kRootPortFlags, 0);
    bridge(kUpstream, kRootPort, kUpstreamFlags, 1);
    for (int number = 0; number < functions; number += kFunctionsPerPort)
      add_port(number / kFunctionsPerPort);
    for (int number = 0; number < functions; ++number) add(number, number == functions / 2);
    file("etc/vfio-early.conf",
         "[gaming]\nid = 10de:1b81\nidentity = 10de:1b81\nonly-display = allow\n");
  }

 private:
  static constexpr int kFunctionsPerPort = 40, kFunctionsPerSlot = 8,
                       kFunctionsPerGroup = kFunctionsPerPort * kFunctionsPerSlot;
  static constexpr int kRootPortFlags = 0x42, kUpstreamFlags = 0x52, kDownstreamFlags = 0x62;
  static constexpr const char *kRootPort = "0000:00:01.0", *kUpstream = "0000:01:00.0";

  static std::string port(int number) {
    return fmt::format("0000:02:{:02x}.{}", number / kFunctionsPerSlot, number % kFunctionsPerSlot);
  }

  void file(const std::string& path, const std::string& text) const {
    std::ofstream(directory_ / path, std::ios::binary) << text;
  }

  // Relative, as the kernel's links are: programs also follow them below a different root.
  void link(const std::string& path, const std::string& target) const {
    namespace fs = std::filesystem;
    fs::create_symlink(fs::path(target).lexically_relative(fs::path(path).parent_path()),
                       directory_ / path);
  }

  // A PCI Express function with this device/port type (PCIe 6.0, 7.5.3.2). A root port has all of
  // ACS enabled.
  static std::string registers(uint32_t id, int flags, bool several) {
    std::string config(0x108, '\0');
    const auto put = [&](size_t at, uint32_t value) {
      for (size_t i = 0; i < 4; ++i) config[at + i] = static_cast<char>(value >> 8 * i);
    };
    put(0x00, id);
    put(0x04, 0x00100000);
    put(0x0c, several ? 0x00800000 : 0);
    put(0x34, 0x40);
    put(0x40, 0x0010 | static_cast<uint32_t>(flags) << 16);
    if (flags != kRootPortFlags) return config;
    put(0x100, 0x0001000d);
    put(0x104, 0x001d001d);
    return config;
  }

  void device(const std::string& address, const std::string& parent_path, int flags,
              const std::string& event, bool several, int group) const {
    namespace fs = std::filesystem;
    const std::string where = "sys/devices/pci0000:00" + parent_path + "/" + address;
    fs::create_directories(directory_ / where);
    link("sys/bus/pci/devices/" + address, where);
    file(where + "/uevent", event + "PCI_SUBSYS_ID=8086:0003\nPCI_SLOT_NAME=" + address + "\n");
    const size_t driver = sizeof("DRIVER=") - 1;
    link(where + "/driver",
         "sys/bus/pci/drivers/" + event.substr(driver, event.find('\n') - driver));
    const size_t id = event.find("PCI_ID=") + sizeof("PCI_ID=") - 1;
    const auto number = [&](size_t at) {
      return static_cast<uint32_t>(std::stoul(event.substr(at, 4), nullptr, 16));
    };
    file(where + "/config", registers(number(id + 5) << 16 | number(id), flags, several));
    const std::string members = fmt::format("sys/kernel/iommu_groups/{}/devices", group);
    fs::create_directories(directory_ / members);
    link(members + "/" + address, where);
    link(where + "/iommu_group", fmt::format("sys/kernel/iommu_groups/{}", group));
    add_identity(where, event, event.substr(id, 4), event.substr(id + 5, 4));
  }

  // The files that libpci reads (lib/sysfs.c of pciutils), and vfio-verify does not.
  void add_identity(const std::string& where, const std::string& event, const std::string& vendor,
                    const std::string& device) const {
    const size_t type = event.find("PCI_CLASS=") + sizeof("PCI_CLASS=") - 1;
    const auto type_code =
        std::stoul(event.substr(type, event.find('\n', type) - type), nullptr, 16);
    file(where + "/vendor", "0x" + vendor + "\n");
    file(where + "/device", "0x" + device + "\n");
    file(where + "/class", fmt::format("{:#08x}\n", type_code));
    file(where + "/irq", "0\n");
    constexpr const char* kNoResource =
        "0x0000000000000000 0x0000000000000000 0x0000000000000000\n";
    constexpr int kResources = 13;
    std::string resources;
    for (int i = 0; i < kResources; ++i) resources += kNoResource;
    file(where + "/resource", resources);
  }

  void bridge(const std::string& address, const std::string& parent, int flags, int group) const {
    const std::string parent_path = parent.empty() ? ""
                                    : parent == kRootPort
                                        ? std::string("/") + kRootPort
                                        : std::string("/") + kRootPort + "/" + kUpstream;
    device(address, parent_path, flags, "DRIVER=pcieport\nPCI_CLASS=60400\nPCI_ID=104C:8232\n",
           parent == kUpstream, group);
  }

  void add_port(int number) const {
    bridge(port(number), kUpstream, kDownstreamFlags, 2 + number / kFunctionsPerSlot);
  }

  void add(int number, bool graphics) const {
    const int at = number % kFunctionsPerPort;
    const std::string address = fmt::format("0000:{:02x}:{:02x}.{}", 3 + number / kFunctionsPerPort,
                                            at / kFunctionsPerSlot, at % kFunctionsPerSlot);
    const std::string parent_path =
        std::string("/") + kRootPort + "/" + kUpstream + "/" + port(number / kFunctionsPerPort);
    device(address, parent_path, 0x02,
           graphics ? "DRIVER=vfio-pci\nPCI_CLASS=30000\nPCI_ID=10DE:1B81\n"
                    : "DRIVER=ixgbe\nPCI_CLASS=20000\nPCI_ID=8086:10FB\n",
           true, 2 + number / kFunctionsPerGroup);
  }

  std::filesystem::path directory_;
};

}  // namespace bench
