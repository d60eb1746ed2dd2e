// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/holders/consoles.h"

namespace early::holders {

Holders consoles_on(const host::Root& root, const DeviceNodes& nodes) {
  constexpr std::string_view kFramebuffer = "/dev/fb";
  std::vector<std::string> framebuffers;
  for (const std::string& node : nodes.names)
    if (node.starts_with(kFramebuffer)) framebuffers.push_back(node);
  Holders holders;
  if (framebuffers.empty()) return holders;
  const std::string consoles = "/sys/class/vtconsole";
  for (const std::string& name : root.list(consoles).value_or({})) {
    const std::string console = consoles + "/" + name;
    if (root.read_line(console + "/bind") != "1") continue;
    if (root.read_line(console + "/name").find("frame buffer") == std::string::npos) continue;
    holders.push_back({.kind = Holder::Kind::kConsole,
                       .name = name,
                       .what = framebuffers,
                       .remedy = "nothing to do: vfio-early moves them away"});
  }
  return holders;
}

}  // namespace early::holders
