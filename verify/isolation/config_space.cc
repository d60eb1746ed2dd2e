// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/isolation/config_space.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "host/fd.h"

namespace verify::isolation {
namespace {

// PCI 3.0, 6.1 and 6.7; PCIe 6.0, 7.6.3.
constexpr off_t kStatus = 0x06, kHeaderType = 0x0e, kFirstCapability = 0x34;
constexpr off_t kFirstExtended = 0x100, kConfigSize = 0x1000;
constexpr uint32_t kPciExpress = 0x10, kAcs = 0x000d;

class Registers {
 public:
  explicit Registers(host::Fd file) : file_(std::move(file)) {}

  // Nothing behind what may be read, or what there is.
  std::optional<uint32_t> read(off_t at, size_t width) const {
    unsigned char bytes[4] = {};
    if (::pread(file_.get(), bytes, width, at) != static_cast<ssize_t>(width)) return std::nullopt;
    uint32_t value = 0;
    for (size_t i = width; i-- > 0;) value = value << 8 | bytes[i];
    return value;
  }
  uint32_t u8(off_t at) const { return read(at, 1).value_or(0); }
  uint32_t u16(off_t at) const { return read(at, 2).value_or(0); }
  uint32_t u32(off_t at) const { return read(at, 4).value_or(0); }

  // Each step leads onward in a sane chain; a loop ends after as many as there is room for.
  off_t capability(uint32_t id) const {
    off_t at = static_cast<off_t>(u8(kFirstCapability) & 0xfc);
    for (int left = 48; left > 0 && at >= 0x40; --left) {
      if (u8(at) == id) return at;
      at = static_cast<off_t>(u8(at + 1) & 0xfc);
    }
    return 0;
  }
  off_t extended_capability(uint32_t id) const {
    off_t at = kFirstExtended;
    for (int left = (kConfigSize - kFirstExtended) / 8; left > 0 && at >= kFirstExtended; --left) {
      const uint32_t header = u32(at);
      if (header == 0 || header == UINT32_MAX) return 0;
      if ((header & 0xffff) == id) return at;
      at = static_cast<off_t>(header >> 20);
    }
    return 0;
  }

 private:
  host::Fd file_;
};

void read_express(const Registers& registers, off_t express, ConfigSpace& config) {
  const uint32_t flags = registers.u16(express + 2);
  config.type = static_cast<PortType>(flags >> 4 & 15);
  config.has_slot = flags >> 8 & 1;
  const off_t acs = registers.extended_capability(kAcs);
  if (acs == 0) return;
  config.acs = Acs{static_cast<uint16_t>(registers.u16(acs + 4)),
                   static_cast<uint16_t>(registers.u16(acs + 6))};
  // Where some Intel ports keep the control register: quirks.cc.
  config.acs_at_8 = static_cast<uint16_t>(registers.u16(acs + 8));
}

std::string words(uint16_t bits, const char* state) {
  constexpr std::pair<uint16_t, const char*> kNames[] = {{kSourceValidation, "SV"},
                                                         {kRequestRedirect, "RR"},
                                                         {kCompletionRedirect, "CR"},
                                                         {kUpstreamForwarding, "UF"}};
  std::string text;
  for (const auto& [bit, name] : kNames)
    if (bits & bit) text += std::string(" ") + name;
  return text.empty() ? "" : text + " " + state;
}

}  // namespace

const char* port_name(PortType type) {
  switch (type) {
    case PortType::kEndpoint:
    case PortType::kLegacyEndpoint:
      return "endpoint";
    case PortType::kRootPort:
      return "root port";
    case PortType::kUpstream:
      return "switch, upstream port";
    case PortType::kDownstream:
      return "switch, downstream port";
    case PortType::kPcieToPci:
      return "PCIe-to-PCI bridge";
    case PortType::kPciToPcie:
      return "PCI-to-PCIe bridge";
    case PortType::kIntegratedEndpoint:
      return "integrated endpoint";
    case PortType::kEventCollector:
      return "event collector";
    case PortType::kConventional:
      return "conventional PCI";
  }
  return "port of an unknown type";
}

std::string Acs::str() const {
  std::string text = "ACS";
  for (const std::string& part :
       {words(kAskedFor & offered & enabled, "on"), words(switched_off(), "off"),
        words(kAskedFor & static_cast<uint16_t>(~offered), "not offered")})
    if (!part.empty()) text += (text == "ACS" ? "" : ",") + part;
  return text;
}

host::Result<ConfigSpace> read_config_space(const host::Root& root,
                                            const host::PciAddress& address) {
  const std::string step = "read the configuration space of " + address.str();
  if (root.read_line(address.sysfs() + "/power_state") == "D3cold")
    return host::Error{EAGAIN, step + ", which sleeps (D3cold) and is not woken"};
  auto file = root.open_file(address.sysfs() + "/config", O_RDONLY | O_NONBLOCK);
  if (!file) return file.error();
  const Registers registers(std::move(*file));
  // Not by its ids, which a virtual function answers with ones (SR-IOV 1.1, 3.4.1.1).
  const auto revision = registers.read(0x08, 4);
  if (!revision || *revision == UINT32_MAX) return host::Error{EIO, step};

  ConfigSpace config;
  config.multifunction = registers.u8(kHeaderType) & 0x80 || address.function != 0;
  const bool has_capabilities = registers.u16(kStatus) & 0x10;
  if (!has_capabilities) return config;
  if (!registers.read(0x40, 4)) return host::Error{EACCES, step};
  if (const off_t express = registers.capability(kPciExpress))
    read_express(registers, express, config);
  return config;
}

}  // namespace verify::isolation
