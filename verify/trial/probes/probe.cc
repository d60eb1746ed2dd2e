// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/probes/probe.h"

#include <algorithm>
#include <cerrno>

#include <linux/vfio.h>

#include "verify/trial/probes/edu.h"
#include "verify/trial/probes/hda.h"
#include "verify/trial/probes/nvme.h"
#include "verify/trial/probes/virtio_gpu.h"
#include "verify/trial/probes/xhci.h"

namespace verify {
namespace {

// Makes a probe that uses the first kRegisters bytes of BAR 0.
template <class ProbeType, size_t kRegisters>
host::Result<std::unique_ptr<Probe>> make(const vfio::Device& device) {
  const auto region = device.region(VFIO_PCI_BAR0_REGION_INDEX);
  if (!region) return region.error();
  auto registers = device.map(*region, std::min<size_t>(region->size, kRegisters));
  if (!registers) return registers.error();
  return std::unique_ptr<Probe>(std::make_unique<ProbeType>(std::move(*registers)));
}

// The devices that have a probe, by their class (PCI Code and ID Assignment 1.11, 1.2, 1.4, 1.5,
// 1.13) or, if the class is not specific enough, also by their id.
struct Kind {
  uint32_t class_code;
  uint32_t mask;
  uint32_t id;  // vendor and device; 0: any
  host::Result<std::unique_ptr<Probe>> (*make)(const vfio::Device& device);
};

constexpr Kind kKinds[] = {
    {0x040300, 0xffff00, 0, make<HdAudio, 0x4000>},  // later registers are aliases
    {0x0c0330, 0xffffff, 0, make<Xhci, 0x100000>},
    {0x010802, 0xffffff, 0, make<Nvme, 0x2000>},
    {0x030000, 0xff0000, 0x1af41050, VirtioGpu::make},
    {0x00ff00, 0xffff00, 0x123411e8, make<Edu, 0x1000>},
};

const Kind* kind_of(const host::PciFunction& function) {
  const auto found = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& kind) {
    const uint32_t id = uint32_t{function.id.vendor} << 16 | function.id.device;
    return (function.class_code & kind.mask) == kind.class_code && (kind.id == 0 || kind.id == id);
  });
  return found == std::end(kKinds) ? nullptr : found;
}

}  // namespace

bool has_probe(const host::PciFunction& function) {
  return kind_of(function) != nullptr;
}

host::Result<std::unique_ptr<Probe>> make_probe(const vfio::Device& device,
                                                const host::PciFunction& function) {
  const Kind* kind = kind_of(function);
  if (!kind) return host::Error{ENOTSUP, "this class of device"};
  return kind->make(device);
}

}  // namespace verify
