// SPDX-License-Identifier: GPL-2.0-or-later
//
// The graphics card of the guest that the program runs in, as sysfs shows it: which card, which of
// its memory may be accessed outside of its driver, and how often it has interrupted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "host/pci_function.h"
#include "host/result.h"
#include "host/root.h"

namespace bench {

// Memory that may be read and written while a driver uses the card, without harm. The memory of a
// card that is not in this table is not accessed: what its driver keeps there is unknown.
struct SafeMemory {
  host::PciId id;  // vendor and device
  const char* name;
  int framebuffer;  // a BAR that contains only pixels; -1: none
  int registers;    // a BAR with a 32-bit register that can be read without side effects,
  size_t offset;    // at this offset
};

struct Card {
  host::PciFunction function;
  const SafeMemory* safe_memory = nullptr;  // null: not in the table
};

// The first function of class 03. ENODEV: not found.
host::Result<Card> find_card(const host::Root& root);

struct Interrupts {
  uint64_t all = 0;   // by MSI and MSI-X vectors and by the pin
  uint64_t msix = 0;  // of these, by MSI-X
};

// The function's interrupts so far.
Interrupts interrupts_of(const host::Root& root, const host::PciAddress& address);

// The other functions in the card's slot: "8086:2668 (snd_hda_intel)"; "" none.
std::string others_in_slot(const host::Root& root, const Card& card);

// A BAR mapped into this process, unmapped by the destructor.
class MappedBar {
 public:
  enum class Caching { kUncached, kWriteCombined };

  // EINVAL: not a memory BAR. ENOENT: only a prefetchable BAR can be write-combined.
  static host::Result<MappedBar> map(const host::Root& root, const host::PciAddress& address,
                                     int bar, Caching caching);

  MappedBar(MappedBar&& other) noexcept;
  MappedBar& operator=(MappedBar&&) = delete;
  ~MappedBar();

  std::span<volatile uint64_t> words() const;

 private:
  explicit MappedBar(std::span<std::byte> bytes) : bytes_(bytes) {}

  std::span<std::byte> bytes_;
};

}  // namespace bench
