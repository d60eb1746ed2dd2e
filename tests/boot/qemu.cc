// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/boot/qemu.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lab {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPause{20};
constexpr std::chrono::seconds kProofLimit{20};

// In the child: never returns.
[[noreturn]] void become(const Command& command, const fs::path& out, const fs::path& err) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that is killed takes its guest along
  const int in_fd = ::open("/dev/null", O_RDONLY);
  const int out_fd = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  const int err_fd = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (in_fd < 0 || out_fd < 0 || err_fd < 0) ::_exit(126);
  ::dup2(in_fd, 0);
  ::dup2(out_fd, 1);
  ::dup2(err_fd, 2);
  std::vector<char*> argv;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

int status_of(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

bool cpu_can_virtualise() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string word; cpuinfo >> word;)
    if (word == "vmx" || word == "svm") return true;
  return false;
}

// A kernel without a root comes up, panics and reboots, which ends QEMU: all within the limit.
bool kvm_boots(const fs::path& vmlinux, const fs::path& directory) {
  if (!cpu_can_virtualise() || ::access("/dev/kvm", R_OK | W_OK) != 0) return false;
  const fs::path console = directory / "kvm-console.log";
  const Ending ending =
      run({"qemu-system-x86_64", "-nodefaults", "-machine", "q35,accel=kvm", "-cpu", "host", "-m",
           "512", "-display", "none", "-no-reboot", "-serial", "file:" + console.string(),
           "-kernel", vmlinux.string(), "-append", "console=ttyS0 panic=-1"},
          directory / "kvm.out", directory / "kvm.err", kProofLimit);
  return ending.in_time && ending.status == 0 &&
         read_file(console).find("Kernel panic") != std::string::npos;
}

}  // namespace

Ending run(const Command& command, const fs::path& out, const fs::path& err,
           std::chrono::seconds limit) {
  const auto began = steady_clock::now();
  const pid_t child = ::fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) become(command, out, err);
  ::setpgid(child, child);  // whichever of the two comes first

  Ending ending;
  int wait_status = 0;
  for (;;) {
    const pid_t found = ::waitpid(child, &wait_status, WNOHANG);
    if (found == child) {
      ending.in_time = true;
      break;
    }
    if (steady_clock::now() - began > limit) {
      ::kill(-child, SIGKILL);
      ::waitpid(child, &wait_status, 0);
      break;
    }
    std::this_thread::sleep_for(kPause);
  }
  ending.status = status_of(wait_status);
  ending.took = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - began);
  return ending;
}

std::string accelerator(const fs::path& vmlinux, const fs::path& directory) {
  if (const char* wish = std::getenv("VFIO_EARLY_ACCEL")) return wish;
  const fs::path known = directory / "accelerator";
  if (!fs::exists(known)) write_file(known, kvm_boots(vmlinux, directory) ? "kvm" : "tcg");
  return read_file(known);
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Renamed into place: stories run side by side.
void write_file(const fs::path& path, const std::string& text) {
  const fs::path partial = path.string() + "." + std::to_string(::getpid());
  std::ofstream file(partial, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw std::system_error(errno, std::generic_category(), "write " + partial.string());
  fs::rename(partial, path);
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

}  // namespace lab
