// SPDX-License-Identifier: GPL-2.0-or-later
//
// What mutations.cc asks of each target: what it damages, and what is done with the result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

std::vector<std::vector<uint8_t>> seeds();

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
