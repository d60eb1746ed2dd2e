// SPDX-License-Identifier: GPL-2.0-or-later
//
// A fake machine for the checks of isolation: ports and functions with the registers that
// verify/inspect/isolation/ reads.
#pragma once

#include <memory>

#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"
#include "verify/inspect_machine.h"

namespace verify {

using isolation::PortType;

// The registers of a function that the isolation code reads.
struct PortRegisters {
  PortType type = PortType::kConventional;
  bool multifunction = false;
  std::optional<uint32_t> acs = {};  // capability, and control in the upper half
  uint16_t control_at_8 = 0;
  bool has_slot = true;
  bool detects_card = false;
  bool hot_plug = false;
  bool thunderbolt = false;

  std::string bytes() const {
    std::string config(0x120, '\0');
    const auto put = [&](size_t at, uint32_t value, int width) {
      for (int i = 0; i < width; ++i)
        config[at + static_cast<size_t>(i)] = static_cast<char>(value >> 8 * i);
    };
    put(0, 0x12341af4, 4);
    put(0x0e, multifunction ? 0x80 : 0, 1);
    if (type == PortType::kConventional) return config.substr(0, 256);
    put(0x06, 0x10, 2);
    put(0x34, 0x40, 1);
    put(0x40, 0x4805, 2);  // another capability comes first
    put(0x48, 0x0010, 2);
    put(0x4a, 2 | static_cast<uint32_t>(type) << 4 | (has_slot ? 0x100 : 0), 2);
    put(0x5c, hot_plug ? 0x40 : 0, 4);
    put(0x62, detects_card ? 0x40 : 0, 2);
    if (!acs) return config;
    put(0x100, thunderbolt ? 0x1101000b : 0x11010003, 4);  // else a serial number comes first
    if (thunderbolt) put(0x104, 0x1234, 2);
    put(0x110, 0x0001000d, 4);
    put(0x114, *acs, 4);
    put(0x118, control_at_8, 2);
    return config;
  }
};

inline constexpr uint32_t kAllOn = 0x001d001d, kAllOff = 0x0000001d;

inline const PortRegisters kRootPort{.type = PortType::kRootPort, .acs = kAllOn};
inline const PortRegisters kRootPortWithoutAcs{.type = PortType::kRootPort};
inline const PortRegisters kUpstream{.type = PortType::kUpstream};
inline const PortRegisters kDownstreamWithoutAcs{.type = PortType::kDownstream};
inline const PortRegisters kDownstream{.type = PortType::kDownstream, .acs = kAllOn};
inline const PortRegisters kEndpoint{.type = PortType::kEndpoint};
inline const PortRegisters kMultifunctionEndpoint{.type = PortType::kEndpoint,
                                                  .multifunction = true};

class IsolationMachine {
 public:
  // `parent`: the path of bridges above, "0000:00:01.0/0000:01:00.0".
  IsolationMachine& add(const std::string& address, const std::string& parent,
                        const PortRegisters& registers, int group,
                        const std::string& id = "1AF4:1234") {
    const bool bridge =
        registers.type >= PortType::kRootPort && registers.type <= PortType::kPciToPcie;
    return bridge ? add_as("60400", "pcieport", address, parent, registers, group, id)
                  : add_as("40300", "vfio-pci", address, parent, registers, group, id);
  }

  // A function with this class and driver.
  IsolationMachine& add_as(const std::string& class_code, const std::string& driver,
                           const std::string& address, const std::string& parent,
                           const PortRegisters& registers, int group,
                           const std::string& id = "1AF4:1234") {
    tree.function(address, id, class_code, driver);
    const auto number = [&](size_t at) {
      const auto value = static_cast<uint16_t>(std::stoul(id.substr(at, 4), nullptr, 16));
      return std::string{static_cast<char>(value & 0xff), static_cast<char>(value >> 8)};
    };
    tree.file("/sys/bus/pci/devices/" + address + "/config",
              registers.bytes().replace(0, 4, number(0) + number(5)));
    tree.group(group, {address});
    tree.below("pci0000:00" + (parent.empty() ? "" : "/" + parent), address);
    return *this;
  }

  // Of the configured card.
  Inspection inspected(const std::string& card, const std::string& command_line = "") {
    tree.file("/etc/vfio-early.conf", "[gaming]\naddress = " + card + "\n");
    tree.file("/proc/cmdline", command_line);
    return inspected_with({});
  }

  // Of a card that is not configured.
  Inspection named(const std::string& card) { return inspected_with({card}); }

  Inspection inspected_with(const std::vector<std::string>& cards) const {
    const auto root = tree.root();
    return std::move(*inspect(root, config::read_configuration(root, config::kConfigurationFile),
                              {.cards = cards, .live = false}));
  }

  std::unique_ptr<FakeTree> tree_ = std::make_unique<FakeTree>();  // so that it can be returned
  FakeTree& tree = *tree_;
};

inline Finding finding(const Inspection& machine, const char* id) {
  const Findings findings = findings_of(id, machine);
  EXPECT_FALSE(findings.empty());
  return findings.empty() ? Finding{} : findings.front();
}

}  // namespace verify
