// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lab/qemu.h"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

#include <unistd.h>

namespace lab {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kKvmTestLimit{20};
constexpr size_t kOutputLimit = size_t{256} << 20;
constexpr int kNotFound = 127;  // as in a shell

// "" if no directory of $PATH contains it.
std::string found_in_path(const std::string& program) {
  if (program.find('/') != program.npos) return fs::absolute(program);
  const char* path = std::getenv("PATH");
  std::istringstream directories(path ? path : "");
  for (std::string directory; std::getline(directories, directory, ':');)
    if (const fs::path file = fs::path(directory) / program; ::access(file.c_str(), X_OK) == 0)
      return fs::absolute(file);
  return "";
}

bool cpu_can_virtualise() {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string word; cpuinfo >> word;)
    if (word == "vmx" || word == "svm") return true;
  return false;
}

// A kernel without a root panics and reboots, which ends QEMU, all within the limit.
bool kvm_boots(const fs::path& vmlinux, const fs::path& directory) {
  if (!cpu_can_virtualise() || ::access("/dev/kvm", R_OK | W_OK) != 0) return false;
  const fs::path console = directory / "kvm-console.log";
  const RunResult result =
      run({"qemu-system-x86_64", "-nodefaults", "-machine", "q35,accel=kvm", "-cpu", "host", "-m",
           "512", "-display", "none", "-no-reboot", "-serial", "file:" + console.string(),
           "-kernel", vmlinux.string(), "-append", "console=ttyS0 panic=-1"},
          directory / "kvm.out", directory / "kvm.err", kKvmTestLimit);
  return result.in_time && result.status == 0 &&
         read_file(console).find("Kernel panic") != std::string::npos;
}

}  // namespace

RunResult run(const Command& command, const fs::path& out, const fs::path& err,
              std::chrono::seconds limit) {
  host::ChildRequest request = {.command = command, .limit = limit, .output_limit = kOutputLimit};
  request.command.front() = found_in_path(command.front());
  if (request.command.front().empty()) return {.in_time = true, .status = kNotFound};
  for (char** variable = environ; *variable; ++variable) request.environment.push_back(*variable);
  const auto output = host::run(request);
  if (!output)
    throw std::system_error(output.error().code, std::generic_category(), output.error().step);
  write_file(out, output->out);
  write_file(err, output->err);
  return {.in_time = !output->failure || output->failure->code == 0,
          .status = output->status,
          .took = output->took};
}

std::string accelerator(const fs::path& vmlinux, const fs::path& directory) {
  if (const char* requested = std::getenv("VFIO_EARLY_ACCEL")) return requested;
  const fs::path cached = directory / "accelerator";
  if (!fs::exists(cached)) write_file(cached, kvm_boots(vmlinux, directory) ? "kvm" : "tcg");
  return read_file(cached);
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Renamed into place, because tests run in parallel.
void write_file(const fs::path& path, const std::string& text) {
  const fs::path partial = path.string() + "." + std::to_string(::getpid());
  std::ofstream file(partial, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw std::system_error(errno, std::generic_category(), "write " + partial.string());
  fs::rename(partial, path);
}

}  // namespace lab
