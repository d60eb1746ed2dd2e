// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lab/guest/live_function.h"

#include <cerrno>

#include "host/iommu_group.h"
#include "verify/check/checks.h"

namespace live {

host::Result<Subject> find(const host::Root& root, const std::string& address) {
  const auto wanted = host::PciAddress::parse(address);
  if (!wanted) return host::Error{EINVAL, "read the address " + address};
  const auto functions = host::read_pci_functions(root);
  if (!functions) return functions.error();
  const auto group = host::iommu_group_of(root, *wanted);
  if (!group) return host::Error{ENOENT, "find the IOMMU group of " + address};

  Subject subject;
  subject.group = *group;
  for (const host::PciFunction& function : *functions) {
    if (function.address == *wanted) subject.function = function;
    if (host::iommu_group_of(root, function.address) == group) subject.members.push_back(function);
  }
  return subject;
}

verify::Findings judge(const verify::LiveTrial& trial) {
  verify::Inspection inspection;
  inspection.live = {trial};
  verify::Findings all;
  for (const verify::Check& check : verify::kLiveChapter.checks)
    for (verify::Finding& finding : check.judge(inspection)) {
      finding.id = check.id;
      all.push_back(std::move(finding));
    }
  return all;
}

}  // namespace live
