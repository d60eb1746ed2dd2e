// SPDX-License-Identifier: GPL-2.0-or-later
//
// The first process of a guest that uses its host's root, read-only, over 9p. It mounts the root,
// with a tmpfs over the directories that programs write to, loads the drivers of the guest's card,
// runs the jobs, and ends the guest. Static: it starts before any library is available.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "bench/files.h"
#include "bench/guest/init_files.h"
#include "host/text.h"

namespace {

namespace fs = std::filesystem;

constexpr const char* kHost = "/host";  // the mount point before it becomes the root
constexpr const char* kOurs = "/run/vfio-bench";
constexpr const char* k9p = "trans=virtio,version=9p2000.L,msize=512000,cache=loose";
constexpr int kCompressed = 4;     // MODULE_INIT_COMPRESSED_FILE of <linux/module.h>
constexpr int kCardTimeout = 100;  // tenths of a second: a large card loads its firmware first

// The directories that programs write to, and the user's directories, which programs should not
// read by accident. This is not a protection: the share contains all files.
constexpr const char* kMemory[] = {"/run",       "/tmp",  "/var/tmp", "/var/log",
                                   "/var/cache", "/root", "/home"};

[[noreturn]] void power_off(const std::string& words) {
  std::printf("guest: %s\n", words.c_str());
  std::fflush(stdout);
  ::tcdrain(STDOUT_FILENO);
  ::reboot(RB_AUTOBOOT);  // QEMU's -no-reboot ends it here
  std::abort();
}

void must_mount(const char* what, const std::string& where, const char* type, unsigned long flags,
                const char* options) {
  if (::mount(what, where.c_str(), type, flags, options) != 0)
    power_off(std::string("mount ") + what + " on " + where + ": " + std::strerror(errno));
}

void load_first_modules() {
  const std::string list = bench::read_file(bench::kModuleList);
  for (const std::string_view line : host::split(list, "\n")) {
    const std::string file(line);
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    const int flags = file.ends_with(".ko") ? 0 : kCompressed;
    if (::syscall(SYS_finit_module, fd, "", flags) != 0 && errno != EEXIST)
      power_off("load " + file + ": " + std::strerror(errno));
    ::close(fd);
  }
}

// Copies the jobs into a tmpfs, and mounts the modules there.
void prepare_run_directory() {
  utsname name = {};
  ::uname(&name);
  const std::string ours = std::string(kHost) + kOurs;
  const std::string modules = ours + "/lib/modules/" + name.release;
  fs::create_directories(modules);
  fs::create_directories(ours + "/modprobe.d");
  fs::copy("/jobs", ours, fs::copy_options::recursive);
  fs::copy(bench::kJobList, ours);
  must_mount(bench::kModulesTag, modules, "9p", MS_RDONLY, k9p);
}

// The same steps as switch_root(8). The kernel looks for firmware in this process's root.
void enter_root() {
  fs::create_directory(kHost);
  must_mount(bench::kRootTag, kHost, "9p", MS_RDONLY, k9p);
  for (const char* directory : kMemory)
    if (fs::is_directory(fs::symlink_status(std::string(kHost) + directory)))
      must_mount("tmpfs", std::string(kHost) + directory, "tmpfs", 0, nullptr);
  prepare_run_directory();
  for (const char* directory : {"/proc", "/sys", "/dev"})
    must_mount(directory, std::string(kHost) + directory, nullptr, MS_MOVE, nullptr);
  if (::chdir(kHost) != 0) power_off("cannot enter the root file system");
  must_mount(".", "/", nullptr, MS_MOVE, nullptr);
  if (::chroot(".") != 0 || ::chdir("/") != 0) power_off("cannot enter the root file system");
  ::mkdir("/dev/shm", 0755);
  must_mount("tmpfs", "/dev/shm", "tmpfs", 0, nullptr);
}

// Runs the command to its end. 127: it cannot be started. `out` "": the console.
int run(const std::vector<std::string>& command, const std::string& out = {}) {
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  if (!out.empty())
    ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, out.c_str(), O_WRONLY | O_NOCTTY, 0);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  int status = 127 << 8;
  if (::posix_spawnp(&child, arguments[0], &files, nullptr, arguments.data(), environ) == 0)
    ::waitpid(child, &status, 0);
  ::posix_spawn_file_actions_destroy(&files);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Without the host's modprobe.d: its rules may keep these drivers from the card on the host, and
// must not apply in the guest.
void load_drivers(const char* bus, const char* class_prefix) {
  std::error_code none;
  for (const auto& device : fs::directory_iterator(bus, none)) {
    const std::string path = device.path().string();
    if (!bench::read_file(path + "/class").starts_with(class_prefix)) continue;
    const std::string alias(host::trim(bench::read_file(path + "/modalias")));
    const int status =
        run({"modprobe", "-q", "-d", kOurs, "-C", std::string(kOurs) + "/modprobe.d", alias});
    std::printf("guest: modprobe %s ended with %d\n", alias.c_str(), status);
  }
}

bool is_card_ready() {
  std::error_code none;
  for (const auto& device : fs::directory_iterator("/sys/class/drm", none))
    if (device.path().filename().string().starts_with("card")) return true;
  return false;
}

// A virtio card needs a second driver: its device on the virtio bus is below the PCI device.
void load_card_drivers() {
  load_drivers("/sys/bus/pci/devices", "0x03");
  load_drivers("/sys/bus/virtio/devices", "");
  for (int i = 0; i < kCardTimeout && !is_card_ready(); ++i) ::usleep(100'000);
  if (!is_card_ready()) std::puts("guest: no driver created /dev/dri/cardN for the card");
}

void run_jobs() {
  termios raw = {};
  const int port = ::open(bench::kReportPort, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (port < 0) power_off(std::string("cannot open ") + bench::kReportPort);
  ::tcgetattr(port, &raw);
  ::cfmakeraw(&raw);
  ::tcsetattr(port, TCSANOW, &raw);
  const std::string list = bench::read_file(kOurs + std::string(bench::kJobList));
  for (const std::string_view line : host::split(list, "\n")) {
    std::vector<std::string> command;
    for (const std::string_view word : host::split(line, "\t")) command.emplace_back(word);
    command.front() = kOurs + ("/" + command.front());
    std::printf("guest: %s ended with %d\n", command.front().c_str(),
                run(command, bench::kReportPort));
    std::fflush(stdout);
  }
  ::tcdrain(port);
}

}  // namespace

int main() {
  ::setenv("PATH", "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin", 1);
  ::setenv("HOME", "/root", 1);
  for (const char* directory : {"/proc", "/sys", "/dev"}) ::mkdir(directory, 0755);
  ::mount("proc", "/proc", "proc", 0, nullptr);
  ::mount("sysfs", "/sys", "sysfs", 0, nullptr);
  ::mount("devtmpfs", "/dev", "devtmpfs", 0, nullptr);
  try {
    load_first_modules();
    enter_root();
    load_card_drivers();
    run_jobs();
  } catch (const std::exception& error) {
    power_off(error.what());
  }
  power_off("the end");
}
