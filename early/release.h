// SPDX-License-Identifier: GPL-2.0-or-later
//
// release: gives a claimed card back to the host. Refused while a guest uses the card: an unbind
// would wait until that guest ends, and cannot be cancelled.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "host/root.h"
#include "record/record.h"

namespace early {

enum class Release { kDone, kNotAll, kUnknown };

struct ReleaseRequest {
  std::string what;  // the name of a card, its slot or one of its functions
  std::string reason = "released by the user";
  // The drivers that had the functions before; "": none had. For other functions the kernel chooses
  // the driver.
  std::map<host::PciAddress, std::string> drivers = {};
};

// What `what` names in the record: a card, all cards of a section, or what has the address. The
// physical function of a card with 'vfs' stands for all its virtual functions.
std::vector<record::FunctionRecord*> named_functions(record::Record& record,
                                                     const std::string& what);
record::PhysicalRecord* named_physical(record::Record& record, const std::string& what);  // or null

// kUnknown if the record does not have it. Updates and saves the record, and logs the result for
// each function.
Release release(const host::Root& root, record::Record& record, const ReleaseRequest& request);

// Does a guest have the function's group open? Opens the group for a moment.
bool is_used_by_guest(const host::Root& root, const record::FunctionRecord& function);

// Binds a function without a driver to `driver`, whose module is loaded if it is missing.
host::Result<void> bind_to_host_driver(const host::Root& root, const host::PciAddress& address,
                                       const std::string& driver);

}  // namespace early
