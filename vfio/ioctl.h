// SPDX-License-Identifier: GPL-2.0-or-later
//
// One ioctl, one named error: every call of this room goes through here.
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>

#include <sys/ioctl.h>

#include "host/fd.h"
#include "host/result.h"

namespace vfio {

// What the kernel answered, 0 or more; `step` names the ioctl and what it was done to.
inline host::Result<int> call(const host::Fd& fd, unsigned long request, std::string step,
                              unsigned long argument = 0) {
  const int answer = ::ioctl(fd.get(), request, argument);
  if (answer < 0) return host::Error{errno, std::move(step)};
  return answer;
}

inline host::Result<int> call(const host::Fd& fd, unsigned long request, std::string step,
                              void* argument) {
  return call(fd, request, std::move(step), reinterpret_cast<unsigned long>(argument));
}

// For a step's name: " at 0x123400000".
inline std::string at(uint64_t iova) {
  char text[sizeof(" at 0x0123456789abcdef")];
  std::snprintf(text, sizeof(text), " at 0x%llx", static_cast<unsigned long long>(iova));
  return text;
}

}  // namespace vfio
