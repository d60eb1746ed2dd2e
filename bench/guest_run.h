// SPDX-License-Identifier: GPL-2.0-or-later
//
// One guest from its start to its end: QEMU with a card, and what bench/guest measured in there.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "host/process.h"
#include "host/result.h"
#include "host/root.h"

namespace bench {

struct Guest {
  std::string qemu = "qemu-system-x86_64";
  std::string accelerator = "tcg";
  std::string kernel, initrd;
  std::string arguments;  // of the kernel, and behind "--" of the workloads
  int memory = 256;       // MB
  std::chrono::seconds limit{300};
};

// The card as QEMU is to make it, below the guest's root port "below".
host::Command emulated(const std::string& model);

// Every function of `slot` ("0000:01:00"), by vfio-pci. `trapped`: its BARs are not mapped into the
// guest, each access is QEMU's. The error names the function that is not ready, and the remedy.
host::Result<host::Command> passed_through(const host::Root& root, const std::string& slot,
                                           bool trapped);

// What the guest reported, in Google Benchmark's form. Its command line, console and QEMU's own
// words stay in `directory`, which exists. The error: it did not come to its end.
host::Result<nlohmann::json> run_guest(const Guest& guest, const host::Command& card,
                                       const std::string& directory);

}  // namespace bench
