// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/verify_healthy.h"

namespace verify {
namespace {

template <class Spoil>
Inspection with_trial(Spoil spoil) {
  Inspection machine = healthy();
  spoil(machine.groups[0].attachment.dma);
  return machine;
}

TEST(DmaMap, MappedAndTakenBackWhole) {
  const Finding finding = only(check_dma_map(healthy()));
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_EQ(finding.evidence, "64 KiB at 0x100000 mapped and unmapped");
  const Finding limited =
      only(check_dma_map(with_trial([](auto& trial) { trial.mappings_left = 65535; })));
  EXPECT_TRUE(says(limited.evidence, "65535 mappings are possible")) << limited.evidence;
}

TEST(DmaMap, AnUnmapThatTakesLessOrMoreFails) {
  for (const uint64_t bytes : {0, 4096, 131072}) {
    const Finding finding = only(check_dma_map(with_trial([&](auto& t) { t.unmapped = bytes; })));
    EXPECT_EQ(finding.status, Status::kFail) << bytes;
  }
  EXPECT_EQ(only(check_dma_map(with_trial([](auto& t) {
              t.unmapped.reset();
              t.unmap_error = host::Error{EINVAL, "VFIO_IOMMU_UNMAP_DMA"};
            }))).status,
            Status::kFail);
}

TEST(DmaMap, ExplainsTheLimitOnLockedMemory) {
  const Finding finding = only(check_dma_map(with_trial([](auto& t) {
    t = {}, t.map = {0x100000, 65536, ENOMEM};
  })));
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(says(finding.evidence, "RLIMIT_MEMLOCK")) << finding.evidence;
  EXPECT_TRUE(says(finding.remedy, "memlock")) << finding.remedy;
}

TEST(DmaMap, WhatCouldNotBeginIsUnknown) {
  const Inspection machine = with_trial([](auto& t) {
    t = {};
    t.obstacle = host::Error{EINVAL, "VFIO_IOMMU_GET_INFO"};
  });
  EXPECT_EQ(only(check_dma_map(machine)).status, Status::kUnknown);
  EXPECT_EQ(only(check_dma_overlap(machine)).status, Status::kUnknown);
  EXPECT_EQ(only(check_dma_reserved(machine)).status, Status::kUnknown);
}

TEST(DmaRefusals, WithTheRightErrnoPass) {
  EXPECT_EQ(only(check_dma_overlap(healthy())).evidence, "refused at 0x101000 (EEXIST: overlap)");
  EXPECT_EQ(only(check_dma_reserved(healthy())).evidence,
            "refused at 0xfee00000 (EINVAL: msi window)");
}

TEST(DmaRefusals, ThatDoNotComeFail) {
  EXPECT_EQ(only(check_dma_overlap(with_trial([](auto& t) { t.overlap->error = 0; }))).status,
            Status::kFail);
  EXPECT_EQ(only(check_dma_reserved(with_trial([](auto& t) { t.reserved->error = 0; }))).status,
            Status::kFail);
}

TEST(DmaRefusals, ForAnotherReasonProveNothing) {
  EXPECT_EQ(only(check_dma_overlap(with_trial([](auto& t) { t.overlap->error = ENOMEM; }))).status,
            Status::kUnknown);
  EXPECT_EQ(
      only(check_dma_reserved(with_trial([](auto& t) { t.reserved->error = EEXIST; }))).status,
      Status::kUnknown);
}

TEST(DmaRefusals, NeedAMappingThatWorks) {
  const Inspection machine = with_trial([](auto& t) { t = {}, t.map = {0x100000, 65536, ENOMEM}; });
  EXPECT_EQ(only(check_dma_overlap(machine)).status, Status::kUnknown);
  EXPECT_EQ(only(check_dma_reserved(machine)).status, Status::kUnknown);
}

TEST(DmaRefusals, WhatIsReservedMustBeKnown) {
  const auto judge = [](auto spoil) {
    Inspection machine = with_trial(spoil);
    machine.groups[0].reserved_unreadable = host::Error{EACCES, "open reserved_regions"};
    return only(check_dma_reserved(machine));
  };
  const Finding finding = judge([](auto& t) { t.reserved.reset(); });
  EXPECT_EQ(finding.status, Status::kUnknown);
  EXPECT_TRUE(says(finding.evidence, "reserved_regions")) << finding.evidence;
  EXPECT_EQ(judge([](auto&) {}).status, Status::kUnknown);  // refused, above the last address
  EXPECT_EQ(judge([](auto& t) { t.reserved->error = 0; }).status, Status::kFail);
}

TEST(DmaRefusals, NothingReservedIsSkipped) {
  EXPECT_EQ(only(check_dma_reserved(with_trial([](auto& t) { t.reserved.reset(); }))).status,
            Status::kSkip);
}

TEST(Dma, AGroupThatIsNotAttached) {
  EXPECT_EQ(only(check_dma_map(with_attachment(Step::kSetIommu, EPERM, true))).status,
            Status::kSkip);
  EXPECT_EQ(only(check_dma_map(with_attachment(Step::kGetStatus, 0, false))).status, Status::kSkip);
  EXPECT_EQ(only(check_dma_map(with_attachment(Step::kNotTried, 0))).status, Status::kSkip);
  EXPECT_EQ(only(check_dma_map(with_attachment(Step::kOpenGroup, EACCES))).status,
            Status::kUnknown);
}

const std::vector<vfio::IovaRange> kIntel = {{0, 0xfedfffff}, {0xfef00000, 0x7fffffffff}};

TEST(FreeIova, IsLowAndAligned) {
  EXPECT_EQ(free_iova(kIntel, 0x10000), 0x100000u);
  EXPECT_EQ(free_iova({{0x123456, 0xffffff}}, 0x10000), 0x130000u);
}

TEST(FreeIova, GoesHighOnlyWhereNothingLowIsLeft) {
  EXPECT_EQ(free_iova({{0x100000000, UINT64_MAX}, {0x200000, 0x20ffff}}, 0x10000), 0x200000u);
  EXPECT_EQ(free_iova({{0x100000000, UINT64_MAX}}, 0x10000), 0x100000000u);
}

TEST(FreeIova, IsNoneWhereNothingFits) {
  EXPECT_FALSE(free_iova({}, 0x10000));
  EXPECT_FALSE(free_iova({{0x200000, 0x20fffe}}, 0x10000));
  EXPECT_FALSE(free_iova({{UINT64_MAX - 5, UINT64_MAX}}, 0x10000));
}

TEST(ForbiddenWindow, PrefersTheMsiWindow) {
  const auto window =
      forbidden_window({{0x1000, 0x1fff, "direct"}, {0xfee00000, 0xfeefffff, "msi"}}, kIntel);
  EXPECT_EQ(window->first, 0xfee00000u);
}

TEST(ForbiddenWindow, LeavesOutWhatTheKernelRelaxed) {
  const auto window = forbidden_window({{0x1000, 0x1fff, "direct-relaxable"}}, kIntel);
  EXPECT_EQ(window->first, 0x8000000000u);  // above the last range
  EXPECT_FALSE(forbidden_window({}, {{0, UINT64_MAX}}));
  EXPECT_FALSE(forbidden_window({}, {}));
}

}  // namespace
}  // namespace verify
