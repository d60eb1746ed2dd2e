// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/holders/holder.h"

#include <algorithm>

#include "host/text.h"

namespace early::holders {
namespace {

// At most three names, then a count.
std::string shortened(const std::vector<std::string>& names) {
  constexpr size_t kMax = 3;
  if (names.size() <= kMax) return host::join(names, ", ");
  return host::join({names.begin(), names.begin() + kMax}, ", ") + " and " +
         std::to_string(names.size() - kMax) + " more";
}

std::string process_text(const Holder& holder) {
  return holder.name + " (" + std::to_string(holder.pid) + ")" +
         (holder.unit.name.empty() ? "" : " of " + holder.unit.name) + " has " +
         shortened(holder.what) + " open" +
         (holder.is_drm_master ? ", and controls the screens" : "");
}

}  // namespace

std::string Holder::str() const {
  switch (kind) {
    case Kind::kProcess:
      return process_text(*this);
    case Kind::kConsole:
      return "the virtual consoles (" + name + ") use " + shortened(what);
    case Kind::kFilesystem:
      return shortened(what) + " is mounted at " + name;
    case Kind::kSwap:
      return shortened(what) + " is used as swap";
    case Kind::kNetwork:
      return "the network interface " + name + " is up";
    case Kind::kUnknown:
      break;
  }
  return name;
}

bool prevent(const Holders& holders) {
  return std::any_of(holders.begin(), holders.end(),
                     [](const Holder& holder) { return holder.prevents(); });
}

}  // namespace early::holders
