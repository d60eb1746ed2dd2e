// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/binders.h"

#include <algorithm>
#include <cerrno>

#include "host/drop_ins.h"
#include "host/text.h"

namespace host {
namespace {

// Where an administrator puts scripts and units. Packages install theirs elsewhere.
constexpr const char* kPlaces[] = {
    "/etc/rc.local",       "/etc/rc.d/rc.local", "/etc/systemd/system",
    "/etc/tmpfiles.d",     "/etc/libvirt/hooks", "/etc/local.d",
    "/usr/local/bin",      "/usr/local/sbin",    "/usr/local/lib/systemd/system",
    "/var/lib/vz/snippets"};  // the hooks of Proxmox VE's guests
constexpr int kMaxDepth = 5;  // /etc/libvirt/hooks/qemu.d/GUEST/release/end/x.sh
constexpr int kMaxEntries = 2000;
constexpr size_t kMaxScript = size_t{1} << 20, kMaxAllScripts = size_t{8} << 20;

// Where NVIDIA's GPU operator mounts its driver and leaves the results of its validation.
constexpr const char* kOperatorDirectories[] = {"/run/nvidia/validations", "/run/nvidia/driver"};

// Is it a program? Then its text is nothing that an administrator wrote.
bool is_program(const Root& root, const std::string& path) {
  constexpr size_t kHead = 512;
  return root.read_beginning(path, kHead).value_or("").find('\0') != std::string::npos;
}

// Reads the scripts and units below the places, within limits.
class Search {
 public:
  Search(const Root& root, Binders& binders) : root_(root), binders_(binders) {}

  void read_place(const std::string& path, int depth = 0) {
    if (is_full_) return;
    if (depth > kMaxDepth || ++entries_ > kMaxEntries) {
      is_full_ = entries_ > kMaxEntries;
      binders_.unread.push_back(path);
      return;
    }
    const auto names = root_.list(path);
    if (!names) return read_script(path);
    if (depth > 0 && is_left_out(path)) return;
    for (const std::string& name : *names) read_place(path + "/" + name, depth + 1);
  }

 private:
  // A linked directory is elsewhere, and what it leads to may be large. systemctl fills
  // "multi-user.target.wants" with links to units, which are read themselves.
  bool is_left_out(const std::string& directory) const {
    return directory.ends_with(".wants") || directory.ends_with(".requires") ||
           !root_.link_target(directory).empty();
  }

  void read_script(const std::string& path) {
    if (is_program(root_, path)) return;
    const auto text = root_.read(path, std::min(kMaxScript, kMaxAllScripts - size_));
    if (!text) {
      // EINVAL: a FIFO or a device, which nothing runs.
      if (!is_absent(text.error()) && text.error().code != EINVAL) binders_.unread.push_back(path);
      return;
    }
    size_ += text->size();
    for (BindCommand& command : parse_bind_commands(*text, path))
      binders_.commands.push_back(std::move(command));
  }

  const Root& root_;
  Binders& binders_;
  int entries_ = 0;
  size_t size_ = 0;
  bool is_full_ = false;
};

// "install nvidia /sbin/modprobe -i nvidia && echo 0000:01:00.0 > …"
void add_modprobe_commands(const std::vector<ModprobeLine>& modprobe,
                           std::vector<BindCommand>& commands) {
  for (const ModprobeLine& line : modprobe) {
    if (line.command() != "install") continue;
    for (BindCommand& command : parse_bind_commands(line.str(), "")) {
      command.where = line.where;
      commands.push_back(std::move(command));
    }
  }
}

void read_driverctl_overrides(const Root& root, Binders& binders) {
  auto overrides = read_driverctl(root);
  if (overrides)
    binders.driverctl = std::move(*overrides);
  else if (!is_absent(overrides.error()))
    binders.unread.emplace_back("/etc/driverctl.d");
}

}  // namespace

Binders read_binders(const Root& root, const std::vector<ModprobeLine>& modprobe) {
  Binders binders;
  read_driverctl_overrides(root, binders);
  binders.udev = read_binding_udev_rules(root, &binders.unread);
  Search search(root, binders);
  for (const char* place : kPlaces) search.read_place(place);
  add_modprobe_commands(modprobe, binders.commands);
  for (const char* directory : kOperatorDirectories)
    if (binders.gpu_operator.empty() && root.exists(directory)) binders.gpu_operator = directory;
  return binders;
}

}  // namespace host
