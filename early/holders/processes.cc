// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/holders/processes.h"

#include <algorithm>
#include <cerrno>
#include <charconv>

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "early/holders/unit_of_process.h"
#include "host/text.h"

namespace early::holders {
namespace {

using host::Root;
using Names = std::vector<std::string>;

// Each about a microsecond: a machine with thousands of programs has fewer.
constexpr size_t kMaxOpenFiles = 4'000'000;
constexpr size_t kMaxMappings = size_t{256} << 20;  // bytes of all /proc/PID/maps

// What has been read of all processes together.
struct Work {
  size_t files = 0, mappings = 0;

  bool within_limits() const { return files <= kMaxOpenFiles && mappings <= kMaxMappings; }
};

constexpr size_t kMaxMaps = size_t{8} << 20;
constexpr std::string_view kDev = "/dev/";

std::string directory_of(int pid) {
  return "/proc/" + std::to_string(pid);
}

void add(Names& names, std::string name) {
  if (!host::contains(names, name)) names.push_back(std::move(name));
}

// In a container a node may have any name, so its number counts, too. stat(2) does not open a
// device. Only names below a /dev are looked at: a file of a network may never answer.
bool has_number(const Root& root, const std::string& link, std::string_view target,
                const DeviceNodes& nodes) {
  struct stat status = {};
  if (!root.live() || nodes.numbers.empty() || target.find(kDev) == target.npos) return false;
  if (::stat(link.c_str(), &status) != 0 || !S_ISCHR(status.st_mode)) return false;
  return nodes.numbers.contains(std::to_string(major(status.st_rdev)) + ":" +
                                std::to_string(minor(status.st_rdev)));
}

// Opened by a descriptor. "/dev/dri/card0 (deleted)": the node was removed since.
Names opened(const Root& root, int pid, const DeviceNodes& nodes, Work& work) {
  constexpr std::string_view kDeleted = " (deleted)";
  const std::string directory = directory_of(pid) + "/fd";
  Names found;
  for (const std::string& fd : root.list(directory).value_or(Names())) {
    const std::string link = directory + "/" + fd;
    std::string target = root.link_target(link);
    if (++work.files > kMaxOpenFiles) break;
    if (target.ends_with(kDeleted)) target.resize(target.size() - kDeleted.size());
    if (nodes.contains(target) || has_number(root, link, target, nodes))
      add(found, std::move(target));
  }
  return found;
}

// Mapped, although the descriptor may be closed: "7f…-7f… rw-s 0000 00:06 470   /dev/dri/card0".
void add_mapped(const Root& root, int pid, const DeviceNodes& nodes, Work& work, Names& found) {
  const auto maps = root.read(directory_of(pid) + "/maps", kMaxMaps);
  if (!maps) return;
  work.mappings += maps->size();
  for (const std::string_view line : host::lines(*maps)) {
    const size_t name = line.find(kDev);
    if (name != line.npos && nodes.contains(line.substr(name)))
      add(found, std::string(line.substr(name)));
  }
}

std::vector<int> all_processes(const Root& root) {
  std::vector<int> processes;
  for (const std::string& name : root.list("/proc").value_or(Names()))
    if (const auto number = host::parse_number(name, 10, INT32_MAX))
      processes.push_back(static_cast<int>(*number));
  std::sort(processes.begin(), processes.end());
  return processes;
}

}  // namespace

Holders processes_with(const Root& root, const DeviceNodes& nodes) {
  Holders holders;
  if (nodes.names.empty()) return holders;
  Work work;
  for (const int pid : all_processes(root)) {
    if (root.live() && pid == ::getpid()) continue;
    Names found = opened(root, pid, nodes, work);
    add_mapped(root, pid, nodes, work, found);
    if (!work.within_limits()) break;
    if (found.empty()) continue;
    holders.push_back(
        {.pid = pid,
         .name = root.read_line(directory_of(pid) + "/comm"),
         .what = std::move(found),
         .unit = unit_of_cgroup(root.read(directory_of(pid) + "/cgroup").value_or(""))});
  }
  if (!nodes.complete || !work.within_limits())
    holders.push_back({.kind = Holder::Kind::kUnknown,
                       .name = "not all processes could be examined: too many files are open",
                       .remedy = "end programs that you do not need, and try again"});
  return holders;
}

bool has_open(const Root& root, int pid, const DeviceNodes& nodes) {
  Work work;
  return !opened(root, pid, nodes, work).empty();
}

}  // namespace early::holders
