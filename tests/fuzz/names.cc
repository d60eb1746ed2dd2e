// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names of devices: each accepted name is the same after it is written and parsed again.
#include "config/id_pattern.h"
#include "host/pci_address.h"
#include "host/pci_path.h"
#include "host/pci_serial.h"
#include "tests/fuzz/target.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  return {"0000:01:00.0",
          "0000:01:00",
          "10000:e1:1f.7",
          "10de:1b81",
          "10de:1b81:1458:3702",
          "0000:00/02.0/00.0",
          "00-1b-21-ff-ff-ab-cd-ef",
          "../../../devices/pci0000:00/0000:00:02.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0"};
}

template <class Name>
void parse_as(std::string_view text) {
  const auto name = Name::parse(text);
  if (name) require(Name::parse(name->str()) == name);
}

void parse(std::string_view text) {
  parse_as<host::PciAddress>(text);
  parse_as<host::PciSlot>(text);
  parse_as<host::PciPath>(text);
  parse_as<config::IdPattern>(text);
  if (const auto path = host::PciPath::from_sysfs(text)) {
    require(!path->hops.empty());
    require(host::PciPath::parse(path->str()) == path && path->has_prefix(*path));
  }
  if (const auto serial = host::parse_serial(text))
    require(host::parse_serial(host::serial_str(*serial)) == serial);
}

const Target kTarget("names", samples, parse);

}  // namespace
}  // namespace fuzz
