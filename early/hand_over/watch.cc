// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/hand_over/watch.h"

#include <algorithm>
#include <cerrno>

#include "early/hand_over/services.h"
#include "early/holders/processes.h"
#include "host/text.h"

namespace early::hand_over {
namespace {

using host::Root;

constexpr const char* kTimer = "vfio-early-recover.timer";

// libvirt keeps the process number of a domain's QEMU in this file as long as it runs.
bool is_domain_alive(const Root& root, const std::string& domain) {
  if (domain.empty() || domain.find('/') != domain.npos) return false;
  const std::string process = root.read_line("/run/libvirt/qemu/" + domain + ".pid");
  return host::parse_number(process, 10) &&
         root.read_line("/proc/" + process + "/comm").starts_with("qemu");
}

}  // namespace

host::Result<void> start_watch(const Root& root) {
  if (!root.live()) return {};
  if (!has_systemd(root)) return host::Error{ENOSYS, "start " + std::string(kTimer)};
  return start_unit(root, kTimer);
}

void stop_watch(const Root& root) {
  if (root.live() && has_systemd(root)) stop_unit_later(root, kTimer);
}

bool is_used(const Root& root, const HandOver& hand_over) {
  if (is_domain_alive(root, hand_over.domain)) return true;
  std::vector<host::PciFunction> functions;
  for (const HandedFunction& function : hand_over.functions)
    functions.push_back(
        {.address = function.address, .driver = host::driver_of(root, function.address)});
  std::vector<const host::PciFunction*> all;
  for (const host::PciFunction& function : functions)
    if (host::is_vfio_driver(function.driver)) all.push_back(&function);
  const auto holders = holders::processes_with(root, holders::nodes_of(root, all));
  return std::any_of(holders.begin(), holders.end(),
                     [](const auto& one) { return one.kind == holders::Holder::Kind::kProcess; });
}

Watch judge_use(HandOver& hand_over, bool used, int64_t now_ns) {
  const int64_t before = hand_over.unused_since_ns;
  if (used) {
    hand_over.unused_since_ns = 0;
    return before == 0 ? Watch::kNothing : Watch::kChanged;
  }
  if (before == 0) {
    hand_over.unused_since_ns = now_ns;
    return Watch::kChanged;
  }
  return now_ns - before > kUnusedNanoseconds ? Watch::kGiveBack : Watch::kNothing;
}

}  // namespace early::hand_over
