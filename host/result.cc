// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/result.h"

#include <cerrno>
#include <cstring>

namespace host {

std::string describe(const Error& error) {
  if (error.code == 0) return error.step;
  if (error.code == ETIMEDOUT) return error.step + ": timed out";  // not "Connection timed out"
  return error.step + ": " + std::strerror(error.code);
}

bool is_absent(const Error& error) {
  return error.code == ENOENT || error.code == ENOTDIR || error.code == EISDIR;
}

}  // namespace host
