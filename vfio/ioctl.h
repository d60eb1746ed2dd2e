// SPDX-License-Identifier: GPL-2.0-or-later
//
// ioctl(2) with a named error. Every ioctl in vfio/ goes through it.
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>
#include <type_traits>

#include <sys/ioctl.h>

#include "host/fd.h"
#include "host/result.h"

namespace vfio {

// The kernel's answer, 0 or more. `step` names the ioctl and its object in an error: it is a text
// or, for frequent calls, a function that makes the text only after a failure.
template <class Step>
host::Result<int> call(const host::Fd& fd, unsigned long request, const Step& step,
                       unsigned long argument = 0) {
  const int answer = ::ioctl(fd.get(), request, argument);
  if (answer >= 0) return answer;
  const int code = errno;
  if constexpr (std::is_invocable_v<Step>)
    return host::Error{code, step()};
  else
    return host::Error{code, step};
}

template <class Step>
host::Result<int> call(const host::Fd& fd, unsigned long request, const Step& step,
                       void* argument) {
  return call(fd, request, step, reinterpret_cast<unsigned long>(argument));
}

// For a step's name: " at 0x123400000".
inline std::string at(uint64_t iova) {
  char text[sizeof(" at 0x0123456789abcdef")];
  std::snprintf(text, sizeof(text), " at 0x%llx", static_cast<unsigned long long>(iova));
  return text;
}

}  // namespace vfio
