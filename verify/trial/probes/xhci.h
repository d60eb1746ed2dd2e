// SPDX-License-Identifier: GPL-2.0-or-later
//
// A USB host controller (eXtensible Host Controller Interface 1.2): it reads the command ring and
// writes a Command Completion Event to the event ring. The questions are commands that change
// nothing: No Op, which succeeds (4.6.2), and Disable Slot of a slot that is not enabled, which is
// refused (4.6.4). The answers are their completion codes.
//
// An event contains the address of its command, so that an old event is never used as an answer.
// If the controller reads zeros instead of a command, it finds no command and sends no event.
#pragma once

#include "verify/trial/probes/probe.h"

namespace verify {

class Xhci : public Probe {
 public:
  explicit Xhci(vfio::RegionMemory registers);

  const char* kind() const override { return "USB controller"; }
  size_t scratch_size() const override;
  host::Result<void> start(const ProbePages& pages, bool with_interrupts) override;
  std::optional<uint64_t> ask(const ProbePages& pages, int question) override;
  void stop() override;

 private:
  uint32_t read(size_t offset) const { return registers_.read<uint32_t>(offset); }
  void write(size_t offset, uint32_t value) { registers_.write<uint32_t>(offset, value); }
  void write_address(size_t offset, uint64_t value);
  bool wait(size_t offset, uint32_t mask, uint32_t value, int milliseconds) const;

  bool has_registers() const;
  void take_ownership();
  bool reset();
  void prepare_memory(const ProbePages& pages) const;
  void set_addresses(const ProbePages& pages);
  void consume_port_events(const ProbePages& pages);
  std::optional<uint32_t> next_event(const ProbePages& pages, uint64_t command);
  void acknowledge(const ProbePages& pages);

  vfio::RegionMemory registers_;
  size_t operational_ = 0;
  size_t interrupter_ = 0;  // number 0
  size_t doorbell_ = 0;     // of the command ring
  size_t scratchpads_ = 0;  // number of pages that the controller needs for its own use
  size_t page_size_ = 0;    // of the scratchpads
  size_t command_ = 0;      // index of the next command in its ring
  size_t event_ = 0;
};

}  // namespace verify
