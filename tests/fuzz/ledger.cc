// SPDX-License-Identifier: GPL-2.0-or-later
//
// The ledger of `vfio-early enable`: what was parsed is the same after it is written and parsed
// again, and names only files that may be changed.
#include "early/enable/ledger.h"

#include "tests/fuzz/target.h"

namespace fuzz {
namespace {

using namespace early::enable;

std::vector<std::string> samples() {
  Ledger ledger;
  ledger.state = State::kDisabling;
  ledger.rebuild_began = true;
  ledger.rebuild = {{"/usr/sbin/update-initramfs", "-u", "-k", "all"},
                    {"/bin/sh", "-e", "-c", "for k in *; do dracut \"$k\"; done"}};
  ledger.directories = {"/etc/vfio-early.conf.d"};
  ledger.entries.push_back({.number = 1,
                            .card = "0000:01:00",
                            .settled = true,
                            .words = "[card]",
                            .file = "/etc/vfio-early.conf.d/card.conf",
                            .before = "",
                            .after = hash_of("[card]\n"),
                            .mode = 0644});
  ledger.entries.push_back({.number = 2,
                            .kind = Kind::kCommands,
                            .words = "intel_iommu=on",
                            .undo = {{"/usr/sbin/grubby", "--update-kernel=ALL"}},
                            .began = true});
  return {to_json(ledger), to_json({}), "{}", R"({"format": 1, "changes": [[{"number": 1}]]})"};
}

void parse(std::string_view bytes) {
  const auto ledger = ledger_from_json(std::string(bytes));
  if (!ledger) return require(!ledger.error().step.empty());
  const auto again = ledger_from_json(to_json(*ledger));
  require(again && *again == *ledger);
  for (const Entry& entry : ledger->entries)
    require(entry.kind == Kind::kCommands || entry.file.starts_with('/'));
}

const Target kTarget("ledger", samples, parse);

}  // namespace
}  // namespace fuzz
