// SPDX-License-Identifier: GPL-2.0-or-later
//
// bind: executes the recorded intent and never plans again. It frees what a driver held before us
// and may be taken from it, makes the owner's settings, loads the wanted driver, binds, and
// believes only the re-read `driver` link. It runs beside the boot.
//
// Running it again is harmless, and is how it is joined: a second bind waits for the first one's
// lock, completes what that one left (it may have been killed), and ends.
//
// Wherever gate and bind are killed, the record tells the truth: a function that it calls bound is
// bound, and one that has an override is called intended or reserved only until a bind has ended.
#pragma once

#include "early/unbind.h"
#include "host/root.h"
#include "plan/record.h"

namespace early {

// Completes `record`: its bind phase, and for each function state, time, reason and remedy. Says
// what became of each, where that is news.
void bind(const host::Root& root, plan::Record& record, Moment moment);

}  // namespace early
