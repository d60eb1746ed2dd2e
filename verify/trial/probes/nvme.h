// SPDX-License-Identifier: GPL-2.0-or-later
//
// An NVMe controller (NVM Express Base Specification 2.0): it reads the admin submission queue and
// writes the admin completion queue. The question is Get Features of the number of queues (5.15,
// 5.27.1.5): every controller supports it, it changes nothing, and its answer is in the completion
// itself, while Identify needs a third page. The answer repeats the command's identifier, which the
// device can only know from memory.
#pragma once

#include "verify/trial/probes/probe.h"

namespace verify {

class Nvme : public Probe {
 public:
  explicit Nvme(vfio::RegionMemory registers) : registers_(std::move(registers)) {}

  const char* kind() const override { return "NVMe controller"; }
  host::Result<void> start(const ProbePages& pages, bool with_interrupts) override;
  std::optional<uint64_t> ask(const ProbePages& pages, int question) override;
  void stop() override;

 private:
  template <typename T>
  T read(size_t offset) const {
    return registers_.read<T>(offset);
  }
  template <typename T>
  void write(size_t offset, T value) {
    registers_.write<T>(offset, value);
  }
  void write_address(size_t offset, uint64_t value);
  bool wait_ready(uint32_t value) const;
  bool disable();
  size_t completion_doorbell() const;

  vfio::RegionMemory registers_;
  uint16_t submitted_ = 0;
  size_t completion_ = 0;  // index of the next completion in its queue
};

}  // namespace verify
