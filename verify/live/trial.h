// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a function did when it was made to do DMA and raise interrupts through the IOMMU: plain
// answers, which the checks judge.
//
// A negative proves nothing on a device that is dead, so each stands between two positives on the
// same device: it answered right before, and again right after. And content counts, not arrival: a
// device that reads a forbidden page may still write, zeros.
//
// Opening a device through VFIO resets it where it can be reset, and closing the last one of a bus
// may reset the bus: run only where the owner asked for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/pci_function.h"
#include "host/result.h"
#include "host/root.h"
#include "verify/live/opened_device.h"
#include "verify/live/rehearsal.h"
#include "verify/live/superpage_trial.h"

namespace verify {

// One thing that must not happen.
struct Denial {
  bool before = false;                   // the device answered
  bool changed = false;                  // it happened: memory changed that was out of its reach
  bool after = false;                    // and it answered again
  std::optional<host::Error> not_tried;  // ERANGE: the device can't name the address
  std::string fault;  // what the kernel's log says of it; "" nothing, which means nothing
};

// The same work with the pages where most of a large guest's memory is.
struct HighAddress {
  uint64_t iova = 0;
  bool answered = false;
  std::optional<host::Error> not_tried;  // ERANGE: the device can't name the address
};

struct LiveInterrupts {
  std::string kind;  // "MSI-X", "MSI", "INTx"
  int expected = 0;
  int counted = 0;
  std::string chip;  // of /proc/interrupts while it was armed: "IR-PCI-MSI-0000:01:00.1"
  std::optional<host::Error> obstacle;  // why they could not be taken
};

struct LiveTrial {
  std::string address;
  Backend backend = Backend::kType1;
  std::string kind;                     // "HD Audio controller"; "" unknown before it was opened
  std::string reset;                    // hardware::way_to_reset()
  std::string not_run;                  // why nothing was tried
  bool backend_named = false;           // the user named the backend; else the kernel's was taken
  std::string cause;                    // the check that explains it, as Finding::cause
  std::optional<host::Error> obstacle;  // of the step that it ended at

  Rehearsal rehearsal = Rehearsal::kNotHeld;
  uint64_t iova = 0;                       // where the device found the two pages
  std::vector<uint64_t> answers;           // to the questions 0 1 0 1
  bool fell_silent = false;                // after these: the rest was not tried
  std::optional<Denial> unmapped;          // answers went to an address where nothing is mapped
  std::optional<Denial> physical;          // to the page's physical address
  std::optional<Denial> readonly;          // to a page that it may only read
  std::optional<Denial> revoked;           // to a page that was unmapped while it ran
  std::optional<Denial> remapped;          // to the page that the address meant before
  bool arrived_at_new_page = false;        // of `remapped`
  std::optional<HighAddress> high;         // nothing: the IOMMU has no address above 4 GiB
  std::vector<LiveInterrupts> interrupts;  // of each kind that it has
  std::vector<Superpage> superpages;
  int milliseconds = 0;  // for all of it

  // What VFIO says that a reset of its bus hits, itself among it; empty: it says nothing.
  std::vector<host::PciAddress> reset_with_bus;

  // False: it was left alone, by our choice or as somebody else's.
  bool tried() const;
};

// What is held open meanwhile, where it can be: function 0 of the slot, if it is in the group. What
// powers the card must not sleep (NVIDIA Turing).
std::vector<host::PciAddress> companions_of(const host::PciFunction& function,
                                            const std::vector<host::PciFunction>& members);

// The function and its group are on vfio drivers and in nobody's use.
LiveTrial try_live(const host::Root& root, Backend backend, int group,
                   const host::PciFunction& function,
                   const std::vector<host::PciFunction>& members);

}  // namespace verify
