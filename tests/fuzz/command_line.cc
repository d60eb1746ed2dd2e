// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's command line, and the cards that it claims.
#include "host/command_line.h"

#include <algorithm>

#include "config/configuration.h"
#include "tests/fuzz/target.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  return {"BOOT_IMAGE=/vmlinuz root=UUID=3c0e8a52 ro quiet intel_iommu=on,sm_off iommu=pt\n",
          "vfio_early.claim=0000:01:00,identity=10de:1b81 vfio-early.claim=id=10de:1b81,index=1",
          "a=\"b c\" amd_iommu=off intel_iommu=off intel_iommu=on vfio-pci.ids=10de:1b81 \"d=e f\"",
          "vfio_early.claim=0000:00/01.0/00.0 vfio_early.claim=00-1b-21-ff-ff-ab-cd-ef,x,=,"};
}

void parse(std::string_view bytes) {
  const auto line = host::CommandLine::parse(bytes);
  for (const auto& [name, value] : line.with_prefix("")) {
    require(name.find('-') == name.npos);
    const auto values = line.values(name);
    require(std::find(values.begin(), values.end(), value) != values.end());
    require(line.value(name) == values.back());
  }
  for (const std::string& off : host::iommu_off_parameters(line))
    require(off.find("=") != off.npos && off.find("off") != off.npos);
  config::Configuration configuration;
  config::parse_command_line(line, configuration);
  require(configuration.cards.size() <= line.values("vfio_early.claim").size());
  for (const config::Refusal& refusal : configuration.refusals) require(!refusal.remedy.empty());
}

const Target kTarget("command_line", samples, parse);

}  // namespace
}  // namespace fuzz
