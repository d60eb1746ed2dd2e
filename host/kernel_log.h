// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel log, /dev/kmsg: the only place where a message from the initramfs is kept.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/fd.h"
#include "host/result.h"
#include "host/root.h"

namespace host {

enum class Priority { kError = 3, kWarning = 4, kNotice = 5, kInfo = 6 };  // as syslog(3)

// The longest line, in bytes. The kernel rejects more than about 1000 bytes (LOG_LINE_MAX).
constexpr size_t kMaxLogLine = 900;

// Writes one line, cut if it is too long. Opens the log for each line: the kernel limits the rate
// of writes for each open file (the ratelimit state in devkmsg_write, kernel/printk/printk.c). With
// one open file for all lines, messages could be lost.
Result<void> write_kernel_log(const Root& root, Priority priority, std::string_view line);

struct LogLine {
  uint64_t sequence = 0;      // 0 is the first line since this kernel started
  uint64_t microseconds = 0;  // since boot, CLOCK_MONOTONIC
  std::string text;
};

// All lines that the log still holds, oldest first. The buffer is a ring: if the first sequence
// number is not 0, older lines were overwritten.
Result<std::vector<LogLine>> read_kernel_log(const Root& root);

// Opens the device for reading from the oldest line. EINVAL: /dev/kmsg is something else, such as
// the console of a container, a file of a captured tree or /dev/zero.
Result<Fd> open_kernel_log(const Root& root);

// The lines that have not been read through `log` yet. At most kMaxLogRecords, since a log can grow
// as fast as it is read.
constexpr size_t kMaxLogRecords = 1'000'000;
Result<std::vector<LogLine>> read_new_lines(const Fd& log);

// One record of /dev/kmsg: "6,339,5140900,-;text\n" (Documentation/ABI/testing/dev-kmsg).
bool parse_log_record(std::string_view record, LogLine& line);

}  // namespace host
