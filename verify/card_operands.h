// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-verify cards`: what can be named as CARD on the command line. The completions of the shells
// read it, so it is fast, and needs no root.
#pragma once

#include <string>

#include "config/configuration.h"
#include "host/machine.h"

namespace verify {

// A line for each section and for each slot of a graphics card: the operand, a tab, a description.
// Operands are plain text. A section whose name cannot be typed is left out: one that begins with
// '-', or that has bytes which host::printable() replaces.
std::string card_operands(const config::Configuration& configuration, const host::Machine& machine);

}  // namespace verify
