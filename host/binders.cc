// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/binders.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <optional>

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

// "0000:01:00.0", or "0000_01_00_0" as in the names of libvirt's node devices.
std::optional<PciAddress> parse_address(std::string text) {
  constexpr size_t kLength = 12;
  if (text.size() == kLength && text[4] == '_' && text[7] == '_' && text[10] == '_') {
    text[4] = text[7] = ':';
    text[10] = '.';
  }
  return PciAddress::parse(text);
}

// The functions that a line names. A shell may need "0000\:01\:00.0".
std::vector<PciAddress> addresses_in(std::string line) {
  constexpr size_t kLength = 12;
  std::erase(line, '\\');
  std::vector<PciAddress> found;
  for (size_t at = 0; at + kLength <= line.size(); ++at) {
    if (line[at + 4] != ':' && line[at + 4] != '_') continue;
    if (at > 0 && std::isxdigit(static_cast<unsigned char>(line[at - 1])) != 0) continue;
    if (const auto address = parse_address(line.substr(at, kLength))) found.push_back(*address);
  }
  return found;
}

// The driver in "…/drivers/nvidia/bind"; "": none.
std::string bound_driver(std::string_view line) {
  constexpr std::string_view kDrivers = "/drivers/";
  for (size_t at = line.find(kDrivers); at != line.npos; at = line.find(kDrivers, at + 1)) {
    const std::string_view rest = line.substr(at + kDrivers.size());
    const size_t slash = rest.find('/');
    if (slash != rest.npos && rest.substr(slash).starts_with("/bind"))
      return std::string(rest.substr(0, slash));
  }
  return {};
}

// The driver in "driverctl set-override 0000:01:00.0 nvidia".
std::string override_driver(std::string_view line) {
  const auto words = split(line, " \t'\";");
  const auto at = std::find(words.begin(), words.end(), "set-override");
  return words.end() - at > 2 ? std::string(at[2]) : std::string();
}

bool has_word(std::string_view line, std::string_view word) {
  return line.find(word) != line.npos;
}

bool changes_driver(std::string_view line) {
  if (has_word(line, "vfio-pci/unbind")) return true;
  const std::string bound = bound_driver(line), overridden = override_driver(line);
  if (const std::string& driver = bound.empty() ? overridden : bound; !driver.empty())
    return !is_vfio_driver(driver);
  if (has_word(line, "vfio-pci") || has_word(line, "vfio_pci")) return false;
  return has_word(line, "driver_override") || has_word(line, "set-override") ||
         has_word(line, "nodedev-reattach");
}

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

std::vector<BindCommand> parse_bind_commands(std::string_view text, const std::string& file) {
  std::vector<BindCommand> commands;
  if (text.find('\0') != text.npos) return commands;  // a program
  each_joined_line(text, Comment::kIsOneLine, [&](std::string_view line, int number) {
    if (!changes_driver(line)) return;
    const std::string driver = bound_driver(line);
    for (const PciAddress& address : addresses_in(std::string(line)))
      commands.push_back({address, driver.empty() ? override_driver(line) : driver,
                          file + ":" + std::to_string(number)});
  });
  return commands;
}

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
