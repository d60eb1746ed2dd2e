// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/attachment.h"

#include <cerrno>
#include <utility>

#include <linux/vfio.h>

#include "vfio/container.h"
#include "vfio/group.h"

namespace verify {
namespace {

constexpr int kType1 = VFIO_TYPE1v2_IOMMU;

Attachment ended(Step step, host::Error error, std::optional<bool> viable = {}) {
  return {.ended_at = step, .error = std::move(error), .reason = {}, .viable = viable, .dma = {}};
}

// Checks the container's API version and its support of type1, before the group is opened.
host::Result<void> find_type1(const vfio::Container& container) {
  const auto version = container.api_version();
  if (!version) return version.error();
  if (*version != VFIO_API_VERSION)
    return host::Error{EPROTO, "VFIO_GET_API_VERSION returned " + std::to_string(*version)};
  const auto supported = container.supports(kType1);
  if (!supported) return supported.error();
  if (!*supported) return host::Error{ENODEV, "VFIO_CHECK_EXTENSION for VFIO_TYPE1v2_IOMMU"};
  return {};
}

}  // namespace

Attachment attach(const host::Root& root, int group,
                  const std::vector<host::ReservedRegion>& reserved_regions) {
  auto container = vfio::Container::open(root);
  if (!container) return ended(Step::kOpenContainer, container.error());
  if (auto type1 = find_type1(*container); !type1) return ended(Step::kFindType1, type1.error());

  auto opened = vfio::Group::open(root, group);
  if (!opened) return ended(Step::kOpenGroup, opened.error());
  const auto viable = opened->viable();
  if (!viable) return ended(Step::kGetStatus, viable.error());
  if (!*viable)
    return {.ended_at = Step::kGetStatus, .error = {}, .reason = {}, .viable = false, .dma = {}};

  if (auto set = opened->set_container(*container); !set)
    return ended(Step::kSetContainer, set.error(), true);
  if (auto set = container->set_iommu(kType1); !set)
    return ended(Step::kSetIommu,
                 {set.error().code, set.error().step + " on group " + std::to_string(group)}, true);
  return {.ended_at = Step::kAttached,
          .error = {},
          .reason = {},
          .viable = true,
          .dma = try_mapping(*container, reserved_regions)};
}

}  // namespace verify
