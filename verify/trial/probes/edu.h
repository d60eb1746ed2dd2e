// SPDX-License-Identifier: GPL-2.0-or-later
//
// QEMU's educational device (docs/specs/edu.rst), for tests: a DMA engine that copies to a buffer
// of its own and back. The questions are numbers in memory: the device copies one to its buffer,
// and from there to another address. Each copy takes 100 ms.
#pragma once

#include "verify/trial/probes/probe.h"

namespace verify {

class Edu : public Probe {
 public:
  explicit Edu(vfio::RegionMemory registers) : registers_(std::move(registers)) {}

  const char* kind() const override { return "edu device"; }
  host::Result<void> start(const ProbePages& pages, bool with_interrupts) override;
  std::optional<uint64_t> ask(const ProbePages& pages, int question) override;
  void stop() override;

 private:
  bool wait_idle() const;
  bool copy(uint64_t from, uint64_t to, uint64_t command);

  vfio::RegionMemory registers_;
  bool with_interrupts_ = false;
  size_t answer_ = 0;  // number of the next answer
};

}  // namespace verify
