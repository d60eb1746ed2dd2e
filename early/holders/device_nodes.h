// SPDX-License-Identifier: GPL-2.0-or-later
//
// The nodes in /dev through which programs use a card: those of its functions, and of the devices
// behind them, such as a keyboard or a disk at its USB controller.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "host/pci_function.h"
#include "host/root.h"

namespace early::holders {

struct DeviceNodes {
  std::set<std::string, std::less<>> names;    // "/dev/dri/card0"
  std::set<std::string, std::less<>> numbers;  // "226:0" of character devices
  bool complete = true;                        // false: the limit of files was reached

  bool contains(std::string_view name) const { return names.contains(name); }
};

DeviceNodes nodes_of(const host::Root& root,
                     const std::vector<const host::PciFunction*>& functions);

}  // namespace early::holders
