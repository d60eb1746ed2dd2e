// SPDX-License-Identifier: GPL-2.0-or-later
//
// A probe makes one kind of device do DMA, from its public specification and without a vendor's
// driver: the device reads a command from one page of ours and writes its answer to another.
//
// What must hold: every wait has an end; nothing but the two pages, and what it wants for itself,
// is given to the device; after stop() it does no DMA and raises no interrupt.
#pragma once

#include <cerrno>
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

// Where the device finds them, and where we do.
struct ProbePages {
  uint64_t commands_iova = 0;
  uint64_t answers_iova = 0;
  uint64_t scratch_iova = 0;
  std::span<std::byte> commands;  // the device reads
  std::span<std::byte> answers;   // the device writes
  std::span<std::byte> scratch;   // it does what it likes: scratch_size()
};

class Probe {
 public:
  virtual ~Probe() = default;

  // For a sentence: "HD Audio controller".
  virtual const char* kind() const = 0;

  // The memory that the device wants for itself, in whole pages: mapped throughout.
  virtual size_t scratch_size() const { return 0; }

  // Resets the device and points it at the pages. It does no DMA before the first question, though
  // it may as soon as this was called: the pages are mapped, or are meant not to be.
  virtual host::Result<void> start(const ProbePages& pages, bool with_interrupts) = 0;

  // Question 0 or 1, which have different answers, each the same whenever it is asked. Nothing:
  // none arrived in `pages.answers` within the time limit. One interrupt follows an answer.
  virtual std::optional<uint64_t> ask(const ProbePages& pages, int question) = 0;

  virtual void stop() = 0;

  // Called in ask() once the answer is there, before the device is told that it was seen: until
  // then it holds its interrupt pin, and a pin that is let go of too early was never heard.
  void before_acknowledging(std::function<void()> listen) { listen_ = std::move(listen); }

 protected:
  void answered() const {
    if (listen_) listen_();
  }

 private:
  std::function<void()> listen_;
};

// The code of the error by which a device is not started that would do DMA past the IOMMU.
inline constexpr int kPastTheIommu = EXDEV;

// Is there a probe for this kind of device?
bool has_probe(const host::PciFunction& function);

// ENOTSUP where there is none.
host::Result<std::unique_ptr<Probe>> make_probe(const vfio::Device& device,
                                                const host::PciFunction& function);

}  // namespace verify
