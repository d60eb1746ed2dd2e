// SPDX-License-Identifier: GPL-2.0-or-later
//
// High Definition Audio (Intel HDA specification 1.0a): the controller reads the Command Outbound
// Ring Buffer and writes the Response Inbound Ring Buffer. The questions are "Get Parameter" of the
// first codec's root node: vendor id and revision id (7.3.4).
#pragma once

#include "verify/trial/probes/probe.h"

namespace verify {

class HdAudio : public Probe {
 public:
  explicit HdAudio(vfio::RegionMemory registers) : registers_(std::move(registers)) {}

  const char* kind() const override { return "HD Audio controller"; }
  host::Result<void> start(const ProbePages& pages, bool with_interrupts) override;
  std::optional<uint64_t> ask(const ProbePages& pages, int question) override;
  void stop() override;

 private:
  template <typename T>
  bool wait(size_t offset, T mask, T value, int milliseconds);
  bool stop_rings();
  bool leave_reset();
  host::Result<void> set_up_rings(const ProbePages& pages, bool with_interrupts);

  vfio::RegionMemory registers_;
  uint8_t codec_ = 0;
  uint8_t write_pointer_ = 0;  // of the command ring; the answer has the same index
};

}  // namespace verify
