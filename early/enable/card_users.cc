// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/card_users.h"

#include "early/holders/processes.h"
#include "host/text.h"

namespace early::enable {

std::vector<std::string> users_of(const host::Root& root,
                                  const std::vector<const host::PciFunction*>& functions) {
  std::vector<std::string> users;
  for (const auto& holder : holders::processes_with(root, holders::nodes_of(root, functions)))
    if (holder.kind == holders::Holder::Kind::kProcess)
      users.push_back(holder.name + " (" + std::to_string(holder.pid) + ")");
  return users;
}

std::string shortened(const std::vector<std::string>& words) {
  constexpr size_t kMax = 6;
  if (words.size() <= kMax) return host::join(words, ", ");
  const std::vector<std::string> first(words.begin(), words.begin() + kMax);
  return host::join(first, ", ") + " and " + std::to_string(words.size() - kMax) + " more";
}

}  // namespace early::enable
