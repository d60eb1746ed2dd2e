// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/log/denial.h"

namespace verify {
namespace {

// The value of `name="value"`; "": there is none.
std::string_view value_of(std::string_view line, std::string_view name) {
  const size_t at = line.find(name);
  if (at == line.npos) return {};
  line.remove_prefix(at + name.size());
  return line.substr(0, line.find('"'));
}

bool is_vfio_node(std::string_view node) {
  return node.starts_with("/dev/vfio/") || node == "/dev/iommu";
}

// audit: type=1400 audit(…): apparmor="DENIED" operation="open" … name="/dev/vfio/4" …
// (audit_pre in security/apparmor/audit.c). A profile in complain mode has "ALLOWED".
std::string_view node_of_apparmor(std::string_view line) {
  return line.find("apparmor=\"DENIED\"") == line.npos ? std::string_view()
                                                       : value_of(line, " name=\"");
}

// audit: type=1400 audit(…): avc:  denied  { open } for … path="/dev/vfio/4" …
// tcontext=…:vfio_device_t:s0 tclass=chr_file permissive=0 (security/selinux/avc.c). Some messages
// have only the last part of the path.
std::string node_of_selinux(std::string_view line) {
  if (line.find("avc:  denied ") == line.npos || line.find("permissive=1") != line.npos) return {};
  if (const auto path = value_of(line, " path=\""); !path.empty()) return std::string(path);
  const auto name = value_of(line, " name=\"");
  const bool is_vfio = line.find(":vfio_device_t:") != line.npos;
  return name.empty() || !is_vfio ? "" : "/dev/vfio/" + std::string(name);
}

}  // namespace

std::optional<Denial> denial_in(std::string_view line) {
  if (line.find("audit(") == line.npos) return std::nullopt;
  Denial denial{.node = std::string(node_of_apparmor(line)),
                .program = std::string(value_of(line, " comm=\""))};
  if (denial.node.empty()) {
    denial.by = Denial::By::kSelinux;
    denial.node = node_of_selinux(line);
  }
  if (!is_vfio_node(denial.node)) return std::nullopt;
  return denial;
}

}  // namespace verify
