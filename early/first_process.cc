// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/first_process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "early/commands.h"
#include "early/image.h"
#include "early/image_modules.h"
#include "early/messages.h"
#include "host/fd.h"
#include "record/record.h"

namespace early {
namespace {

using host::Fd;
using host::Priority;
using host::Root;

constexpr int kClaimLimitMs = 3000;          // of the first process
constexpr int64_t kWatcherLimitMs = 90'000;  // of the watcher: bind ends itself after 60 s

constexpr int64_t kPollMs = 1000;

constexpr const char* kNotClaimedRemedy =
    "no host driver gets the reserved functions; run `vfio-early bind` in the booted system to complete the claim";

int64_t now_ms() {
  timespec now = {};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

std::string small_root() {
  return std::string("/") + kImageRoot;
}

// Opening the kernel log may hang: a child does it, and the first process does not wait for it.
void log_from_first_process(const std::string& sentence) {
  if (::fork() != 0) return;
  if (const auto root = Root::open_tree(small_root()))
    log_message(*root, Priority::kError, sentence);
  ::_exit(0);
}

bool is_directory(const std::string& path) {
  struct stat about = {};
  return ::stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode);
}

// After a kernel update the image may be for another kernel than the running one. It still has the
// program and the configuration; the main image may have the modules.
host::Result<void> bind_mount_modules() {
  utsname kernel = {};
  if (::uname(&kernel) != 0) return host::Error{errno, "read the kernel release"};
  const std::string theirs = modules_directory(kernel.release), ours = small_root() + theirs;
  if (is_directory(ours) || !is_directory(theirs)) return {};
  if (::mkdir(ours.c_str(), 0755) != 0 ||
      ::mount(theirs.c_str(), ours.c_str(), nullptr, MS_BIND, nullptr) != 0)
    return host::Error{errno, "use the modules in " + theirs};
  return {};
}

// Makes the small root "/", in a mount namespace that ends with the watcher.
host::Result<void> enter_small_root() {
  constexpr struct {
    const char* type;
    const char* mount_point;
  } kMounts[] = {{"proc", "/proc"}, {"sysfs", "/sys"}, {"tmpfs", "/run"}};
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return host::Error{errno, "create a mount namespace"};
  for (const auto& mount : kMounts) {
    const std::string mount_point = small_root() + mount.mount_point;
    if (::mount(mount.type, mount_point.c_str(), mount.type, MS_NOSUID | MS_NOEXEC | MS_NODEV,
                nullptr) != 0)
      return host::Error{errno, "mount " + mount_point};
  }
  auto bind_mounted = bind_mount_modules();  // without modules the gate still works
  if (::chroot(small_root().c_str()) != 0 || ::chdir("/") != 0)
    return host::Error{errno, "enter " + small_root()};
  return bind_mounted;
}

// Keeps messages off the console, as the units do; the kernel log has them.
void redirect_output() {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; null >= 0 && fd < 3; ++fd) (void)::dup2(null, fd);
}

int claim() {
  const auto root = Root::open();
  for (const Command& command : commands())
    if (root && std::strcmp(command.name, "claim") == 0) return command.run(*root, {});
  return kNotAllClaimed;
}

struct Child {
  pid_t pid = -1;
  Fd ended;  // a pidfd: readable when the process ends, also if a child of it hangs
};

Child start_claim() {
  Child child{.pid = ::fork(), .ended = {}};
  if (child.pid == 0) ::_exit(claim());
  if (child.pid > 0) child.ended = Fd(static_cast<int>(::syscall(SYS_pidfd_open, child.pid, 0)));
  return child;
}

// Has the real init mounted something on its /run?
bool has_mounted_run(const Root& init) {
  const auto top = init.open_file("/", O_PATH), run = init.open_file("/run", O_PATH);
  struct stat of_top = {}, of_run = {};
  return top && run && ::fstat(top->get(), &of_top) == 0 && ::fstat(run->get(), &of_run) == 0 &&
         of_top.st_dev != of_run.st_dev;
}

// Writes the record to the /run of the booted system. If a record is there that this function did
// not write, it is newer: a vfio-early in the main image wrote it. True: nothing is left to do.
bool copy_record(const Root& ours, const Root& init, std::string& copied_record) {
  if (!has_mounted_run(init)) return false;
  const auto record = ours.read(record::kRecordFile, size_t{1} << 20);
  const auto there = init.read(record::kRecordFile, size_t{1} << 20);
  if (!record || (there && *there != copied_record)) return true;
  if (*record == copied_record) return true;
  const auto done = init.replace(record::kRecordFile, *record);
  if (!done)
    log_message(ours, Priority::kWarning,
                "cannot copy the record to the booted system: " + describe(done.error()));
  copied_record = *record;
  return true;
}

void log_claim_result(const Root& ours, int status) {
  if (WIFSIGNALED(status))
    log_message(ours, Priority::kError,
                std::string("the claim was ended by the signal ") + ::strsignal(WTERMSIG(status)) +
                    "; " + kNotClaimedRemedy);
}

// Waits for the end of the claim and for a mount on init's /run, in any order.
void watch_claim(const Root& ours, const Root& init, Child& child, Fd claim_ended) {
  const int64_t deadline = now_ms() + kWatcherLimitMs;
  const Fd mounts(::open("/proc/1/mountinfo", O_RDONLY | O_CLOEXEC));
  std::string copied_record;
  bool ended = child.pid < 0;
  for (int64_t left; (left = deadline - now_ms()) > 0;) {
    if (copy_record(ours, init, copied_record) && ended) return;
    pollfd events[] = {{.fd = mounts.get(), .events = POLLPRI, .revents = 0},
                       {.fd = ended ? -1 : child.ended.get(), .events = POLLIN, .revents = 0}};
    (void)::poll(events, 2, static_cast<int>(std::min(left, kPollMs)));
    int status = 0;
    if (ended || ::waitpid(child.pid, &status, WNOHANG) != child.pid) continue;
    ended = true;
    log_claim_result(ours, status);
    // The first process may have stopped waiting.
    [[maybe_unused]] const ssize_t written = ::write(claim_ended.get(), "", 1);
  }
}

[[noreturn]] void run_watcher(Fd claim_ended) {
  ::signal(SIGPIPE, SIG_IGN);  // the first process may have stopped waiting: continue
  const auto init = Root::open();
  const auto entered = enter_small_root();
  redirect_output();
  const auto ours = Root::open();
  if (!init || !ours) ::_exit(1);
  if (!entered) {
    const auto log = Root::open_tree(small_root());  // this path still exists if entering failed
    log_message(
        log ? *log : *ours, Priority::kError,
        describe(entered.error()) + ". Remedy: write the image again with `vfio-early image`");
  }
  Child child = start_claim();
  watch_claim(*ours, *init, child, std::move(claim_ended));
  ::_exit(0);
}

// Returns when the claim has ended, in any way, or takes longer than kClaimLimitMs.
void claim_with_timeout() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return;
  Fd in(ends[0]), out(ends[1]);
  const pid_t watcher = ::fork();
  if (watcher < 0) return log_from_first_process("nothing is claimed: failed to start a process");
  if (watcher == 0) {
    in = Fd();
    run_watcher(std::move(out));
  }
  out = Fd();  // else there is no end of file if the watcher dies
  pollfd event = {.fd = in.get(), .events = POLLIN, .revents = 0};
  if (::poll(&event, 1, kClaimLimitMs) != 0) {
    char word = 0;  // missing if the watcher ended before the claim
    if (::read(in.get(), &word, 1) != 1)
      log_from_first_process("the claim failed, or its result is unknown; " +
                             std::string(kNotClaimedRemedy));
    return;
  }
  log_from_first_process("the claim has not ended after 3 s; the boot continues; " +
                         std::string(kNotClaimedRemedy));
}

}  // namespace

bool is_first_process() {
  return ::getpid() == 1 && ::access("/proc/self", F_OK) != 0;
}

// If the kernel found no console, descriptors 0 to 2 are free. A pipe would get such a number, and
// redirect_output() would close it.
void fill_standard_descriptors() {
  int fd = 0;
  do fd = ::open("/", O_RDONLY | O_CLOEXEC);
  while (fd >= 0 && fd <= 2);
  if (fd >= 0) ::close(fd);
}

int exec_real_init(char** arguments) {
  fill_standard_descriptors();
  claim_with_timeout();
  // The order of kernel_init (init/main.c); an image usually has /init.
  for (const char* init : {"/init", "/sbin/init", "/etc/init", "/bin/init", "/bin/sh"}) {
    std::string path = init;
    arguments[0] = path.data();
    ::execv(init, arguments);
    if (errno != ENOENT)
      log_from_first_process(std::string("cannot start ") + init + ": " + ::strerror(errno));
  }
  log_from_first_process(
      "no init found. Remedy: also load the main initramfs, or remove rdinit= from the kernel command line");
  ::sleep(1);  // for the message: the kernel panics when this process ends
  return kNotAllClaimed;
}

}  // namespace early
