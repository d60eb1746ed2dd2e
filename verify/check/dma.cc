// SPDX-License-Identifier: GPL-2.0-or-later
//
// dma.*: does the kernel map memory for the group, and refuse mappings that it must refuse? The
// meaning of the errno follows from the order of the tests in vfio_dma_do_map()
// (drivers/vfio/vfio_iommu_type1.c): EEXIST is an overlap, ENOSPC too many mappings, EINVAL an
// address outside of the IOVA ranges, ENOMEM a failure to pin memory.
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "verify/check/check.h"

namespace verify {
namespace {

using JudgeTrial = Finding (*)(const InspectedGroup& group, const DmaTrial& trial);

// Why there was no trial. If the kernel refused the group, iommu.attach reports it, and this check
// is skipped. If VFIO or the group could not be opened, this check is unknown, too.
Finding no_trial(const InspectedGroup& group, const Attachment& attachment) {
  if (attachment.ended_at == Step::kNotTried) return skip(group.subject, attachment.reason);
  const std::string evidence = group.str() + " is not attached";
  const bool refused = attachment.ended_at >= Step::kSetContainer || attachment.viable == false;
  return caused_by("iommu.attach", refused ? skip(group.subject, evidence)
                                           : unknown(group.subject, evidence, see_kernel_log()));
}

template <JudgeTrial kJudge>
Findings each_trial(const Inspection& inspection) {
  Findings findings;
  for (const InspectedGroup& group : inspection.groups) {
    const Attachment& attachment = inspection.attachment(group);
    findings.push_back(attachment.attached() ? kJudge(group, attachment.dma)
                                             : no_trial(group, attachment));
  }
  return findings;
}

std::string error_meaning(int error) {
  switch (error) {
    case ENOMEM:
      return "memory could not be pinned: the limit of locked memory (RLIMIT_MEMLOCK, `ulimit -l`) is too low, or not enough memory is free";
    case ENOSPC:
      return "too many mappings (dma_entry_limit of vfio_iommu_type1)";
    case EINVAL:
      return "the IOMMU does not support this address or this page size";
    case EEXIST:
      return "the address is already mapped";
    case EFAULT:
      return "the memory could not be read";
    default:
      return std::strerror(error);
  }
}

Finding judge_map(const InspectedGroup& group, const DmaTrial& trial) {
  if (trial.obstacle) return unknown(group.subject, host::describe(*trial.obstacle), kRunAsRoot);
  const MapAttempt& map = *trial.map;
  const std::string what = fmt::format("{} KiB at {:#x}", map.size / 1024, map.iova);
  if (map.error == ENOMEM)
    return fail(
        group.subject, fmt::format("{} could not be mapped: {}", what, error_meaning(ENOMEM)),
        "raise the limit of the user who starts the guest to more than the guest's memory: 'memlock' in /etc/security/limits.conf, or LimitMEMLOCK= of the service");
  if (map.error != 0)
    return fail(group.subject,
                fmt::format("{} could not be mapped: {}", what, error_meaning(map.error)),
                see_kernel_log());
  if (trial.unmap_error)
    return fail(group.subject, what + " mapped; " + host::describe(*trial.unmap_error),
                "report this to the maintainers of the kernel");
  if (trial.unmapped.value_or(0) != map.size)
    return fail(group.subject,
                fmt::format("{} mapped, but only {} of {} bytes were unmapped", what,
                            trial.unmapped.value_or(0), map.size),
                "report this to the maintainers of the kernel");
  const std::string limit =
      trial.mappings_left
          ? fmt::format("; {} mappings are possible at the same time", *trial.mappings_left)
          : "";
  return pass(group.subject, what + " mapped and unmapped" + limit);
}

// A mapping that the kernel must refuse, with the errno that it must return.
Finding judge_refusal(const InspectedGroup& group, const MapAttempt& attempt, int expected,
                      const std::string& what) {
  const std::string at = fmt::format("{:#x}", attempt.iova);
  if (attempt.error == expected)
    return pass(group.subject, fmt::format("refused at {} ({}: {})", at,
                                           expected == EEXIST ? "EEXIST" : "EINVAL", what));
  if (attempt.error == 0)
    return fail(group.subject, fmt::format("the kernel mapped memory at {}: {}", at, what),
                "do not give this card to a guest; report this to the maintainers of the kernel");
  return unknown(group.subject,
                 fmt::format("refused at {}, but for a different reason: {}", at,
                             error_meaning(attempt.error)),
                 see_kernel_log());
}

// If no memory can be mapped at all, a refusal proves nothing.
Finding no_positive(const InspectedGroup& group) {
  return caused_by("dma.map", unknown(group.subject, "not tested: memory could not be mapped",
                                      see_kernel_log()));
}

Finding judge_overlap(const InspectedGroup& group, const DmaTrial& trial) {
  if (!trial.overlap) return no_positive(group);
  return judge_refusal(group, *trial.overlap, EEXIST, "overlap");
}

Finding judge_reserved(const InspectedGroup& group, const DmaTrial& trial) {
  if (!trial.overlap) return no_positive(group);
  const bool mapped = trial.reserved && trial.reserved->error == 0;
  if (group.reserved_unreadable && !mapped)
    return unknown(group.subject, host::describe(*group.reserved_unreadable), kRunAsRoot);
  if (!trial.reserved) return skip(group.subject, "the IOMMU reserves no addresses for the group");
  return judge_refusal(group, *trial.reserved, EINVAL, trial.reserved_window);
}

constexpr Check kChecks[] = {
    {"dma.map", "Can memory be mapped for the group, and unmapped completely?", R"(
The finding also has the largest number of simultaneous mappings (dma_entry_limit of
vfio_iommu_type1).)",
     each_trial<judge_map>},
    {"dma.overlap", "Is a second mapping of the same addresses refused?", R"(
Fails if the kernel accepts it. Unknown if the kernel refuses it for a different reason, or if no
memory could be mapped at all.)",
     each_trial<judge_overlap>},
    {"dma.reserved", "Is a mapping of reserved addresses refused?", R"(
An example of such addresses is the window for message signalled interrupts at 0xfee00000. Fails
if the kernel maps memory there. Skipped if the IOMMU reserves no addresses for the group.)",
     each_trial<judge_reserved>},
};

}  // namespace

constexpr Chapter kDmaChapter{"DMA", kChecks};

}  // namespace verify
