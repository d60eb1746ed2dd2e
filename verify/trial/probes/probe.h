// SPDX-License-Identifier: GPL-2.0-or-later
//
// A probe makes one kind of device do DMA, by its public specification and without a vendor's
// driver: the device reads a command from one page of this process and writes its answer to
// another.
//
// What must hold: every wait has a time limit. The device gets only the addresses of these two
// pages and of its scratch memory. After stop(), it does no DMA and raises no interrupt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "host/pci_function.h"
#include "host/result.h"
#include "vfio/device.h"

namespace verify {

// The pages: their addresses for the device (IOVA), and in this process.
struct ProbePages {
  uint64_t commands_iova = 0;
  uint64_t answers_iova = 0;
  uint64_t scratch_iova = 0;
  std::span<std::byte> commands;  // the device reads
  std::span<std::byte> answers;   // the device writes
  std::span<std::byte> scratch;   // the device reads and writes; scratch_size() bytes
};

class Probe {
 public:
  virtual ~Probe() = default;

  // For messages: "HD Audio controller".
  virtual const char* kind() const = 0;

  // The bytes of memory that the device needs for its own use, in whole pages. They stay mapped.
  virtual size_t scratch_size() const { return 0; }

  // Resets the device and gives it the addresses of the pages. The device may do DMA as soon as
  // this is called, although it need not before the first question: the pages are mapped by then,
  // or a test leaves them unmapped on purpose.
  virtual host::Result<void> start(const ProbePages& pages, bool with_interrupts) = 0;

  // Asks question 0 or 1 and returns the answer. The two questions have different answers, and each
  // answer is the same every time. Nothing: no answer arrived in `pages.answers` within the time
  // limit. The device raises one interrupt after an answer.
  virtual std::optional<uint64_t> ask(const ProbePages& pages, int question) = 0;

  virtual void stop() = 0;

  // Did start() fail because the device says that its DMA bypasses the IOMMU?
  virtual bool bypasses_iommu() const { return false; }

  // Sets a function that ask() calls when an answer has arrived, before it acknowledges the answer.
  // Until then the device asserts its interrupt pin; if the pin is deasserted too early, the
  // interrupt is lost.
  void set_answer_callback(std::function<void()> callback) { on_answer_ = std::move(callback); }

  // Sets a function that ask() calls right before it writes the doorbell: the register that makes
  // the device read the question.
  void set_doorbell_callback(std::function<void()> callback) { on_doorbell_ = std::move(callback); }

 protected:
  void notify_doorbell() const {
    if (on_doorbell_) on_doorbell_();
  }
  void notify_answer() const {
    if (on_answer_) on_answer_();
  }

 private:
  std::function<void()> on_answer_, on_doorbell_;
};

// Is there a probe for this kind of device?
bool has_probe(const host::PciFunction& function);

// ENOTSUP: there is no probe for this kind of device.
host::Result<std::unique_ptr<Probe>> make_probe(const vfio::Device& device,
                                                const host::PciFunction& function);

}  // namespace verify
