// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/holders/networks.h"

#include <net/if.h>

#include "host/text.h"

namespace early::holders {
namespace {

// The attribute is hexadecimal: "0x1003".
bool is_up(const host::Root& root, const std::string& interface) {
  std::string flags = root.read_line(interface + "/flags");
  if (flags.starts_with("0x")) flags.erase(0, 2);
  return (host::parse_number(flags, 16).value_or(0) & IFF_UP) != 0;
}

}  // namespace

Holders networks_below(const host::Root& root,
                       const std::vector<const host::PciFunction*>& functions) {
  Holders holders;
  for (const std::string& name : root.list("/sys/class/net").value_or({})) {
    const std::string interface = "/sys/class/net/" + name;
    const std::string target = root.link_target(interface);
    for (const host::PciFunction* function : functions) {
      if (target.find("/" + function->address.str() + "/") == target.npos) continue;
      if (!is_up(root, interface)) continue;
      holders.push_back({.kind = Holder::Kind::kNetwork,
                         .name = name,
                         .remedy = "run `ip link set " + name +
                                   " down`, and keep your network manager from starting it again"});
    }
  }
  return holders;
}

}  // namespace early::holders
