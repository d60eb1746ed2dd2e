// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/write_with_timeout.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <memory>

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include "early/deadline.h"
#include "record/record.h"

namespace early {
namespace {

constexpr int kInFlight = -1;

// One write. It is settled once: by the child when write(2) returns, or by the parent at the time
// limit.
struct Task {
  AttributeWrite write;
  int64_t when_ns = 0;
  std::atomic<int> code{kInFlight};

  bool settled() const { return code != kInFlight; }
  void settle(int outcome) {
    int expected = kInFlight;
    code.compare_exchange_strong(expected, outcome);
  }
};
using Tasks = std::vector<Task>;

// A child that shares the memory of the parent: what fork(2) copies and frees again would take a
// boot longer than all the writes. It also shares errno, which the parent does not read meanwhile,
// and it allocates nothing, since it may be killed anywhere.
struct Child {
  Child(Tasks& all, size_t first) : tasks(all), from(first) {}

  Tasks& tasks;
  size_t from;
  pid_t pid = -1;
  host::Fd ended;                    // a pidfd: readable when the child ends
  alignas(16) char stack[8 * 1024];  // run() needs some hundred bytes

  static int run(void* self) {
    const auto& child = *static_cast<Child*>(self);
    for (size_t i = child.from; i < child.tasks.size(); ++i) {
      Task& task = child.tasks[i];
      const std::string& text = task.write.text;
      const bool done = ::write(task.write.attribute.get(), text.data(), text.size()) >= 0;
      const int code = done ? 0 : errno;
      task.when_ns = record::boot_time_ns();
      task.settle(code);
    }
    return 0;
  }

  bool start() {
    int end = -1;
    pid = ::clone(run, stack + sizeof(stack), CLONE_VM | CLONE_PIDFD | SIGCHLD, this, &end);
    ended = host::Fd(end);
    return pid >= 0;
  }
};

// Waits until the child has ended (true), or until the write `next` has reached its time limit
// (false). Moves `next` to the first write that is not settled.
bool wait_for(const Child& child, size_t& next) {
  pollfd end = {.fd = child.ended.get(), .events = POLLIN, .revents = 0};
  for (size_t before = next;; before = next) {
    // After the last write the child only has to end.
    const size_t current = std::min(next, child.tasks.size() - 1);
    const bool ended = ::poll(&end, 1, wait_limit(child.tasks[current].write.milliseconds)) > 0;
    if (ended) (void)::waitpid(child.pid, nullptr, 0);
    while (next < child.tasks.size() && child.tasks[next].settled()) ++next;
    if (ended) return true;
    if (next == before) return false;
  }
}

// All memory that a child uses.
struct Work {
  explicit Work(size_t size) : tasks(size) {}

  Tasks tasks;
  std::vector<std::unique_ptr<Child>> children;
  std::unique_ptr<Work> before;
};

// If a child hangs in a write, that write fails, and another child continues with the next one.
// False: a child hangs.
bool work_off(Work& work) {
  bool all_ended = true;
  for (size_t next = 0; next < work.tasks.size();) {
    Child& child = *work.children.emplace_back(std::make_unique<Child>(work.tasks, next));
    if (!child.start()) {
      Child::run(&child);  // without a limit: better than not at all
      return all_ended;
    }
    if (wait_for(child, next)) {
      if (next < work.tasks.size()) work.tasks[next++].settle(ECHILD);  // the child was killed
      continue;
    }
    ::kill(child.pid, SIGKILL);
    work.tasks[next++].settle(ETIMEDOUT);
    all_ended = false;
  }
  return all_ended;
}

// A child that hangs ends only when the kernel lets it: its write may still happen, and it may
// outlive this process and keep its memory. After SIGKILL has reached it, it does not run this code
// any more (a signal is handled before the return to user space: get_signal in kernel/signal.c).
// Until then it may use its work, which is therefore never freed.
void keep(std::unique_ptr<Work> work) {
  static Work* kept = nullptr;
  work->before.reset(kept);
  kept = work.release();
}

}  // namespace

std::vector<WriteOutcome> write_with_timeout(std::vector<AttributeWrite> writes) {
  auto work = std::make_unique<Work>(writes.size());
  for (size_t i = 0; i < writes.size(); ++i) work->tasks[i].write = std::move(writes[i]);
  const bool all_ended = work_off(*work);

  std::vector<WriteOutcome> outcomes;
  for (const Task& task : work->tasks)
    outcomes.push_back({.code = task.code, .when_ns = task.when_ns});
  if (!all_ended) keep(std::move(work));
  return outcomes;
}

host::Result<host::Fd> open_attribute(const host::Root& root, const std::string& path) {
  auto attribute = root.open_file(path, O_WRONLY | O_NONBLOCK);
  if (attribute) (void)::fcntl(attribute->get(), F_SETFL, O_WRONLY);
  return attribute;
}

host::Result<void> write_with_timeout(const host::Root& root, const std::string& path,
                                      const std::string& text, int milliseconds) {
  auto attribute = open_attribute(root, path);
  if (!attribute) return host::Error{attribute.error().code, "write " + path};
  std::vector<AttributeWrite> writes;
  writes.push_back({std::move(*attribute), text, milliseconds});
  const int code = write_with_timeout(std::move(writes)).front().code;
  if (code != 0) return host::Error{code, "write " + path};
  return {};
}

const char* remedy_for_write(int code) {
  const bool denied = code == EACCES || code == EPERM || code == EROFS;
  return denied ? "run vfio-early as root, with sysfs mounted writable at /sys"
                : "see the kernel log around this line, then run `vfio-early bind` again";
}

}  // namespace early
