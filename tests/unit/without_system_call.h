// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs a function under a seccomp filter that returns ENOSYS for a system call, as an older kernel
// does. systemd-udevd's RestrictSUIDSGID=yes does this for openat2(2).
#pragma once

#include <cerrno>
#include <cstddef>
#include <thread>

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// A filter applies to the thread that installs it, and cannot be removed: this thread ends.
template <unsigned kNumber, typename Body>
void without_system_call(Body body) {
  std::thread thread([&] {
    sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kNumber, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program = {4, filter};
    ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
    ASSERT_EQ(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
    ASSERT_EQ(::syscall(kNumber, -1, nullptr, nullptr, 0), -1);
    ASSERT_EQ(errno, ENOSYS);
    body();
  });
  thread.join();
}

template <typename Body>
void without_openat2(Body body) {
  without_system_call<SYS_openat2>(body);
}

// Runs `body` with and without openat2(2).
template <typename Body>
void with_and_without_openat2(Body body) {
  {
    SCOPED_TRACE("with openat2");
    body();
  }
  SCOPED_TRACE("without openat2");
  without_openat2(body);
}
