// SPDX-License-Identifier: GPL-2.0-or-later
//
// A virtio GPU (Virtual I/O Device specification 1.2, 5.7) on PCI (4.1): it reads the descriptors,
// the available ring and the request of its control queue, and writes the used ring and the
// response. The questions are Get Display Info, which changes nothing, and Resource Unref of a
// resource that does not exist, which is refused (5.7.6.8). Each request contains a number that the
// response must repeat, and that the device can only know from memory.
//
// A virtio device that does not offer VIRTIO_F_ACCESS_PLATFORM (6) is not started: it may bypass
// the IOMMU, and would use the given addresses as physical addresses.
#pragma once

#include "verify/trial/probes/probe.h"

namespace verify {

class VirtioGpu : public Probe {
 public:
  // Maps the structures that the device's vendor capabilities describe (4.1.4).
  static host::Result<std::unique_ptr<Probe>> make(const vfio::Device& device);

  struct Structure {
    vfio::RegionMemory memory;  // the BAR, up to the end of the structure
    size_t offset = 0;
  };
  VirtioGpu(Structure common, Structure notify, Structure interrupt, uint32_t multiplier)
      : common_(std::move(common)),
        notify_(std::move(notify)),
        interrupt_(std::move(interrupt)),
        multiplier_(multiplier) {}

  const char* kind() const override { return "virtio GPU"; }
  host::Result<void> start(const ProbePages& pages, bool with_interrupts) override;
  std::optional<uint64_t> ask(const ProbePages& pages, int question) override;
  void stop() override;
  bool bypasses_iommu() const override { return bypasses_iommu_; }

 private:
  template <typename T>
  T read(size_t offset) const {
    return common_.memory.read<T>(common_.offset + offset);
  }
  template <typename T>
  void write(size_t offset, T value) {
    common_.memory.write<T>(common_.offset + offset, value);
  }
  void write_address(size_t offset, uint64_t value);
  bool reset();
  host::Result<void> negotiate_features();
  host::Result<void> set_up_queue(const ProbePages& pages, bool with_interrupts);

  Structure common_, notify_, interrupt_;
  uint32_t multiplier_;
  size_t doorbell_ = 0;
  uint16_t submitted_ = 0;
  bool bypasses_iommu_ = false;
};

}  // namespace verify
