// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/pci_function.h"

#include <algorithm>
#include <cerrno>
#include <optional>

#include "host/text.h"

namespace host {
namespace {

// "10DE:1B81" into two numbers.
bool parse_pair(std::string_view text, uint16_t& first, uint16_t& second) {
  const size_t colon = text.find(':');
  if (colon == text.npos) return false;
  const auto a = parse_number(text.substr(0, colon), 16, 0xffff);
  const auto b = parse_number(text.substr(colon + 1), 16, 0xffff);
  if (!a || !b) return false;
  first = static_cast<uint16_t>(*a);
  second = static_cast<uint16_t>(*b);
  return true;
}

// The lines of a PCI device's uevent: pci_uevent in drivers/pci/pci-driver.c, and DRIVER= from
// dev_uevent in drivers/base/core.c.
std::optional<PciFunction> parse_uevent(const PciAddress& address, std::string_view uevent) {
  PciFunction function{.address = address, .id = {}, .class_code = 0, .driver = {}};
  bool has_class = false, has_id = false;
  for (const std::string_view line : split(uevent, "\n")) {
    const size_t equals = line.find('=');
    if (equals == line.npos) continue;
    const std::string_view key = line.substr(0, equals);
    const std::string_view value = line.substr(equals + 1);
    if (key == "DRIVER") {
      function.driver = value;
    } else if (key == "PCI_CLASS") {
      const auto code = parse_number(value, 16, 0xffffff);
      has_class = code.has_value();
      function.class_code = code.value_or(0);
    } else if (key == "PCI_ID") {
      has_id = parse_pair(value, function.id.vendor, function.id.device);
    } else if (key == "PCI_SUBSYS_ID") {
      parse_pair(value, function.id.subvendor, function.id.subdevice);
    }
  }
  if (!has_class || !has_id) return std::nullopt;
  return function;
}

}  // namespace

std::optional<PciId> PciId::parse(std::string_view text) {
  PciId id;
  if (!parse_pair(text, id.vendor, id.device)) return std::nullopt;
  return id;
}

std::string PciId::str() const {
  return hex(vendor, 4) + ":" + hex(device, 4);
}

bool is_bridge(uint32_t class_code) {
  constexpr uint32_t kClasses[] = {0x0600, 0x0604, 0x0607, 0x0609};
  return std::find(std::begin(kClasses), std::end(kClasses), class_code >> 8) != std::end(kClasses);
}

bool is_vfio_driver(std::string_view driver) {
  const std::string name = underscored(driver);
  return name == "vfio_pci" || name.ends_with("_vfio_pci");
}

bool is_stub_driver(std::string_view driver) {
  return underscored(driver) == "pci_stub";
}

bool is_claiming_driver(std::string_view driver) {
  return is_vfio_driver(driver) || is_stub_driver(driver);
}

std::string PciFunction::class_str() const {
  return hex(class_code, 6);
}

bool PciFunction::is_class(std::string_view prefix) const {
  return class_str().starts_with(prefix);
}

Result<std::vector<PciFunction>> read_pci_functions(const Root& root) {
  const auto names = root.list("/sys/bus/pci/devices");
  if (!names) return names.error();

  std::vector<PciFunction> functions;
  functions.reserve(names->size());
  for (const std::string& name : *names) {
    const auto address = PciAddress::parse(name);
    if (!address) continue;
    const auto uevent = root.read_attribute("/sys/bus/pci/devices/" + name + "/uevent");
    if (!uevent) {
      // A device may disappear after the listing. Any other error is reported: if a card were
      // missing from the result, an index would select a different card.
      const int code = uevent.error().code;
      if (code == ENOENT || code == ENODEV) continue;
      return uevent.error();
    }
    if (auto function = parse_uevent(*address, *uevent)) functions.push_back(std::move(*function));
  }
  return functions;
}

Result<PciFunction> read_pci_function(const Root& root, const PciAddress& address) {
  const std::string path = address.sysfs() + "/uevent";
  const auto uevent = root.read_attribute(path);
  if (!uevent) return uevent.error();
  auto function = parse_uevent(address, *uevent);
  if (!function) return Error{ENODATA, "read " + path};
  return std::move(*function);
}

std::string driver_of(const Root& root, const PciAddress& address) {
  return root.link_name(address.sysfs() + "/driver");
}

std::string override_of(const Root& root, const PciAddress& address) {
  std::string name = root.read_line(address.sysfs() + "/driver_override");
  return name == "(null)" ? std::string() : name;
}

}  // namespace host
