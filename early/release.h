// SPDX-License-Identifier: GPL-2.0-or-later
//
// release: hands a card that is ours back to the host. It is refused where a guest uses the card:
// an unbind would wait for that guest's end, and could not be called back.
#pragma once

#include <string>

#include "host/root.h"
#include "plan/record.h"

namespace early {

enum class Release { kDone, kNotAll, kUnknown };

// `what` is a card's name, its slot or one function of it, as the record has them; kUnknown if it
// has none such. Completes and keeps the record, and says what became of each function.
Release release(const host::Root& root, plan::Record& record, const std::string& what);

}  // namespace early
