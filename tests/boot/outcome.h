// SPDX-License-Identifier: GPL-2.0-or-later
//
// What became of a card in a boot, in the words of the table "Who gets the card" of README.
#pragma once

#include <string>
#include <vector>

namespace lab {

// A driver was bound to a device, as the kernel logs it with dyndbg="func driver_bound +p".
struct Binding {
  std::string driver;
  std::string device;
};

// The bindings in a kernel log, in their order; of those after the last line with `marker` if it is
// not empty.
std::vector<Binding> bindings_in(const std::string& kernel_log, const std::string& marker = "");

// A booted guest at its end.
struct Ending {
  std::vector<std::string> card = {};  // the functions that were to be claimed
  std::vector<Binding> bound = {};     // each function with a driver, and its driver
  std::vector<Binding> history = {};   // all bindings of the boot
  bool has_console = true;             // a framebuffer of the host remains
  bool bar_blocked = false;            // VFIO cannot map the card's first memory region
};

// "right card claimed, no console". The first part is one of: "wrong card taken" (a function that
// is not of the card is or was on vfio-pci), "right card claimed", "host driver had it" (the card
// is on vfio-pci, but another driver had a function before), "not claimed" (a function of the card
// is not on vfio-pci).
std::string outcome(const Ending& ending);

// The functions of the card with their drivers, and what else vfio-pci has or had.
std::string details(const Ending& ending);

}  // namespace lab
