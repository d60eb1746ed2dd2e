// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/driverctl.h"

#include <cerrno>
#include <string_view>

#include "host/text.h"

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
  for (const std::string& name : *names) {
    const auto text = root.read(std::string(kDirectory) + "/" + name);
    if (text)
      overrides.push_back({name, std::string(trim(text->substr(0, text->find('\n'))))});
    else if (text.error().code != EISDIR)  // driverctl opens only files
      return text.error();
  }
  return overrides;
}

}  // namespace host
