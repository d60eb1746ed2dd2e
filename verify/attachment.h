// SPDX-License-Identifier: GPL-2.0-or-later
//
// Attaching a group to a type1 container, step by step as a guest's monitor does it, and what the
// kernel answered. Done once for each group; all of it is released before attach() returns, so
// what remains are plain answers that the checks judge and that a test can write down.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/iommu_group.h"
#include "host/result.h"
#include "host/root.h"
#include "verify/dma_trial.h"

namespace verify {

// In the order in which they are taken. The attachment ended at this one.
enum class Step {
  kNotTried,       // see `reason`
  kOpenContainer,  // /dev/vfio/vfio
  kFindType1,      // is there a driver for VFIO_TYPE1v2_IOMMU?
  kOpenGroup,      // /dev/vfio/N
  kGetStatus,      // no `error`: the group is not viable
  kSetContainer,
  kSetIommu,  // here the kernel decides about interrupt remapping and reserved memory
  kAttached,
};

struct Attachment {
  Step ended_at = Step::kNotTried;
  std::optional<host::Error> error;  // of the step that it ended at
  std::string reason;                // why nothing was tried
  std::optional<bool> viable;        // once known
  DmaTrial dma;                      // once attached

  bool attached() const { return ended_at == Step::kAttached; }
  bool failed(Step step, int code) const {
    return ended_at == step && error && error->code == code;
  }
};

Attachment attach(const host::Root& root, int group,
                  const std::vector<host::ReservedRegion>& reserved_regions);

}  // namespace verify
