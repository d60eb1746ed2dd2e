// SPDX-License-Identifier: GPL-2.0-or-later
//
// release: gives a claimed card back to the host. Refused while a guest uses the card: an unbind
// would wait until that guest ends, and cannot be cancelled.
#pragma once

#include <string>

#include "host/root.h"
#include "record/record.h"

namespace early {

enum class Release { kDone, kNotAll, kUnknown };

// `what` is the name of a card, its slot or one of its functions; kUnknown if the record does not
// have it. Updates and saves the record, and logs the result for each function.
Release release(const host::Root& root, record::Record& record, const std::string& what);

}  // namespace early
