// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/holders/find_holders.h"

#include <algorithm>

#include "early/holders/consoles.h"
#include "early/holders/device_nodes.h"
#include "early/holders/drm_masters.h"
#include "early/holders/networks.h"
#include "early/holders/processes.h"
#include "early/holders/remedies.h"
#include "early/holders/storage.h"

namespace early::holders {
namespace {

void append(Holders& all, Holders more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
}

}  // namespace

std::string display_manager(const host::Root& root) {
  return root.link_name("/etc/systemd/system/display-manager.service");
}

Holders find_holders(const host::Root& root,
                     const std::vector<const host::PciFunction*>& functions) {
  const DeviceNodes nodes = nodes_of(root, functions);
  Holders holders = processes_with(root, nodes);
  mark_drm_masters(root, nodes, holders);
  const std::string login = display_manager(root);
  for (Holder& holder : holders)
    if (holder.kind == Holder::Kind::kProcess) holder.remedy = remedy_for_process(holder, login);
  append(holders, consoles_on(root, nodes));
  append(holders, storage_below(root, functions));
  append(holders, networks_below(root, functions));
  return holders;
}

}  // namespace early::holders
