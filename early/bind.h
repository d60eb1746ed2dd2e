// SPDX-License-Identifier: GPL-2.0-or-later
//
// bind: carries out the recorded intent, and makes no plan. It creates virtual functions, unbinds
// other drivers where that is allowed, applies the settings, loads the wanted driver, binds, and
// checks the result: only the `driver` link, read again, counts. It runs in parallel with the boot.
//
// It may run again at any time. A second bind waits for the first one's lock, completes what the
// first one left (it may have been killed), and ends: this is also how to wait for a bind.
//
// The record is true wherever gate and bind are killed: a function that is "bound" in it is bound,
// and a function with an override is "intended" or "reserved" only until a bind has ended.
#pragma once

#include <chrono>

#include "early/unbind.h"
#include "host/root.h"
#include "record/record.h"

namespace early {

// The limit of all waits together. TimeoutStartSec= of vfio-early-bind.service is 30 s, and the
// record is written after the waits.
inline constexpr std::chrono::milliseconds kBindWaits{24'000};

// Completes `record`: its bind phase, and for each function state, time, reason and remedy. Logs
// the functions whose state or reason has changed.
void bind(const host::Root& root, record::Record& record, DeviceUse use,
          std::chrono::milliseconds waits = kBindWaits);

}  // namespace early
