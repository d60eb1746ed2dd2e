// SPDX-License-Identifier: GPL-2.0-or-later
//
// A fake card for tests that break one thing: the bytes of its configuration space, and its
// attributes in sysfs.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"
#include "verify/inspect_machine.h"

namespace verify {

using isolation::PortType;

// The configuration space of a PCI Express function.
struct Config {
  PortType type = PortType::kEndpoint;
  hardware::Rate current = {1, 16}, maximum = {4, 16};
  uint32_t device_capabilities = 0;
  std::optional<uint16_t> power_control = {};                 // of a power management capability
  std::optional<uint8_t> advanced = {};                       // of an Advanced Features capability
  std::vector<std::pair<uint32_t, uint32_t>> resizable = {};  // capability and control registers

  std::string bytes() const {
    std::string config(0x200, '\0');
    const auto put = [&](size_t at, uint32_t value, size_t width) {
      for (size_t i = 0; i < width; ++i) config[at + i] = static_cast<char>(value >> 8 * i);
    };
    const auto rate = [](const hardware::Rate& r) { return r.speed | r.width << 4u; };
    put(0x00, 0x1b8110de, 4);
    put(0x04, 0x00100006, 4);  // memory and bus master on; capabilities
    put(0x08, 0x030000a1, 4);
    put(0x34, 0x40, 1);
    put(0x40, power_control ? 0x5001 : 0x50ff, 2);
    put(0x44, power_control.value_or(0), 2);
    put(0x50, advanced ? 0x6013 : 0x60ff, 2);
    put(0x53, advanced.value_or(0), 1);
    put(0x60, 0x0010, 2);
    put(0x62, 2u | static_cast<uint32_t>(type) << 4, 2);
    put(0x64, device_capabilities, 4);
    put(0x6c, rate(maximum), 4);
    put(0x72, rate(current), 2);
    if (resizable.empty()) return config;
    put(0x100, 0x11010003, 4);  // a serial number comes first
    put(0x110, 0x00010015, 4);
    for (size_t i = 0; i < resizable.size(); ++i) {
      put(0x114 + 8 * i, resizable[i].first, 4);
      put(0x118 + 8 * i, resizable[i].second, 4);
    }
    return config;
  }
};

inline const Config kPort{.type = PortType::kRootPort};

// 10de:1b81 and its audio function below a root port.
class Hardware : public testing::Test {
 protected:
  Hardware() {
    tree.function("0000:00:01.0", "8086:460D", "60400", "pcieport");
    tree.function(kVga, "10DE:1B81", "30000", "vfio-pci");
    tree.function(kAudio, "10DE:10F0", "40300", "vfio-pci");
    port(kPort);
    vga(Config{});
    config(kAudio, Config{.current = {}, .maximum = {}});
    tree.below("pci0000:00", "0000:00:01.0");
    for (const char* address : {kVga, kAudio}) {
      set(address, "power_state", "D0\n");
      set(address, "resource", kResource);
      tree.below("pci0000:00/0000:00:01.0", address);
    }
    tree.group(4, {kVga, kAudio});
    tree.file("/etc/vfio-early.conf", "[gaming]\naddress = 0000:01:00\nonly-display = allow\n");
  }

  void set(const std::string& address, const std::string& attribute, const std::string& text) {
    tree.file("/sys/bus/pci/devices/" + address + "/" + attribute, text);
  }
  void config(const std::string& address, const Config& config) {
    set(address, "config", config.bytes());
  }
  void port(const Config& of_port) { config("0000:00:01.0", of_port); }
  void vga(const Config& of_vga) { config(kVga, of_vga); }
  void log(const std::string& line) { log_.push_back(line); }

  Inspection inspected() const {
    const auto root = tree.root();
    Inspection machine = std::move(*inspect(
        root, config::read_configuration(root, config::kConfigurationFile), {.live = false}));
    machine.kernel_log = log_of(log_);
    return machine;
  }
  Finding finding_of(const char* id) const {
    const Findings findings = findings_of(id, inspected());
    EXPECT_FALSE(findings.empty());
    return findings.empty() ? Finding{} : findings.front();
  }
  static constexpr const char* kResource =
      "0x00000000a0000000 0x00000000a0ffffff 0x0000000000040200\n"
      "0x0000004000000000 0x000000400fffffff 0x000000000014220c\n"
      "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
      "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
      "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
      "0x0000000000003000 0x000000000000307f 0x0000000000040101\n"
      "0x00000000a1000000 0x00000000a101ffff 0x0000000000046200\n"
      "0x0000000000000000 0x0000000000000000 0x0000000000000000\n";

  FakeTree tree;
  std::vector<std::string> log_ = {"Linux version 6.12.0"};
};

}  // namespace verify
