// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/pci_class.h"

#include <algorithm>
#include <iterator>

namespace host {

const char* class_name(const PciFunction& function) {
  struct Name {
    const char* prefix;
    const char* name;
  };
  // A longer prefix comes before a shorter one.
  static constexpr Name kNames[] = {
      {"0300", "VGA"},   {"0302", "3D"},    {"03", "display"}, {"0403", "audio"}, {"0401", "audio"},
      {"0c03", "USB"},   {"0c80", "UCSI"},  {"0108", "NVMe"},  {"0106", "SATA"},  {"01", "storage"},
      {"0280", "wifi"},  {"02", "network"}, {"0600", "host"},  {"0601", "ISA"},   {"06", "bridge"},
      {"0c05", "SMBus"}, {"10", "crypto"},  {"0806", "IOMMU"}, {"08", "system"},  {"0780", "comms"},
      {"07", "serial"},  {"11", "signal"},  {"12", "accel"},   {"0d", "radio"},   {"04", "media"},
  };
  const auto* found = std::find_if(std::begin(kNames), std::end(kNames), [&](const Name& name) {
    return function.is_class(name.prefix);
  });
  return found == std::end(kNames) ? "" : found->name;
}

}  // namespace host
