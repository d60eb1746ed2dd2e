// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/lock.h"

#include <cerrno>
#include <ctime>

#include <fcntl.h>

#include "record/record.h"

namespace early {

// claim.pml: take_lock
host::Result<host::Fd> take_lock(const host::Root& root, int seconds, const std::string& file) {
  auto lock = root.open_file(file, O_RDWR | O_CREAT, 0600);
  if (!lock) return lock.error();

  // A lock of fcntl(2), which ends with this process: a lock of flock(2) would live on in a child
  // that hangs. It is polled: a wait with a limit would need an alarm.
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  const int64_t deadline = record::boot_time_ns() + seconds * int64_t{1'000'000'000};
  while (::fcntl(lock->get(), F_SETLK, &whole) < 0) {
    if (errno != EAGAIN || record::boot_time_ns() > deadline)
      return host::Error{errno, "lock " + file};
    const timespec pause = {.tv_sec = 0, .tv_nsec = 10'000'000};
    ::nanosleep(&pause, nullptr);
  }
  return lock;
}

}  // namespace early
