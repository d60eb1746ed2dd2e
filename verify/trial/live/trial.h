// SPDX-License-Identifier: GPL-2.0-or-later
//
// The results of a trial in which a function does DMA and raises interrupts through the IOMMU:
// plain values, which the checks judge.
//
// A negative test proves nothing if the device is dead. So each negative test is between two
// positive tests on the same device: the device answers right before, and again right after. An
// answer is judged by its content: a device that cannot read a page may still write zeros.
//
// Opening a device through VFIO resets it if it can be reset, and closing the last one of a bus may
// reset the bus: run a trial only if the user asked for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/pci_function.h"
#include "host/result.h"
#include "host/root.h"
#include "verify/trial/live/dry_run.h"
#include "verify/trial/live/opened_device.h"
#include "verify/trial/live/superpage_trial.h"

namespace verify {

// A negative test: memory must not change.
struct NegativeTest {
  bool before = false;                   // the device answered before
  bool changed = false;                  // memory changed that the device must not reach
  bool after = false;                    // the device answered again
  std::optional<host::Error> not_tried;  // ERANGE: the device cannot use the address
  std::string fault;  // the line in the kernel log; "": none, which proves nothing
};

// The positive test with the pages at an address where most of a large guest's memory is.
struct HighAddress {
  uint64_t iova = 0;
  bool answered = false;
  std::optional<host::Error> not_tried;  // ERANGE: the device cannot use the address
};

struct LiveInterrupts {
  std::string kind;  // "MSI-X", "MSI", "INTx"
  int expected = 0;
  int counted = 0;
  std::string chip;  // of /proc/interrupts while it was armed: "IR-PCI-MSI-0000:01:00.1"
  std::optional<host::Error> obstacle;  // why they could not be counted
};

// The trial was repeated (--cycles): each cycle opens the function again, which resets it.
struct Endurance {
  int wanted = 0;
  int completed = 0;    // cycles in which the function came back and answered correctly
  std::string why;      // of the next cycle: why it is not completed; "": all are
  bool in_use = false;  // … because something else uses the function

  // From 1; 0: the function came back in every cycle.
  int stopped_at() const { return why.empty() ? 0 : completed + 1; }
};

struct LiveTrial {
  std::string address;
  Backend backend = Backend::kType1;
  std::string kind;                     // "HD Audio controller"; "": the device was not opened
  std::string reset;                    // hardware::vfio_reset_method()
  std::string not_run;                  // why no test was run
  bool backend_named = false;           // the user set the backend, not choose_backend()
  std::string cause;                    // the check that explains not_run, as Finding::cause
  LiveStep ended_at = LiveStep::kOpen;  // the last step that was tried
  std::optional<host::Error> obstacle;  // of that step
  bool bypasses_iommu = false;          // the device does, which is the obstacle

  DryRun dry_run = DryRun::kNotPerformed;
  uint64_t iova = 0;                       // the address of the pages for the device
  std::vector<uint64_t> answers;           // to the questions 0 1 0 1
  bool stopped_answering = false;          // no answers after these: the other tests were not run
  std::optional<NegativeTest> unmapped;    // answers went to an address where nothing is mapped
  std::optional<NegativeTest> physical;    // to the page's physical address
  std::optional<NegativeTest> readonly;    // to a page that it may only read
  std::optional<NegativeTest> revoked;     // to a page that was unmapped while it ran
  std::optional<NegativeTest> remapped;    // to the page that was mapped at the address before
  bool arrived_at_new_page = false;        // of `remapped`
  std::optional<HighAddress> high;         // nothing: the IOMMU has no address above 4 GiB
  std::vector<LiveInterrupts> interrupts;  // of each kind that it has
  std::vector<Superpage> superpages;
  int milliseconds = 0;                // of the whole trial
  std::optional<Endurance> endurance;  // --cycles; the other results are of the last cycle

  // The functions that are reset with its bus, including itself, from VFIO; empty: unknown.
  std::vector<host::PciAddress> bus_reset_functions;

  // Are the answers those of a device that read its commands, and has DMA to the right pages?
  bool has_right_answers() const;
  // False: see not_run, or the device is not supported (ENOTSUP) or in use (EBUSY).
  bool was_run() const;
};

// The functions that are held open during the trial, if possible: function 0 of the slot, if it is
// in the group. The function that powers the card must not sleep (NVIDIA Turing).
std::vector<host::PciAddress> companions_of(const host::PciFunction& function,
                                            const std::vector<host::PciFunction>& members);

// The function and its group must be on vfio drivers, and not in use.
LiveTrial try_live(const host::Root& root, Backend backend, int group,
                   const host::PciFunction& function,
                   const std::vector<host::PciFunction>& members);

}  // namespace verify
