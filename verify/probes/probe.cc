// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/probes/probe.h"

#include <algorithm>
#include <cerrno>

#include <linux/vfio.h>

#include "verify/probes/hda.h"

namespace verify {
namespace {

constexpr uint32_t kHdAudioClass = 0x0403;  // PCI Code and ID Assignment 1.11, 1.5
constexpr size_t kRegisters = 0x4000;       // of HD Audio; the rest are aliases

}  // namespace

bool has_probe(uint32_t class_code) {
  return class_code >> 8 == kHdAudioClass;
}

host::Result<std::unique_ptr<Probe>> make_probe(const vfio::Device& device, uint32_t class_code) {
  if (!has_probe(class_code)) return host::Error{ENOTSUP, "find a probe for this class of device"};
  const auto region = device.region(VFIO_PCI_BAR0_REGION_INDEX);
  if (!region) return region.error();
  auto registers = device.map(*region, std::min<size_t>(region->size, kRegisters));
  if (!registers) return registers.error();
  return std::unique_ptr<Probe>(std::make_unique<HdAudio>(std::move(*registers)));
}

}  // namespace verify
