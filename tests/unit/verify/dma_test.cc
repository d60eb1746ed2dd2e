// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/verify/healthy.h"

namespace verify {
namespace {

template <class Damage>
Inspection with_trial(Damage damage) {
  Inspection machine = healthy();
  damage(machine.attachments[machine.groups[0].number].dma);
  return machine;
}

TEST(DmaMap, CompleteMapAndUnmapPasses) {
  const Finding finding = only_finding(findings_of("dma.map", healthy()));
  EXPECT_EQ(finding.status, Status::kPass);
  EXPECT_EQ(finding.evidence, "64 KiB at 0x100000 mapped and unmapped");
  const Finding limited = only_finding(
      findings_of("dma.map", with_trial([](auto& trial) { trial.mappings_left = 65535; })));
  EXPECT_TRUE(has_text(limited.evidence, "65535 mappings are possible")) << limited.evidence;
}

TEST(DmaMap, WrongUnmapSizeFails) {
  for (const uint64_t bytes : {0, 4096, 131072}) {
    const Finding finding =
        only_finding(findings_of("dma.map", with_trial([&](auto& t) { t.unmapped = bytes; })));
    EXPECT_EQ(finding.status, Status::kFail) << bytes;
  }
  EXPECT_EQ(only_finding(findings_of("dma.map", with_trial([](auto& t) {
                                       t.unmapped.reset();
                                       t.unmap_error = host::Error{EINVAL, "VFIO_IOMMU_UNMAP_DMA"};
                                     })))
                .status,
            Status::kFail);
}

TEST(DmaMap, ExplainsTheLimitOnLockedMemory) {
  const Finding finding = only_finding(findings_of("dma.map", with_trial([](auto& t) {
                                                     t = {}, t.map = {0x100000, 65536, ENOMEM};
                                                   })));
  EXPECT_EQ(finding.status, Status::kFail);
  EXPECT_TRUE(has_text(finding.evidence, "RLIMIT_MEMLOCK")) << finding.evidence;
  EXPECT_TRUE(has_text(finding.remedy, "memlock")) << finding.remedy;
}

TEST(DmaMap, TestThatCannotStartIsUnknown) {
  const Inspection machine = with_trial([](auto& t) {
    t = {};
    t.obstacle = host::Error{EINVAL, "VFIO_IOMMU_GET_INFO"};
  });
  EXPECT_EQ(only_finding(findings_of("dma.map", machine)).status, Status::kUnknown);
  EXPECT_EQ(only_finding(findings_of("dma.overlap", machine)).status, Status::kUnknown);
  EXPECT_EQ(only_finding(findings_of("dma.reserved", machine)).status, Status::kUnknown);
}

TEST(DmaRefusals, ExpectedErrnoPasses) {
  EXPECT_EQ(only_finding(findings_of("dma.overlap", healthy())).evidence,
            "refused at 0x101000 (EEXIST: overlap)");
  EXPECT_EQ(only_finding(findings_of("dma.reserved", healthy())).evidence,
            "refused at 0xfee00000 (EINVAL: msi window)");
}

TEST(DmaRefusals, MissingRefusalFails) {
  EXPECT_EQ(
      only_finding(findings_of("dma.overlap", with_trial([](auto& t) { t.overlap->error = 0; })))
          .status,
      Status::kFail);
  EXPECT_EQ(
      only_finding(findings_of("dma.reserved", with_trial([](auto& t) { t.reserved->error = 0; })))
          .status,
      Status::kFail);
}

TEST(DmaRefusals, OtherErrnoIsUnknown) {
  EXPECT_EQ(only_finding(
                findings_of("dma.overlap", with_trial([](auto& t) { t.overlap->error = ENOMEM; })))
                .status,
            Status::kUnknown);
  EXPECT_EQ(only_finding(findings_of("dma.reserved",
                                     with_trial([](auto& t) { t.reserved->error = EEXIST; })))
                .status,
            Status::kUnknown);
}

TEST(DmaRefusals, FailedMappingIsUnknown) {
  const Inspection machine = with_trial([](auto& t) { t = {}, t.map = {0x100000, 65536, ENOMEM}; });
  EXPECT_EQ(only_finding(findings_of("dma.overlap", machine)).status, Status::kUnknown);
  EXPECT_EQ(only_finding(findings_of("dma.reserved", machine)).status, Status::kUnknown);
}

TEST(DmaRefusals, UnreadableReservedRegionsAreUnknown) {
  const auto judge = [](auto damage) {
    Inspection machine = with_trial(damage);
    machine.groups[0].reserved_unreadable = host::Error{EACCES, "open reserved_regions"};
    return only_finding(findings_of("dma.reserved", machine));
  };
  const Finding finding = judge([](auto& t) { t.reserved.reset(); });
  EXPECT_EQ(finding.status, Status::kUnknown);
  EXPECT_TRUE(has_text(finding.evidence, "reserved_regions")) << finding.evidence;
  EXPECT_EQ(judge([](auto&) {}).status, Status::kUnknown);  // refused, above the last address
  EXPECT_EQ(judge([](auto& t) { t.reserved->error = 0; }).status, Status::kFail);
}

TEST(DmaRefusals, NoReservedRegionIsSkipped) {
  EXPECT_EQ(
      only_finding(findings_of("dma.reserved", with_trial([](auto& t) { t.reserved.reset(); })))
          .status,
      Status::kSkip);
}

TEST(Dma, UnattachedGroupDoesNotPass) {
  EXPECT_EQ(
      only_finding(findings_of("dma.map", with_attachment(Step::kSetIommu, EPERM, true))).status,
      Status::kSkip);
  EXPECT_EQ(
      only_finding(findings_of("dma.map", with_attachment(Step::kGetStatus, 0, false))).status,
      Status::kSkip);
  EXPECT_EQ(only_finding(findings_of("dma.map", with_attachment(Step::kNotTried, 0))).status,
            Status::kSkip);
  EXPECT_EQ(only_finding(findings_of("dma.map", with_attachment(Step::kOpenGroup, EACCES))).status,
            Status::kUnknown);
}

const std::vector<vfio::IovaRange> kIntel = {{0, 0xfedfffff}, {0xfef00000, 0x7fffffffff}};

TEST(FreeIova, IsLowAndAligned) {
  EXPECT_EQ(free_iova(kIntel, 0x10000), 0x100000u);
  EXPECT_EQ(free_iova({{0x123456, 0xffffff}}, 0x10000), 0x130000u);
}

TEST(FreeIova, PrefersLowAddresses) {
  EXPECT_EQ(free_iova({{0x100000000, UINT64_MAX}, {0x200000, 0x20ffff}}, 0x10000), 0x200000u);
  EXPECT_EQ(free_iova({{0x100000000, UINT64_MAX}}, 0x10000), 0x100000000u);
}

TEST(FreeIova, IsEmptyIfNothingFits) {
  EXPECT_FALSE(free_iova({}, 0x10000));
  EXPECT_FALSE(free_iova({{0x200000, 0x20fffe}}, 0x10000));
  EXPECT_FALSE(free_iova({{UINT64_MAX - 5, UINT64_MAX}}, 0x10000));
}

TEST(ForbiddenWindow, PrefersTheMsiWindow) {
  const auto window =
      forbidden_window({{0x1000, 0x1fff, "direct"}, {0xfee00000, 0xfeefffff, "msi"}}, kIntel);
  EXPECT_EQ(window->first, 0xfee00000u);
}

TEST(ForbiddenWindow, OmitsRelaxableRegions) {
  const auto window = forbidden_window({{0x1000, 0x1fff, "direct-relaxable"}}, kIntel);
  EXPECT_EQ(window->first, 0x8000000000u);  // above the last range
  EXPECT_FALSE(forbidden_window({}, {{0, UINT64_MAX}}));
  EXPECT_FALSE(forbidden_window({}, {}));
}

}  // namespace
}  // namespace verify
