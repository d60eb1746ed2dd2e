// SPDX-License-Identifier: GPL-2.0-or-later
//
// For programs that run vfio-verify's live trial in a guest: finds the named function, and judges a
// trial by the checks.
#pragma once

#include <string>
#include <vector>

#include "host/pci_function.h"
#include "host/result.h"
#include "host/root.h"
#include "verify/check/finding.h"
#include "verify/trial/live/trial.h"

namespace live {

struct Subject {
  host::PciFunction function;
  int group = 0;
  std::vector<host::PciFunction> members;  // of the group
};

host::Result<Subject> find(const host::Root& root, const std::string& address);

// Runs only the checks of the --live chapter.
verify::Findings judge(const verify::LiveTrial& trial);

}  // namespace live
