// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's log, /dev/kmsg: the one place that a message from the initramfs survives in.
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

// What a line may hold; the kernel refuses above about 1000 bytes (LOG_LINE_MAX).
constexpr size_t kMaxLogLine = 900;

// Adds one line, cut where it is too long. The log is opened anew for each: the kernel rations what
// one opening may write (the ratelimit state of devkmsg_write, kernel/printk/printk.c), and a
// refusal lost there would be a refusal unsaid.
Result<void> write_kernel_log(const Root& root, Priority priority, std::string_view line);

struct LogLine {
  uint64_t sequence = 0;      // 0 is the first line since this kernel started
  uint64_t microseconds = 0;  // since boot, CLOCK_MONOTONIC
  std::string text;
};

// Everything the log still holds, oldest first. The buffer is a ring: if the first line's sequence
// is not 0, older ones are gone.
Result<std::vector<LogLine>> read_kernel_log(const Root& root);

// The device to read from, its beginning first. EINVAL where something else stands in its place:
// the console of a container, a file of a captured tree, /dev/zero.
Result<Fd> open_kernel_log(const Root& root);

// What it holds and was not read through this opening before: at most kMaxLogRecords, against a log
// that grows as fast as it is read.
constexpr size_t kMaxLogRecords = 1'000'000;
Result<std::vector<LogLine>> read_new_lines(const Fd& log);

// One record of /dev/kmsg: "6,339,5140900,-;text\n" (Documentation/ABI/testing/dev-kmsg).
bool parse_log_record(std::string_view record, LogLine& line);

}  // namespace host
