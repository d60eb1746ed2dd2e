// SPDX-License-Identifier: GPL-2.0-or-later
//
// Attaching a group to a type1 container in the same steps as QEMU, and the kernel's answers. Done
// once for each group. attach() releases the group and the container before it returns: its result
// is plain data, which a test can construct.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/iommu_group.h"
#include "host/result.h"
#include "host/root.h"
#include "verify/trial/dma_trial.h"

namespace verify {

// The steps in their order. Attachment::ended_at is the last one that was tried.
enum class Step {
  kNotTried,       // see `reason`
  kOpenContainer,  // /dev/vfio/vfio
  kFindType1,      // does the container support VFIO_TYPE1v2_IOMMU?
  kOpenGroup,      // /dev/vfio/N
  kGetStatus,      // without `error`: the group is not viable
  kSetContainer,
  kSetIommu,  // the kernel checks interrupt remapping and reserved memory here
  kAttached,
};

struct Attachment {
  Step ended_at = Step::kNotTried;
  std::optional<host::Error> error;  // of the step `ended_at`
  std::string reason;                // why no step was tried
  std::optional<bool> viable;        // nullopt: unknown
  DmaTrial dma;                      // filled in only if attached

  bool attached() const { return ended_at == Step::kAttached; }
  bool failed(Step step, int code) const {
    return ended_at == step && error && error->code == code;
  }
};

Attachment attach(const host::Root& root, int group,
                  const std::vector<host::ReservedRegion>& reserved_regions);

}  // namespace verify
