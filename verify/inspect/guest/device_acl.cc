// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/guest/device_acl.h"

#include "host/text.h"

namespace verify::guest {
namespace {

constexpr std::string_view kKey = "cgroup_device_acl";

// Adds the quoted names of the line. True: the list ends in it.
bool add_names(std::string_view line, std::vector<std::string>& names) {
  while (!line.empty()) {
    const char c = line.front();
    line.remove_prefix(1);
    if (c == '#') return false;
    if (c == ']') return true;
    if (c != '"') continue;
    const size_t end = line.find('"');
    if (end == line.npos) return false;
    names.emplace_back(line.substr(0, end));
    line.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace

// "cgroup_device_acl = [ "/dev/null", …, ]", usually in several lines.
std::vector<std::string> parse_device_acl(std::string_view text) {
  std::vector<std::string> names;
  bool inside = false;
  for (std::string_view line : host::split(text, "\n")) {
    line = host::trim(line);
    if (!inside && !line.starts_with(kKey)) continue;
    inside = true;
    if (add_names(line, names)) break;
  }
  return names;
}

std::vector<std::string> read_device_acl(const host::Root& root) {
  constexpr size_t kMost = size_t{1} << 20;
  return parse_device_acl(root.read("/etc/libvirt/qemu.conf", kMost).value_or(""));
}

}  // namespace verify::guest
