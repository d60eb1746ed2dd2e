// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/lock.h"

#include <cerrno>
#include <ctime>

#include <fcntl.h>
#include <sys/file.h>

#include "plan/record.h"

namespace early {

host::Result<host::Fd> take_lock(const host::Root& root, int seconds) {
  constexpr const char* kLock = "/run/vfio-early/lock";
  auto lock = root.open_file(kLock, O_RDWR | O_CREAT, 0600);
  if (!lock) return lock.error();

  // Polled: a blocking flock() would need an alarm, and nobody is in a hurry here.
  const int64_t deadline = plan::boot_time_ns() + seconds * int64_t{1'000'000'000};
  while (::flock(lock->get(), LOCK_EX | LOCK_NB) < 0) {
    if (errno != EWOULDBLOCK || plan::boot_time_ns() > deadline)
      return host::Error{errno, std::string("lock ") + kLock};
    const timespec pause = {.tv_sec = 0, .tv_nsec = 10'000'000};
    ::nanosleep(&pause, nullptr);
  }
  return lock;
}

}  // namespace early
