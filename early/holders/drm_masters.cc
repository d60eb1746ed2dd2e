// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/holders/drm_masters.h"

#include "host/text.h"

namespace early::holders {
namespace {

constexpr std::string_view kCard = "/dev/dri/card";

}  // namespace

// Lines of drm_clients_info() in drivers/gpu/drm/drm_debugfs.c: "%20s %5d %3d   %c    %c %5d %10u".
// The name of a program may have spaces.
std::vector<int> masters_in(std::string_view clients) {
  constexpr size_t kNameWidth = 20;
  std::vector<int> masters;
  for (const std::string_view line : host::lines(clients)) {
    if (line.size() <= kNameWidth) continue;
    const auto words = host::split(line.substr(kNameWidth));
    if (words.size() < 3 || words[2] != "y") continue;
    if (const auto pid = host::parse_number(words[0], 10, INT32_MAX))
      masters.push_back(static_cast<int>(*pid));
  }
  return masters;
}

void mark_drm_masters(const host::Root& root, const DeviceNodes& nodes, Holders& holders) {
  for (const std::string& node : nodes.names) {
    if (!node.starts_with(kCard)) continue;
    const auto clients =
        root.read("/sys/kernel/debug/dri/" + node.substr(kCard.size()) + "/clients");
    if (!clients) continue;
    for (const int master : masters_in(*clients))
      for (Holder& holder : holders)
        if (holder.kind == Holder::Kind::kProcess && holder.pid == master)
          holder.is_drm_master = true;
  }
}

}  // namespace early::holders
