// SPDX-License-Identifier: GPL-2.0-or-later
//
// The graphics card of the guest that this runs in, as sysfs shows it: which one, what can be
// touched of it from outside of its driver, and how often it has interrupted.
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

// What may be read and written beside a driver that has the card, without doing harm. Of a card
// that is not in this table no memory is touched: nobody knows what its driver keeps there.
struct Touchable {
  host::PciId id;  // vendor and device
  const char* name;
  int framebuffer;  // a BAR that is nothing but pixels; -1: none
  int registers;    // a BAR with a 32-bit register, whose reading changes nothing,
  size_t offset;    // at this place
};

struct Card {
  host::PciFunction function;
  const Touchable* touchable = nullptr;  // null: not in the table
};

// The first function of class 03. ENODEV: there is none.
host::Result<Card> find_card(const host::Root& root);

struct Interrupts {
  uint64_t all = 0;   // by MSI and MSI-X vectors and by the pin
  uint64_t msix = 0;  // of these, by MSI-X
};

// How often the function has interrupted so far.
Interrupts interrupts_of(const host::Root& root, const host::PciAddress& address);

// What else sits in the card's slot: "8086:2668 on snd_hda_intel"; "" nothing.
std::string others_in_slot(const host::Root& root, const Card& card);

// A BAR in this program's memory, until it goes.
class MappedBar {
 public:
  enum class Caching { kUncached, kWriteCombined };

  // EINVAL: it is no memory BAR. ENOENT: only a prefetchable BAR can be write-combined.
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
