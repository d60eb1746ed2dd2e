// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-bench run`: runs the same guest with each card passed through and with its emulated
// counterpart, alternating, for a number of rounds.
#pragma once

#include <string>
#include <vector>

#include "bench/guest_run.h"
#include "bench/own_root.h"

namespace bench {

// In which guests the processor may draw the graphics load. An emulated card without 3D leaves
// drawing to the processor: this is what passthrough is compared with.
enum class Software { kNowhere, kEmulated, kEverywhere };

struct Series {
  Guest guest;                     // without an initrd: with this machine's kernel and root
  OwnRoot own;                     // empty: the running kernel's
  std::vector<std::string> pairs;  // "0000:01:00=virtio-gpu-pci"
  int rounds = 0;                  // 0: six under KVM, which measures real time; else one
  bool trapped = false;
  std::string card_properties;  // of QEMU's vfio-pci, for the card's first function
  bool emulated_only = false;
  Software software = Software::kEmulated;
  std::string render_node;   // of the GPU for models with 3D; "": chosen
  int frames = 0, size = 0;  // of the graphics loads; 0: suits the accelerator
  std::string only;          // a regular expression: these workloads alone
  std::string directory;     // of the guests' consoles
  std::string results;       // the file
  std::string remark;        // the user's note for the report: "nested, under -icount"
};

enum class SeriesResult { kMeasured, kPartlyMeasured, kInconclusive };

// Prints progress and errors on stderr.
SeriesResult run(Series series);

}  // namespace bench
