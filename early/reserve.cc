// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/reserve.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace early {
namespace {

using plan::FunctionRecord;
using plan::State;

constexpr timespec kPatience = {.tv_sec = 1, .tv_nsec = 0};

// What became of one write; in memory that the child shares.
struct Written {
  int64_t when_ns = 0;  // 0: it has not returned
  int code = 0;         // errno, 0: it succeeded
};

std::string attribute_of(const FunctionRecord& function) {
  return "/sys/bus/pci/devices/" + function.address + "/driver_override";
}

void settle(FunctionRecord& function, State state, std::string why, std::string remedy) {
  function.state = state;
  function.why = std::move(why);
  function.remedy = std::move(remedy);
}

void settle_held(FunctionRecord& function, const std::string& driver) {
  function.found = driver;
  settle(function, State::kHeld,
         driver + " already held it when vfio-early came, and a running driver is left alone",
         "let vfio-early run before " + driver +
             " is loaded: rebuild the initramfs with it and reboot; a driver that is built into "
             "the kernel has to be kept off by the kernel command line");
}

void settle_failed(FunctionRecord& function, int code) {
  settle(function, State::kFailed, host::describe({code, "write " + attribute_of(function)}),
         code == ETIMEDOUT
             ? "another driver's probe holds the device: let vfio-early run before that driver is "
               "loaded; the kernel log may say why the probe takes so long"
             : "vfio-early must run as root, with sysfs mounted writable at /sys");
}

bool is_foreign(const FunctionRecord& function, const std::string& driver) {
  return !driver.empty() && driver != function.want;
}

// After a write that returned, so with the device's lock taken once: who is there now was faster.
void settle_written(const host::Root& root, FunctionRecord& function, const Written& written) {
  if (written.code != 0) return settle_failed(function, written.code);
  const auto address = host::PciAddress::parse(function.address);
  const std::string driver = address ? host::driver_of(root, *address) : std::string();
  if (is_foreign(function, driver)) {
    (void)root.write(attribute_of(function), "\n");  // a lone line end clears it
    return settle_held(function, driver);
  }
  function.state = State::kReserved;
  if (function.override_ns != 0) return;  // an earlier run's evidence counts
  function.found = driver;
  function.override_ns = written.when_ns;
}

void write_all(const host::Root& root, const std::vector<FunctionRecord*>& functions, size_t from,
               Written* written) {
  for (size_t i = from; i < functions.size(); ++i) {
    const auto done = root.write(attribute_of(*functions[i]), functions[i]->want);
    written[i].code = done ? 0 : done.error().code;
    written[i].when_ns = plan::boot_time_ns();
  }
}

// Has the child written another one, or ended? False after kPatience without either.
bool went_on(const Written* written, size_t& next, size_t count, pid_t child) {
  sigset_t child_ended;
  sigemptyset(&child_ended);
  sigaddset(&child_ended, SIGCHLD);
  const size_t before = next;
  const bool ended = ::sigtimedwait(&child_ended, nullptr, &kPatience) == SIGCHLD ||
                     ::waitpid(child, nullptr, WNOHANG) == child;
  while (next < count && written[next].when_ns != 0) ++next;
  return ended || next > before;
}

// Where the child hangs, its function is given up (it can't be killed before the kernel lets go,
// and its write may still happen), and another child takes the rest.
void write_with_patience(const host::Root& root, const std::vector<FunctionRecord*>& functions,
                         Written* written) {
  sigset_t child_ended;
  sigemptyset(&child_ended);
  sigaddset(&child_ended, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &child_ended, nullptr);
  for (size_t next = 0; next < functions.size();) {
    const pid_t child = ::fork();
    if (child < 0) return write_all(root, functions, next, written);
    if (child == 0) {
      write_all(root, functions, next, written);
      ::_exit(0);
    }
    while (next < functions.size() && went_on(written, next, functions.size(), child)) {
    }
    if (next == functions.size()) return;
    ::kill(child, SIGKILL);
    written[next] = {.when_ns = plan::boot_time_ns(), .code = ETIMEDOUT};
    ++next;
  }
}

}  // namespace

void reserve(const host::Root& root, std::vector<FunctionRecord>& all) {
  std::vector<FunctionRecord*> functions;
  for (FunctionRecord& function : all) {
    if (function.state != State::kIntended) continue;
    if (is_foreign(function, function.found)) {
      settle_held(function, std::string(function.found));
    } else {
      functions.push_back(&function);
    }
  }
  if (functions.empty()) return;

  const size_t size = functions.size() * sizeof(Written);
  void* shared = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) {
    const int code = errno;
    for (FunctionRecord* function : functions) settle_failed(*function, code);
    return;
  }
  auto* written = static_cast<Written*>(shared);  // zeroed by the kernel
  write_with_patience(root, functions, written);
  for (size_t i = 0; i < functions.size(); ++i) settle_written(root, *functions[i], written[i]);
  ::munmap(shared, size);
}

}  // namespace early
