// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/driverctl.h"

#include <string_view>

namespace host {
namespace {

constexpr const char* kDirectory = "/etc/driverctl.d";
constexpr std::string_view kBus = "pci-";

}  // namespace

std::optional<PciAddress> DriverctlOverride::address() const {
  if (!device.starts_with(kBus)) return std::nullopt;
  return PciAddress::parse(device.substr(kBus.size()));
}

std::string DriverctlOverride::file() const {
  return std::string(kDirectory) + "/" + device;
}

Result<std::vector<DriverctlOverride>> read_driverctl(const Root& root) {
  const auto names = root.list(kDirectory);
  if (!names) return names.error();
  std::vector<DriverctlOverride> overrides;
  for (const std::string& name : *names)
    overrides.push_back({name, root.read_line(std::string(kDirectory) + "/" + name)});
  return overrides;
}

}  // namespace host
