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
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "early/commands.h"
#include "early/image.h"
#include "early/image_modules.h"
#include "early/say.h"
#include "host/fd.h"
#include "plan/record.h"

namespace early {
namespace {

using host::Fd;
using host::Priority;
using host::Root;

constexpr int kPatienceMs = 3000;      // of the first process
constexpr int64_t kErrandMs = 90'000;  // of the attendant: bind ends itself after 60 s

constexpr int64_t kLookMs = 1000;

constexpr const char* kLater =
    "no host driver gets the reserved functions; "
    "run `vfio-early bind` in the booted system to complete the claim";

int64_t now_ms() {
  timespec now = {};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

std::string small_root() {
  return std::string("/") + kImageRoot;
}

// Opening the kernel log may hang: a child does it, and the first process does not wait for it.
void say_from_first_process(const std::string& sentence) {
  if (::fork() != 0) return;
  if (const auto root = Root::open_tree(small_root())) say(*root, Priority::kError, sentence);
  ::_exit(0);
}

bool is_directory(const std::string& path) {
  struct stat about = {};
  return ::stat(path.c_str(), &about) == 0 && S_ISDIR(about.st_mode);
}

// After a kernel update the image may be for another kernel than the running one. It still has the
// program and the configuration; the main image may have the modules.
host::Result<void> borrow_modules() {
  utsname kernel = {};
  if (::uname(&kernel) != 0) return host::Error{errno, "read the kernel release"};
  const std::string theirs = modules_directory(kernel.release), ours = small_root() + theirs;
  if (is_directory(ours) || !is_directory(theirs)) return {};
  if (::mkdir(ours.c_str(), 0755) != 0 ||
      ::mount(theirs.c_str(), ours.c_str(), nullptr, MS_BIND, nullptr) != 0)
    return host::Error{errno, "use the modules in " + theirs};
  return {};
}

// Makes the small root "/", in a mount namespace that ends with the attendant.
host::Result<void> enter_small_root() {
  constexpr struct {
    const char* type;
    const char* place;
  } kMounts[] = {{"proc", "/proc"}, {"sysfs", "/sys"}, {"tmpfs", "/run"}};
  if (::unshare(CLONE_NEWNS) != 0 ||
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return host::Error{errno, "create a mount namespace"};
  for (const auto& mount : kMounts) {
    const std::string place = small_root() + mount.place;
    if (::mount(mount.type, place.c_str(), mount.type, MS_NOSUID | MS_NOEXEC | MS_NODEV, nullptr) !=
        0)
      return host::Error{errno, "mount " + place};
  }
  auto borrowed = borrow_modules();  // without modules the gate still works
  if (::chroot(small_root().c_str()) != 0 || ::chdir("/") != 0)
    return host::Error{errno, "enter " + small_root()};
  return borrowed;
}

// Keeps messages off the console, as the units do; the kernel log has them.
void be_quiet() {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; null >= 0 && fd < 3; ++fd) (void)::dup2(null, fd);
}

int claim() {
  const auto root = Root::open();
  for (const Command& command : commands())
    if (root && std::strcmp(command.name, "claim") == 0) return command.run(*root, {});
  return kSomethingLeft;
}

// A process, and the end of a pipe that becomes readable when the process ends.
struct Child {
  pid_t pid = -1;
  Fd ended;
};

Child start_claim() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  Child child{.pid = -1, .ended = Fd(ends[0])};
  const Fd open_end(ends[1]);
  child.pid = ::fork();
  if (child.pid == 0) {
    const int status = claim();
    (void)::write(open_end.get(), "", 1);  // a child that hangs would keep the pipe open
    ::_exit(status);
  }
  return child;
}

// Has the real init mounted something on its /run?
bool has_run(const Root& init) {
  const auto top = init.open_file("/", O_PATH), run = init.open_file("/run", O_PATH);
  struct stat of_top = {}, of_run = {};
  return top && run && ::fstat(top->get(), &of_top) == 0 && ::fstat(run->get(), &of_run) == 0 &&
         of_top.st_dev != of_run.st_dev;
}

// Writes the record to the /run of the booted system. If a record is there that this function did
// not write, it is newer: a vfio-early in the main image wrote it. True: nothing is left to do.
bool deliver(const Root& ours, const Root& init, std::string& delivered) {
  if (!has_run(init)) return false;
  const auto record = ours.read(plan::kRecordFile, size_t{1} << 20);
  const auto there = init.read(plan::kRecordFile, size_t{1} << 20);
  if (!record || (there && *there != delivered)) return true;
  if (*record == delivered) return true;
  const auto done = init.replace(plan::kRecordFile, *record);
  if (!done)
    say(ours, Priority::kWarning,
        "cannot copy the record to the booted system: " + describe(done.error()));
  delivered = *record;
  return true;
}

void say_how_it_ended(const Root& ours, int status) {
  if (WIFSIGNALED(status))
    say(ours, Priority::kError,
        std::string("the claim was ended by the signal ") + ::strsignal(WTERMSIG(status)) + "; " +
            kLater);
}

// Waits for the end of the claim and for a mount on init's /run, in any order.
void attend(const Root& ours, const Root& init, Child& child, Fd go_on) {
  const int64_t deadline = now_ms() + kErrandMs;
  const Fd mounts(::open("/proc/1/mountinfo", O_RDONLY | O_CLOEXEC));
  std::string delivered;
  bool ended = child.pid < 0;
  for (int64_t left; (left = deadline - now_ms()) > 0;) {
    if (deliver(ours, init, delivered) && ended) return;
    pollfd events[] = {{.fd = mounts.get(), .events = POLLPRI, .revents = 0},
                       {.fd = ended ? -1 : child.ended.get(), .events = POLLIN, .revents = 0}};
    (void)::poll(events, 2, static_cast<int>(std::min(left, kLookMs)));
    if (ended || events[1].revents == 0) continue;
    ended = true;
    int status = 0;
    (void)::waitpid(child.pid, &status, 0);
    say_how_it_ended(ours, status);
    (void)::write(go_on.get(), "", 1);
  }
}

[[noreturn]] void be_attendant(Fd go_on) {
  ::signal(SIGPIPE, SIG_IGN);  // the first process may have stopped waiting: continue
  const auto init = Root::open();
  const auto entered = enter_small_root();
  be_quiet();
  const auto ours = Root::open();
  if (!init || !ours) ::_exit(1);
  if (!entered) {
    const auto log = Root::open_tree(small_root());  // this path still exists if entering failed
    say(log ? *log : *ours, Priority::kError,
        describe(entered.error()) + ". Remedy: write the image again with `vfio-early image`");
  }
  Child child = start_claim();
  attend(*ours, *init, child, std::move(go_on));
  ::_exit(0);
}

// Returns when the claim has ended, in any way, or takes longer than kPatienceMs.
void claim_patiently() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return;
  Fd in(ends[0]), out(ends[1]);
  const pid_t attendant = ::fork();
  if (attendant < 0) return say_from_first_process("nothing is claimed: failed to start a process");
  if (attendant == 0) {
    in = Fd();
    be_attendant(std::move(out));
  }
  out = Fd();  // else there is no end of file if the attendant dies
  pollfd event = {.fd = in.get(), .events = POLLIN, .revents = 0};
  if (::poll(&event, 1, kPatienceMs) != 0) {
    char word = 0;  // missing if the attendant ended before the claim
    if (::read(in.get(), &word, 1) != 1)
      say_from_first_process("the claim failed, or its result is unknown; " + std::string(kLater));
    return;
  }
  say_from_first_process("the claim has not ended after 3 s; the boot continues; " +
                         std::string(kLater));
}

}  // namespace

bool is_first_process() {
  return ::getpid() == 1 && ::access("/proc/self", F_OK) != 0;
}

// If the kernel found no console, descriptors 0 to 2 are free. A pipe would get such a number, and
// be_quiet() would close it.
void occupy_console() {
  int fd = 0;
  do fd = ::open("/", O_RDONLY | O_CLOEXEC);
  while (fd >= 0 && fd <= 2);
  if (fd >= 0) ::close(fd);
}

int become_init(char** arguments) {
  occupy_console();
  claim_patiently();
  // The order of kernel_init (init/main.c); an image usually has /init.
  for (const char* init : {"/init", "/sbin/init", "/etc/init", "/bin/init", "/bin/sh"}) {
    std::string path = init;
    arguments[0] = path.data();
    ::execv(init, arguments);
    if (errno != ENOENT)
      say_from_first_process(std::string("cannot start ") + init + ": " + ::strerror(errno));
  }
  say_from_first_process(
      "no init found. "
      "Remedy: also load the main initramfs, or remove rdinit= from the kernel command line");
  ::sleep(1);  // for the message: the kernel panics when this process ends
  return kSomethingLeft;
}

}  // namespace early
