// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs one guest to its end: QEMU with a card, and what bench/guest measured in it.
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
  std::string arguments;  // of the kernel, and after "--" of its first process
  host::Command devices;  // of QEMU, besides the card
  int memory = 256;       // MB
  int processors = 1;
  size_t reports = 1;  // the number of programs that report in the guest
  std::chrono::seconds limit{300};
  std::chrono::seconds end_limit{60};    // for QEMU to end, once all programs have reported
  std::string display = "none";          // of QEMU
  std::vector<std::string> environment;  // of QEMU: "NAME=value"
};

// The key of a report's context that says that QEMU had to be killed after its guest had ended.
inline constexpr const char* kQemuEnd = "qemu_end";

// QEMU's arguments for an emulated card, below the guest's root port "below".
host::Command emulated(const std::string& model);

// QEMU's arguments for every function of `slot` ("0000:01:00") on vfio-pci. `properties` are those
// of QEMU's vfio-pci for the first function, such as "romfile=/card.rom". `trapped`: the BARs are
// not mapped into the guest, and QEMU handles each access. The error names the function that is not
// ready, and the remedy.
host::Result<host::Command> passed_through(const host::Root& root, const std::string& slot,
                                           bool trapped, const std::string& properties = "");

// The first function of `slot` that no longer answers: its configuration space is all ones. "" if
// all answer. A card that does not survive a reset stays in this state until the machine is
// power-cycled.
std::string lost_function(const host::Root& root, const std::string& slot);

// All benchmarks between the markers of bench/guest/markers.h in `text`, as one report of Google
// Benchmark. Error: there are not exactly `count` complete ones.
host::Result<nlohmann::json> reports_in(const std::string& text, size_t count);

// What the guest reported, on its console or its second serial port. The command line, the console
// and the output of QEMU are kept in `directory`, which must exist. Error: the guest did not
// finish. If QEMU alone did not end, the report is complete, and its context has kQemuEnd.
host::Result<nlohmann::json> run_guest(const Guest& guest, const host::Command& card,
                                       const std::string& directory);

}  // namespace bench
