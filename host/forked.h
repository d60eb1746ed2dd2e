// SPDX-License-Identifier: GPL-2.0-or-later
//
// Calls a function that may never return, such as one that waits for firmware, a module or KVM.
// Such a wait is uninterruptible, so a forked child calls the function, and the caller stops
// waiting when the time is over. The child is then killed, but ends only when the kernel lets it,
// and what it does may still take effect. Processes that it started are killed with it.
#pragma once

#include <climits>
#include <cstddef>
#include <functional>
#include <string>
#include <type_traits>

#include "host/result.h"

namespace host {

// Copies `answer`, of `size` bytes, from the child, which calls `operation` to set it.
Result<void> copy_from_child(int milliseconds, const std::string& step,
                             const std::function<void()>& operation, void* answer, size_t size);

// What `operation` returned in the child. With `step`: ETIMEDOUT, the time is over; EIO, the child
// ended without an answer; an errno of pipe2(2) or fork(2).
template <typename Answer>
Result<Answer> answer_of_child(int milliseconds, const std::string& step,
                               const std::function<Answer()>& operation) {
  static_assert(std::is_trivially_copyable_v<Answer>);
  static_assert(sizeof(Answer) <= PIPE_BUF, "one write, which arrives whole (pipe(7))");
  Answer answer{};
  const auto copied = copy_from_child(
      milliseconds, step, [&] { answer = operation(); }, &answer, sizeof answer);
  if (!copied) return copied.error();
  return answer;
}

}  // namespace host
