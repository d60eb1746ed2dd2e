// SPDX-License-Identifier: GPL-2.0-or-later
//
// One guest from its start to its end: QEMU with a card, and what bench/guest measured in there.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "host/child.h"
#include "host/result.h"
#include "host/root.h"

namespace bench {

struct Guest {
  std::string qemu = "qemu-system-x86_64";
  std::string accelerator = "tcg";
  std::string kernel, initrd;
  std::string arguments;  // of the kernel, and behind "--" of its first process
  host::Command devices;  // of QEMU, besides the card
  int memory = 256;       // MB
  int processors = 1;
  size_t reports = 1;  // how many programs report something in there
  std::chrono::seconds limit{300};
};

// The card as QEMU is to make it, below the guest's root port "below".
host::Command emulated(const std::string& model);

// Every function of `slot` ("0000:01:00"), by vfio-pci; the first with these properties of QEMU's
// vfio-pci, "romfile=/card.rom". `trapped`: its BARs are not mapped into the guest, each access is
// QEMU's. The error names the function that is not ready, and the remedy.
host::Result<host::Command> passed_through(const host::Root& root, const std::string& slot,
                                           bool trapped, const std::string& properties = "");

// The first function of `slot` that no longer answers: its configuration space is all ones. ""
// where all do. After a reset that it does not survive, a card stays so until the machine is
// switched off.
std::string lost_function(const host::Root& root, const std::string& slot);

// All of the benchmarks that stand between the markers of bench/guest/markers.h in `text`, as one
// report of Google Benchmark's. The error: there are not `count` whole ones.
host::Result<nlohmann::json> reports_in(const std::string& text, size_t count);

// What the guest reported, on its console or its second serial port. Its command line, console and
// QEMU's own words stay in `directory`, which exists. The error: it did not come to its end.
host::Result<nlohmann::json> run_guest(const Guest& guest, const host::Command& card,
                                       const std::string& directory);

}  // namespace bench
