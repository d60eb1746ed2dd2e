// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/cost/counted.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <fcntl.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {
namespace {

double microseconds() {
  timespec now = {};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

template <class Function>
void for_each_override(int flags, Function function) {
  for (const char* address : kAddresses) {
    char path[128];
    std::snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver_override", address);
    const int fd = ::open(path, flags | O_CLOEXEC);
    if (fd < 0) stop("bench: no card at 0000:01:00");
    function(fd);
    ::close(fd);
  }
}

struct Run {
  Usage usage;
  int status;  // as waitpid() returns it
};

// The output goes to /dev/null: writing to the console would take longer than the program.
Run run_without_output(const char* const* arguments) {
  posix_spawn_file_actions_t no_output;
  ::posix_spawn_file_actions_init(&no_output);
  ::posix_spawn_file_actions_addopen(&no_output, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  char path[] = "PATH=/bin:/sbin";
  char* environment[] = {path, nullptr};
  pid_t child = 0;
  Run run = {};
  rusage resources = {};
  const double began = microseconds();
  if (::posix_spawn(&child, arguments[0], &no_output, nullptr, const_cast<char**>(arguments),
                    environment) != 0 ||
      ::wait4(child, &run.status, 0, &resources) != child)
    stop("bench: cannot start a program");
  run.usage = {microseconds() - began, static_cast<double>(resources.ru_maxrss)};
  ::posix_spawn_file_actions_destroy(&no_output);
  return run;
}

[[noreturn]] void exit_with_error(const char* const* arguments) {
  std::printf("bench: %s failed\n", arguments[0]);
  stop("bench: a program failed");
}

}  // namespace

void prepare_guest() {
  for (const char* directory : {"/proc", "/sys", "/run", "/dev"}) ::mkdir(directory, 0755);
  ::mount("proc", "/proc", "proc", 0, nullptr);
  ::mount("sysfs", "/sys", "sysfs", 0, nullptr);
  ::mount("tmpfs", "/run", "tmpfs", 0, nullptr);
  ::mount("devtmpfs", "/dev", "devtmpfs", 0, nullptr);
  ::sleep(10);
}

void stop(const char* final_message) {
  std::puts(final_message);
  std::fflush(stdout);
  ::reboot(RB_POWER_OFF);
  std::abort();
}

double time_of(const char* const* arguments) {
  const Run run = run_without_output(arguments);
  if (run.status != 0) exit_with_error(arguments);
  return run.usage.microseconds;
}

Usage usage_of_check(const char* const* arguments, int max_status) {
  const Run run = run_without_output(arguments);
  if (!WIFEXITED(run.status) || WEXITSTATUS(run.status) > max_status) exit_with_error(arguments);
  return run.usage;
}

void write_overrides(const char* text) {
  for_each_override(O_WRONLY, [&](int fd) {
    const auto size = static_cast<ssize_t>(std::strlen(text));
    if (::write(fd, text, std::strlen(text)) != size) stop("bench: cannot write driver_override");
  });
}

bool have_overrides() {
  constexpr char kOurs[] = "vfio-pci\n";
  bool all = true;
  for_each_override(O_RDONLY, [&](int fd) {
    char text[16] = {};
    all &= ::read(fd, text, sizeof(text) - 1) > 0 && std::strcmp(text, kOurs) == 0;
  });
  return all;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

double percentile(std::vector<double> values, int percent) {
  std::sort(values.begin(), values.end());
  return values[(values.size() * static_cast<size_t>(percent) + 99) / 100 - 1];
}

void print_figure(const char* kind, const char* better, const char* unit, double value,
                  const std::string& name) {
  std::printf("figure: %s %s %s %.6g %s\n", kind, better, unit, value, name.c_str());
}

}  // namespace bench
