// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/kernel_log.h"

#include <algorithm>
#include <cerrno>
#include <charconv>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "host/text.h"

namespace host {
namespace {

bool parse_u64(std::string_view text, uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// In a captured tree all records are in one file.
Result<std::vector<LogLine>> read_captured_log(const Root& root) {
  constexpr size_t kMaxLog = size_t{64} << 20;
  const auto text = root.read("/dev/kmsg", kMaxLog);
  if (!text) return text.error();
  std::vector<LogLine> lines;
  for (std::string_view rest = *text; !rest.empty();) {
    const std::string_view record = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(record.size() + 1, rest.size()));
    LogLine line;
    if (record.starts_with(' ') || !parse_log_record(record, line)) continue;
    if (lines.size() == kMaxLogRecords)
      return Error{EFBIG,
                   "read more than " + std::to_string(kMaxLogRecords) + " records of /dev/kmsg"};
    lines.push_back(std::move(line));
  }
  return lines;
}

bool is_file(const Root& root, const std::string& path) {
  const auto fd = root.open_file(path, O_PATH);
  struct stat status = {};
  return fd && ::fstat(fd->get(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

Result<void> write_kernel_log(const Root& root, Priority priority, std::string_view line) {
  std::string record = "<" + std::to_string(static_cast<int>(priority)) + ">";
  record += line.substr(0, kMaxLogLine);
  if (line.size() > kMaxLogLine) record += " [...]";
  record += '\n';
  return root.write("/dev/kmsg", record);
}

bool parse_log_record(std::string_view record, LogLine& line) {
  const size_t semicolon = record.find(';');
  if (semicolon == record.npos) return false;
  const auto prefix = split(record.substr(0, semicolon), ",");
  if (prefix.size() < 3 || !parse_u64(prefix[1], line.sequence) ||
      !parse_u64(prefix[2], line.microseconds))
    return false;
  // Continuation lines (" SUBSYSTEM=pci") follow the first line end.
  const std::string_view text = record.substr(semicolon + 1);
  line.text = text.substr(0, text.find('\n'));
  return true;
}

Result<Fd> open_kernel_log(const Root& root) {
  // Documentation/admin-guide/devices.txt.
  const dev_t kernel_log = makedev(1, 11);
  auto log = root.open_file("/dev/kmsg", O_RDONLY | O_NONBLOCK);
  struct stat status = {};
  if (log && (::fstat(log->get(), &status) < 0 || !S_ISCHR(status.st_mode) ||
              status.st_rdev != kernel_log))
    return Error{EINVAL, "read /dev/kmsg, which is not the kernel log"};
  return log;
}

Result<std::vector<LogLine>> read_new_lines(const Fd& log) {
  std::vector<LogLine> lines;
  for (size_t i = 0; i < kMaxLogRecords; ++i) {
    char record[8192];  // CONSOLE_EXT_LOG_MAX
    const ssize_t count = ::read(log.get(), record, sizeof(record));
    if (count < 0 && errno == EPIPE) continue;  // the record was overwritten: read the next one
    if (count < 0 && errno != EAGAIN) return Error{errno, "read /dev/kmsg"};
    if (count <= 0) break;
    LogLine line;
    if (parse_log_record({record, static_cast<size_t>(count)}, line)) lines.push_back(line);
  }
  return lines;
}

Result<std::vector<LogLine>> read_kernel_log(const Root& root) {
  if (is_file(root, "/dev/kmsg")) return read_captured_log(root);
  const auto log = open_kernel_log(root);
  if (!log) return log.error();
  return read_new_lines(*log);
}

}  // namespace host
