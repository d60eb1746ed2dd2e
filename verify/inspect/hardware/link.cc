// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/hardware/link.h"

#include <algorithm>
#include <cerrno>
#include <optional>

#include <fmt/format.h>

#include "verify/inspect/isolation/config_space.h"
#include "verify/inspect/registers.h"

namespace verify::hardware {
namespace {

using isolation::PortType;

// One end of a link, from the registers of its function (PCIe 6.0, 7.5.3.2, 6 and 8).
struct End {
  PortType type = PortType::kConventional;
  Rate now, maximum;

  bool is_downstream_port() const {
    return type == PortType::kRootPort || type == PortType::kDownstream;
  }
};

Rate rate(uint32_t bits) {
  return {.speed = static_cast<uint8_t>(bits & 15), .width = static_cast<uint8_t>(bits >> 4 & 63)};
}

host::Result<End> read_end(const host::Root& root, const host::PciAddress& address) {
  const auto registers = Registers::open(root, address);
  if (!registers) return registers.error();
  if (registers->has_capabilities() && !registers->may_read_capabilities())
    return host::Error{EACCES, "read the configuration space of " + address.str()};
  const off_t express = registers->find(Capability::kExpress);
  if (express == 0) return End{};
  return End{.type = static_cast<PortType>(registers->u16(express + 2) >> 4 & 15),
             .now = rate(registers->u16(express + 0x12)),
             .maximum = rate(registers->u32(express + 0x0c))};
}

// The ports above a function, from the root, and then the function itself.
std::vector<host::PciAddress> path_to(const host::Machine& machine,
                                      const host::PciFunction& function) {
  std::vector<host::PciAddress> addresses;
  if (!function.path) return addresses;
  for (size_t hops = 1; hops < function.path->hops.size(); ++hops) {
    host::PciPath path = *function.path;
    path.hops.resize(hops);
    for (const host::PciFunction& port : machine.functions)
      if (port.path == path) addresses.push_back(port.address);
  }
  addresses.push_back(function.address);
  return addresses;
}

}  // namespace

std::string Rate::speed_text() const {
  constexpr const char* kSpeeds[] = {"unknown speed", "2.5 GT/s", "5 GT/s", "8 GT/s",
                                     "16 GT/s",       "32 GT/s",  "64 GT/s"};
  return speed < std::size(kSpeeds) ? kSpeeds[speed] : fmt::format("unknown speed {}", speed);
}

host::Result<std::vector<Link>> read_links(const host::Root& root, const host::Machine& machine,
                                           const host::PciFunction& function) {
  std::vector<Link> links;
  std::optional<End> upper_end;
  std::string port;
  for (const host::PciAddress& address : path_to(machine, function)) {
    const auto end = read_end(root, address);
    if (!end) return end.error();
    if (upper_end && upper_end->is_downstream_port() && !end->is_downstream_port() &&
        end->maximum.width != 0 && end->now.width != 0)  // a virtual function has no link
      links.push_back({port, address.str(), end->now, upper_end->maximum, end->maximum});
    upper_end = *end;
    port = address.str();
  }
  return links;
}

}  // namespace verify::hardware
