// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/child.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/fd.h"
#include "host/text.h"

namespace host {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view kPath = "PATH=/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin";
constexpr std::string_view kDirectories = kPath.substr(5);
// The output of a program must not depend on the language of the invoking user.
constexpr std::string_view kEnvironment[] = {kPath, "LC_ALL=C", "HOME=/", "TERM=dumb"};
constexpr useconds_t kPause = 2000;
constexpr milliseconds kKillTimeout{1000};  // a child may hang in the kernel
constexpr milliseconds kAskPause{500};      // between two calls of ChildRequest::is_done

std::string_view name_of(std::string_view assignment) {
  return assignment.substr(0, assignment.find('='));
}

std::vector<std::string> environment_of(const ChildRequest& request) {
  std::vector<std::string> all = request.environment;
  for (const std::string_view ours : kEnvironment)
    if (std::none_of(request.environment.begin(), request.environment.end(),
                     [&](const std::string& other) { return name_of(other) == name_of(ours); }))
      all.emplace_back(ours);
  return all;
}

// For execve: ends with a null pointer, and lives as long as `words`.
std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> all;
  for (const std::string& word : words) all.push_back(const_cast<char*>(word.c_str()));
  all.push_back(nullptr);
  return all;
}

// A pipe whose write end is none of the descriptors that the child sets up: 0 to 3.
struct Pipe {
  Fd out, in;

  bool open() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    out = Fd(ends[0]);
    const Fd low(ends[1]);
    in = Fd(::fcntl(low.get(), F_DUPFD_CLOEXEC, kFirst));
    return in.valid();
  }

  static constexpr int kFirst = 4;
};

constexpr int kReport = 3;

// Runs in the child, where locks of other threads may stay held: only signal-safety(7) functions.
[[noreturn]] void exec_child(char* const* argv, char* const* environment, pid_t parent, int in,
                             int out, int err, int report) {
  ::setsid();
  for (int signal = 1; signal < NSIG; ++signal) (void)::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const bool ready = ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent &&
                     ::dup2(in, 0) == 0 && ::dup2(out, 1) == 1 && ::dup2(err, 2) == 2 &&
                     ::dup3(report, kReport, O_CLOEXEC) == kReport;
  if (!ready) ::_exit(126);
  // Uses close_range(2), or /proc/self/fd in older kernels; aborts if both are missing.
  ::closefrom(kReport + 1);
  ::execve(argv[0], argv, environment);
  const int code = errno;
  // If it cannot be written, the exit status alone says that the program was not started.
  [[maybe_unused]] const ssize_t written = ::write(kReport, &code, sizeof code);
  ::_exit(127);
}

int left_ms(steady_clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
  return static_cast<int>(std::clamp<milliseconds::rep>(left.count(), 0, INT_MAX));
}

// Polls `fds` until one of them is ready; false: the deadline has passed.
template <size_t kCount>
bool wait_for(pollfd (&fds)[kCount], steady_clock::time_point deadline) {
  for (;;) {
    const int ready = ::poll(fds, kCount, left_ms(deadline));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

// Appends what can be read now, and closes `from` at its end.
void read_available(Fd& from, std::string& text) {
  char buffer[16384];
  const ssize_t got = ::read(from.get(), buffer, sizeof buffer);
  if (got > 0) text.append(buffer, static_cast<size_t>(got));
  if (got == 0 || (got < 0 && errno != EINTR)) from = Fd();
}

class Child {
 public:
  Child(const ChildRequest& request, steady_clock::time_point began)
      : request_(request), began_(began), deadline_(began + request.limit) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { kill_all(); }

  Result<void> start() {
    const std::string step = "run " + program();
    Pipe out, err, report;
    const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const Fd in(null.valid() ? ::fcntl(null.get(), F_DUPFD_CLOEXEC, Pipe::kFirst) : -1);
    if (!in.valid() || !out.open() || !err.open() || !report.open()) return Error{errno, step};
    const auto environment = environment_of(request_);
    const auto argv = pointers(request_.command), variables = pointers(environment);
    const pid_t parent = ::getpid();
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);  // no handler runs in the child
    pid_ = ::fork();
    if (pid_ == 0)
      exec_child(argv.data(), variables.data(), parent, in.get(), out.in.get(), err.in.get(),
                 report.in.get());
    const int code = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (pid_ < 0) return Error{code, step};
    for (Pipe* pipe : {&out, &err, &report}) pipe->in = Fd();  // else read() never reports the end
    out_ = std::move(out.out);
    err_ = std::move(err.out);
    return started(report.out, step);
  }

  ChildOutput finish() {
    ChildOutput output;
    output.failure = collect(output);
    while (!output.failure && !has_ended(next_look()))
      if (is_late()) output.failure = timeout_error();
    kill_all();
    if (!output.failure) set_status(output);
    output.took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - began_);
    return output;
  }

 private:
  const std::string& program() const { return request_.command.front(); }

  // execve(2) closes the report pipe if it succeeds; if not, the child writes errno to it.
  Result<void> started(const Fd& report, const std::string& step) const {
    int code = 0;
    pollfd ready[] = {{.fd = report.get(), .events = POLLIN, .revents = 0}};
    if (!wait_for(ready, deadline_)) return timeout_error();
    if (::read(report.get(), &code, sizeof code) == sizeof code) return Error{code, step};
    return {};
  }

  std::optional<Error> collect(ChildOutput& output) {
    while (out_.valid() || err_.valid()) {
      // poll(2) ignores a descriptor of -1.
      pollfd ready[] = {{.fd = out_.get(), .events = POLLIN, .revents = 0},
                        {.fd = err_.get(), .events = POLLIN, .revents = 0}};
      wait_for(ready, next_look());
      if (ready[0].revents != 0) read_available(out_, output.out);
      if (ready[1].revents != 0) read_available(err_, output.err);
      if (request_.only_end)
        drop_oldest(output);
      else if (output.out.size() + output.err.size() > request_.output_limit)
        return Error{EFBIG, "run " + program() + " (output limit " +
                                std::to_string(request_.output_limit) + " bytes)"};
      if (is_late()) return timeout_error();  // the program may never stop writing
    }
    return std::nullopt;
  }

  // How long to wait for the program before is_late() looks again.
  steady_clock::time_point next_look() const {
    if (!request_.is_done || is_done_) return deadline_;
    return std::min(deadline_, steady_clock::now() + kAskPause);
  }

  // Whether the deadline has passed. It moves once the program has done its work.
  bool is_late() {
    if (request_.is_done && !is_done_ && steady_clock::now() >= next_question_) {
      is_done_ = request_.is_done();
      next_question_ = steady_clock::now() + kAskPause;
      if (is_done_) deadline_ = std::min(deadline_, steady_clock::now() + request_.end_limit);
    }
    return left_ms(deadline_) == 0;
  }

  // Each output may have half of the limit.
  void drop_oldest(ChildOutput& output) const {
    const size_t limit = request_.output_limit / 2;
    for (std::string* text : {&output.out, &output.err})
      if (text->size() > limit) text->erase(0, text->size() - limit);
  }

  Error timeout_error() const {
    const milliseconds limit = is_done_ ? request_.end_limit : request_.limit;
    std::string seconds = std::to_string(limit.count() / 1000);
    if (const auto rest = limit.count() % 1000; rest != 0)
      seconds += "." + std::to_string(1000 + rest).substr(1);
    return {ETIMEDOUT, "run " + program() + " (time limit " + seconds + " s" +
                           (is_done_ ? " after its work was done)" : ")")};
  }

  // Leaves the process a zombie, so that its process ID is not reused.
  bool has_ended(steady_clock::time_point deadline) const {
    for (;;) {
      siginfo_t about = {};
      if (::waitid(P_PID, static_cast<id_t>(pid_), &about, WEXITED | WNOWAIT | WNOHANG) != 0 ||
          about.si_pid == pid_)
        return true;
      if (steady_clock::now() > deadline) return false;
      ::usleep(kPause);
    }
  }

  // Kills the program, and all that it started in its process group.
  void kill_all() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);  // it may not have a session yet
    ::kill(-pid_, SIGKILL);
    is_known_ = has_ended(steady_clock::now() + kKillTimeout) &&
                ::waitpid(pid_, &wait_status_, WNOHANG) == pid_;
    pid_ = -1;
  }

  void set_status(ChildOutput& output) const {
    if (!is_known_) {  // for example, this process ignores SIGCHLD
      output.failure = Error{ECHILD, "wait for " + program()};
      return;
    }
    if (WIFEXITED(wait_status_)) output.status = WEXITSTATUS(wait_status_);
    if (output.status == 0) return;
    const int signal = WTERMSIG(wait_status_);
    output.failure =
        Error{0, "run " + program() +
                     (output.status > 0 ? ": exit status " + std::to_string(output.status)
                                        : ": ended by signal " + std::to_string(signal) + " (" +
                                              ::strsignal(signal) + ")")};
  }

  const ChildRequest& request_;
  steady_clock::time_point began_, deadline_, next_question_{};
  bool is_done_ = false;  // what request_.is_done returned last
  pid_t pid_ = -1;
  int wait_status_ = 0;
  bool is_known_ = false;  // whether wait_status_ is valid
  Fd out_, err_;
};

std::string last_line(std::string_view text) {
  const auto lines = split(text, "\n");
  return lines.empty() ? "" : std::string(trim(lines.back()));
}

}  // namespace

Result<std::string> find_program(const Root& root, const std::string& name) {
  for (const std::string_view directory : split(kDirectories, ":"))
    if (const std::string path = std::string(directory) + "/" + name; root.exists(path))
      return path;
  return Error{ENOENT, "find " + name + " in " + std::string(kDirectories)};
}

void set_fixed_environment() {
  ::clearenv();
  // The literals end with a null character and stay.
  for (const std::string_view variable : kEnvironment) ::putenv(const_cast<char*>(variable.data()));
}

Result<ChildOutput> run(const ChildRequest& request) {
  if (request.command.empty() || !request.command.front().starts_with('/'))
    return Error{EINVAL, "run a program: its path is not absolute"};
  Child child(request, steady_clock::now());
  if (auto started = child.start(); !started) return started.error();
  return child.finish();
}

Result<std::string> output_of(const ChildRequest& request) {
  auto output = run(request);
  if (!output) return output.error();
  if (!output->failure) return std::move(output->out);
  Error failure = *output->failure;
  const std::string last_error_line = last_line(output->err);
  if (failure.code == 0 && !last_error_line.empty()) failure.step += ": " + last_error_line;
  return failure;
}

std::string quoted(const Command& command) {
  std::string line;
  for (const std::string& word : command) {
    std::string safe;
    for (const char c : word) safe += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += (line.empty() ? "'" : " '") + safe + "'";
  }
  return line + "\n";
}

}  // namespace host
