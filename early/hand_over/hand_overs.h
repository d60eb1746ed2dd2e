// SPDX-License-Identifier: GPL-2.0-or-later
//
// What `vfio-early claim CARD` changed in the running system, so that it can be undone: by
// `release`, or by the next run after one that was killed. It is saved before each change.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/pci_address.h"
#include "host/result.h"
#include "host/root.h"

namespace early::hand_over {

inline constexpr const char* kHandOverFile = "/run/vfio-early/hand-over.json";

enum class Phase {
  kClaiming,  // a claim runs, or was killed: to be undone
  kClaimed,
  kReleasing,  // a release runs, or was killed: to be completed
};

struct HandedFunction {
  host::PciAddress address;
  std::string driver;  // the host driver that had it; "": none

  bool operator==(const HandedFunction&) const = default;
};

struct HandOver {
  std::string card;
  Phase phase = Phase::kClaiming;
  std::vector<HandedFunction> functions;
  std::vector<std::string> stopped;       // units, in the order of their stops
  std::vector<std::string> consoles;      // console drivers that were bound: "vtcon1"
  std::vector<std::string> framebuffers;  // "simple-framebuffer.0 simple-framebuffer"
  std::string domain;                     // of libvirt; "": claimed by hand
  bool watched = false;                   // the host gets it back if no guest uses it
  // CLOCK_BOOTTIME since when no guest uses it, or 0: a guest does.
  int64_t unused_since_ns = 0;
  std::string problem;  // why it is not given back yet; logged once

  bool operator==(const HandOver&) const = default;
};

struct HandOvers {
  std::vector<HandOver> all;

  HandOver* find(const std::string& card);
  void remove(const std::string& card);
  bool operator==(const HandOvers&) const = default;
};

std::string to_json(const HandOvers& hand_overs);
// Reads strictly, since this file decides what is written in sysfs and which units start: invalid
// names, lists of more than 256 entries and negative times are errors.
host::Result<HandOvers> hand_overs_from_json(const std::string& text);

// A missing file has none. A time in the future is an error, too.
host::Result<HandOvers> read_hand_overs(const host::Root& root);
// Removes the file if there are none.
host::Result<void> write_hand_overs(const host::Root& root, const HandOvers& hand_overs);

}  // namespace early::hand_over
