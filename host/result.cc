// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/result.h"

#include <cstring>

namespace host {

std::string describe(const Error& error) {
  if (error.code == 0) return error.step;
  return error.step + ": " + std::strerror(error.code);
}

}  // namespace host
