// SPDX-License-Identifier: GPL-2.0-or-later
//
// Negative tests for the live trial: a fake device and a fake address space with one thing broken.
// What is broken must be a failure, and what cannot be determined must be unknown. This would
// reveal a check that always passes. Only a boot can show that real devices and a real IOMMU work:
// tests/boot.
#include "verify/trial/live/trial_runner.h"

#include <cerrno>
#include <cstring>
#include <map>

#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/fake_tree.h"
#include "tests/unit/verify/healthy.h"
#include "verify/trial/live/fault_log.h"
#include "vfio/pages.h"

namespace verify {
namespace {

enum class Defect {
  kNone,
  kLeavesMapped,     // unmapped memory stays accessible
  kIgnoresReadOnly,  // read-only memory is written
  kAllowsPhysical,   // an unmapped address is used as a physical address
  kRefusesUnmap,     // memory stays mapped, and unmapping returns an error
  kUnmapsNothing,    // the same, reported by the number of bytes
  kKeepsOldPage,     // an address keeps referring to the first page that was mapped there
  kHangs,            // the device hangs after the first refused write
  kIgnoresIommu,     // the device uses every address as a physical one
  kNeverAnswers,     // the device never answers
  kSilentInDryRun,   // does not answer in the dry run, and then only after a reset
  kWritesZeros,      // the device cannot read the commands, but answers
};

constexpr uint64_t kFrame = 0x12345;
constexpr uint64_t kDryRunFrame = 0x40000;  // of the 2 MiB that the dry run uses
const uint64_t kPhysical = kFrame * vfio::Pages::page_size();

class FakeAddressSpace : public vfio::AddressSpace {
 public:
  FakeAddressSpace(const host::Root& root, Defect defect) : root_(root), defect_(defect) {}

  host::Result<std::vector<vfio::IovaRange>> ranges() const override {
    return std::vector<vfio::IovaRange>{{0, 0xfedfffff}, {0xfef00000, 0x7fffffffff}};
  }
  host::Result<void> map(uint64_t iova, std::span<std::byte> memory, vfio::Access access) override {
    if (mapped_.contains(iova)) return host::Error{EEXIST, "map"};
    mapped_[iova] = {memory, access};
    first_.try_emplace(iova, mapped_[iova]);
    last_[iova] = mapped_[iova];
    if (iova == answers) set_frame(page = memory, kFrame);
    const size_t size = vfio::Pages::page_size();
    if (memory.size() == 2 << 20 && dry_run_memory.empty())
      for (size_t i = 0; i < memory.size(); i += size)
        set_frame((dry_run_memory = memory).subspan(i), kDryRunFrame + i / size);
    return {};
  }
  host::Result<uint64_t> unmap(uint64_t iova, uint64_t size) override {
    if (defect_ == Defect::kRefusesUnmap) return host::Error{EIO, "unmap"};
    if (defect_ == Defect::kUnmapsNothing) return 0;
    return mapped_.erase(iova) != 0 ? size : 0;
  }

  // True if `iova` is in the memory that the dry run uses.
  bool is_in_dry_run(uint64_t iova) const {
    const uint64_t start = kDryRunFrame * vfio::Pages::page_size();
    return iova >= start && iova - start < dry_run_memory.size();
  }

  // The memory that the device reaches; null: the IOMMU refuses.
  std::byte* translate(uint64_t iova, bool writing) {
    const uint64_t dry_run_start = kDryRunFrame * vfio::Pages::page_size();
    const bool in_dry_run = is_in_dry_run(iova);
    dry_run_used |= in_dry_run;
    if (defect_ == Defect::kIgnoresIommu) {
      accessed_outside |= !in_dry_run;
      return in_dry_run ? dry_run_memory.data() + (iova - dry_run_start) : nullptr;
    }
    if (defect_ == Defect::kAllowsPhysical && iova >= kPhysical && iova < kPhysical + page.size())
      return page.data() + (iova - kPhysical);
    const auto& table = defect_ == Defect::kLeavesMapped   ? last_
                        : defect_ == Defect::kKeepsOldPage ? first_
                                                           : mapped_;
    for (const auto& [start, mapping] : table) {
      if (iova < start || iova - start >= mapping.memory.size()) continue;
      if (defect_ == Defect::kKeepsOldPage && !mapped_.contains(start)) return nullptr;
      const vfio::Access access =
          defect_ == Defect::kKeepsOldPage ? mapped_.at(start).access : mapping.access;
      const bool allowed = !writing || access != vfio::Access::kRead;
      if (!allowed && defect_ != Defect::kIgnoresReadOnly) return nullptr;
      return mapping.memory.data() + (iova - start);
    }
    return nullptr;
  }

  bool empty() const { return mapped_.empty(); }

  uint64_t answers = 0;  // where the page with the physical address is mapped
  std::span<std::byte> page, dry_run_memory;
  bool dry_run_used = false;      // an address in `dry_run_memory` was asked for
  bool accessed_outside = false;  // memory that is not ours was accessed

 private:
  // Up to there the file is a hole.
  void set_frame(std::span<const std::byte> memory, uint64_t frame) {
    const auto file = root_.open_file("/proc/self/pagemap", O_RDWR);
    ASSERT_TRUE(file);
    const uint64_t entry = uint64_t{1} << 63 | frame;
    const auto number = reinterpret_cast<uintptr_t>(memory.data()) / vfio::Pages::page_size();
    ASSERT_EQ(
        ::pwrite(file->get(), &entry, sizeof(entry), static_cast<off_t>(number * sizeof(entry))),
        static_cast<ssize_t>(sizeof(entry)));
  }

  struct Mapping {
    std::span<std::byte> memory;
    vfio::Access access;
  };
  const host::Root& root_;
  const Defect defect_;
  std::map<uint64_t, Mapping> mapped_, first_, last_;
};

class FakeDevice : public Probe {
 public:
  FakeDevice(FakeAddressSpace& space, Defect defect) : space_(space), defect_(defect) {}

  const char* kind() const override { return "wooden device"; }
  host::Result<void> start(const ProbePages& pages, bool) override {
    commands_ = pages.commands_iova;
    answers_ = pages.answers_iova;
    answer_count_ = 0;
    running = true;
    return {};
  }
  std::optional<uint64_t> ask(const ProbePages& pages, int question) override {
    const uint64_t number = 0x1111u * static_cast<unsigned>(question + 1);
    std::memcpy(pages.commands.data(), &number, sizeof(number));
    const size_t offset = answer_count_++ * sizeof(number);
    process_command(answers_ + offset);
    uint64_t answer = 0;
    std::memcpy(&answer, pages.answers.data() + offset, sizeof(answer));
    if (answer != number && answer != 0) return std::nullopt;
    return answer;
  }
  void stop() override { running = false; }
  void reset() { hung_ = false; }

  bool running = false;

 private:
  void process_command(uint64_t to) {
    if (defect_ == Defect::kNeverAnswers || hung_) return;
    hung_ = defect_ == Defect::kSilentInDryRun && space_.is_in_dry_run(commands_);
    if (hung_) return;
    const std::byte* from = space_.translate(commands_, /*writing=*/false);
    uint64_t number = 0;
    if (from && defect_ != Defect::kWritesZeros) std::memcpy(&number, from, sizeof(number));
    std::byte* answer = space_.translate(to, /*writing=*/true);
    if (answer) std::memcpy(answer, &number, sizeof(number));
    hung_ = !answer && defect_ == Defect::kHangs;
  }

  FakeAddressSpace& space_;
  const Defect defect_;
  uint64_t commands_ = 0, answers_ = 0;
  size_t answer_count_ = 0;
  bool hung_ = false;
};

class LiveNegativeTest : public testing::Test {
 protected:
  // The findings for a machine with this defect.
  std::map<std::string, Status> run_with(Defect defect) {
    tree_.file("/proc/self/pagemap", "");
    const host::Root root = tree_.root();
    FakeAddressSpace space(root, defect);
    FakeDevice device(space, defect);
    space.answers = 0x100000 + 0x10000;
    LiveTrial trial;
    trial.address = kAudio;
    trial.kind = device.kind();
    const auto count = [](const ProbePages&) {
      return std::vector<LiveInterrupts>{{"MSI", 3, 3, "IR-PCI-MSI-0000:01:00.1", {}}};
    };
    const auto result = run_trial(
        root, space, device, {.count_interrupts = count, .reset = [&] { device.reset(); }}, trial);
    EXPECT_EQ(result.has_value(), defect != Defect::kIgnoresIommu);
    if (!result) trial.obstacle = result.error();
    const bool unresponsive = defect == Defect::kNeverAnswers || defect == Defect::kSilentInDryRun;
    EXPECT_EQ(space.dry_run_used, !unresponsive);
    const bool silent = unresponsive || defect == Defect::kWritesZeros;
    EXPECT_EQ(trial.dry_run, defect == Defect::kIgnoresIommu ? DryRun::kBypassed
                             : silent                        ? DryRun::kNoAnswer
                                                             : DryRun::kTranslated);
    EXPECT_FALSE(space.accessed_outside);
    EXPECT_FALSE(device.running);
    const bool can_unmap = defect != Defect::kRefusesUnmap && defect != Defect::kUnmapsNothing;
    EXPECT_EQ(space.empty(), can_unmap) << "left mapped";
    fell_silent_ = trial.stopped_answering;
    Inspection machine = healthy();
    machine.live = {trial};
    std::map<std::string, Status> statuses;
    for (const Finding& finding : run_checks(machine)) statuses[finding.id] = finding.status;
    return statuses;
  }

  static constexpr const char* kDenials[] = {"dma.blocked.unmapped", "dma.blocked.physical",
                                             "dma.blocked.readonly", "dma.blocked.revoked",
                                             "dma.remapped"};
  FakeTree tree_;
  bool fell_silent_ = false;  // of the last run_with()
};

TEST_F(LiveNegativeTest, WorkingDevicePassesAll) {
  const auto seen = run_with(Defect::kNone);
  for (const char* id : {"dma.read", "dma.write", "dma.high", "irq.delivered"})
    EXPECT_EQ(seen.at(id), Status::kPass) << id;
  for (const char* id : kDenials) EXPECT_EQ(seen.at(id), Status::kPass) << id;
}

TEST_F(LiveNegativeTest, PageLeftMappedFails) {
  const auto seen = run_with(Defect::kLeavesMapped);
  EXPECT_EQ(seen.at("dma.blocked.unmapped"), Status::kFail);
  EXPECT_EQ(seen.at("dma.blocked.revoked"), Status::kFail);
  EXPECT_EQ(seen.at("dma.write"), Status::kPass);
}

TEST_F(LiveNegativeTest, WrittenReadOnlyPageFails) {
  const auto seen = run_with(Defect::kIgnoresReadOnly);
  EXPECT_EQ(seen.at("dma.blocked.readonly"), Status::kFail);
  EXPECT_EQ(seen.at("dma.blocked.unmapped"), Status::kPass);
}

TEST_F(LiveNegativeTest, AccessToPhysicalAddressFails) {
  const auto seen = run_with(Defect::kAllowsPhysical);
  EXPECT_EQ(seen.at("dma.blocked.physical"), Status::kFail);
  EXPECT_EQ(seen.at("dma.blocked.unmapped"), Status::kPass);
}

// Found without harm, and before anything else is tried.
TEST_F(LiveNegativeTest, BypassTouchesOnlyOwnMemory) {
  const auto seen = run_with(Defect::kIgnoresIommu);
  EXPECT_EQ(seen.at("dma.blocked.physical"), Status::kFail);
  for (const char* id : {"dma.read", "dma.write", "dma.blocked.unmapped", "dma.remapped"})
    EXPECT_EQ(seen.at(id), Status::kSkip) << id;
}

TEST_F(LiveNegativeTest, StaleMappingFails) {
  const auto seen = run_with(Defect::kKeepsOldPage);
  EXPECT_EQ(seen.at("dma.remapped"), Status::kFail);
  EXPECT_EQ(seen.at("dma.blocked.unmapped"), Status::kPass);
}

TEST_F(LiveNegativeTest, SilentDeviceIsResetAfterDryRun) {
  const auto seen = run_with(Defect::kSilentInDryRun);
  for (const char* id : kDenials) EXPECT_EQ(seen.at(id), Status::kPass) << id;
}

TEST_F(LiveNegativeTest, HungDeviceIsUnknown) {
  const auto seen = run_with(Defect::kHangs);
  for (const char* id : kDenials) EXPECT_EQ(seen.at(id), Status::kUnknown) << id;
  EXPECT_EQ(seen.at("dma.read"), Status::kPass) << "it did, before";
}

// The page is still mapped for the device, which may write to it.
TEST_F(LiveNegativeTest, FailedUnmapIsUnknown) {
  for (const Defect defect : {Defect::kRefusesUnmap, Defect::kUnmapsNothing}) {
    const auto seen = run_with(defect);
    for (const char* id : kDenials) EXPECT_EQ(seen.at(id), Status::kUnknown) << id;
    EXPECT_EQ(seen.at("dma.write"), Status::kPass);
  }
}

TEST_F(LiveNegativeTest, DeadDeviceFailsReadAndWrite) {
  for (const Defect defect : {Defect::kNeverAnswers, Defect::kWritesZeros}) {
    const auto seen = run_with(defect);
    EXPECT_EQ(seen.at("dma.read"), Status::kFail);
    EXPECT_EQ(seen.at("dma.write"), Status::kFail);
    EXPECT_EQ(seen.at("irq.delivered"), Status::kUnknown);
    for (const char* id : kDenials) EXPECT_EQ(seen.at(id), Status::kUnknown) << id;
    EXPECT_FALSE(fell_silent_) << "it has not answered before";
  }
}

TEST(Fault, IsParsedFromIntelMessage) {
  const auto fault = parse_fault(
      "DMAR: [DMA Write NO_PASID] Request device [01:00.1] fault addr 0x123600000 [fault reason "
      "0x05] PTE Write access is not set");
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->device, "01:00.1");
  EXPECT_EQ(fault->address, 0x123600000u);
  EXPECT_TRUE(fault->is_write_by("0000:01:00.1", 0x123600000, 4096));
  EXPECT_FALSE(fault->is_write_by("0000:01:00.2", 0x123600000, 4096));
  EXPECT_FALSE(fault->is_write_by("0000:01:00.1", 0x123601000, 4096));
  EXPECT_FALSE(fault->is_write_by("0000:01:00.1", 0x1235ff000, 4096));
  const auto read = parse_fault(
      "DMAR: [DMA Read NO_PASID] Request device [03:00.0] fault addr 0x123400000 [fault reason "
      "0x06] PTE Read access is not set");
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->is_write_by("0000:03:00.0", 0x123400000, 4096)) << "not a write";
}

// Linux 7.3 also prints the domain.
TEST(Fault, IsParsedFromIntelMessageWithDomain) {
  const auto fault = parse_fault(
      "DMAR: [DMA Write NO_PASID] Request device [0000:01:00.1] fault addr 0x123600000 [fault "
      "reason 0x05] PTE Write access is not set");
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->device, "0000:01:00.1");
  EXPECT_TRUE(fault->is_write_by("0000:01:00.1", 0x123600000, 4096));
  EXPECT_FALSE(fault->is_write_by("0001:01:00.1", 0x123600000, 4096));
  EXPECT_FALSE(fault->is_write_by("10000:01:00.1", 0x123600000, 4096)) << "a domain of Intel's VMD";
}

TEST(Fault, MissingDomainMatchesAny) {
  const auto fault = parse_fault(
      "DMAR: [DMA Write NO_PASID] Request device [01:00.1] fault addr 0x123600000 [fault reason "
      "0x05] PTE Write access is not set");
  ASSERT_TRUE(fault);
  EXPECT_TRUE(fault->is_write_by("10000:01:00.1", 0x123600000, 4096));
  EXPECT_FALSE(fault->is_write_by("0000:101:00.1", 0x123600000, 4096));
  EXPECT_FALSE(fault->is_write_by("", 0x123600000, 4096));
}

TEST(Fault, IsParsedFromVirtioMessage) {
  const auto fault = parse_fault("virtio_iommu virtio3: page fault from EP 257 at 0x123600000 [W]");
  ASSERT_TRUE(fault);
  EXPECT_TRUE(fault->is_write_by("0000:01:00.1", 0x123600000, 4096)) << fault->device;
  const auto read = parse_fault("virtio_iommu virtio3: page fault from EP 257 at 0x1000 [R]");
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->is_write_by("0000:01:00.1", 0x1000, 4096)) << "not a write";
  EXPECT_FALSE(parse_fault("virtio_iommu virtio3: domain fault from EP 257"));
}

TEST(Fault, IsParsedFromAmdMessage) {
  for (const char* line :
       {"vfio-pci 0000:04:10.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0037 "
        "address=0x123600040 flags=0x0020]",
        "AMD-Vi: Event logged [IO_PAGE_FAULT device=0000:04:10.0 domain=0x0037 "
        "address=0x123600040 flags=0x0020]"}) {
    const auto fault = parse_fault(line);
    ASSERT_TRUE(fault) << line;
    EXPECT_TRUE(fault->is_write_by("0000:04:10.0", 0x123600000, 4096)) << fault->device;
  }
}

TEST(Fault, OtherMessagesAreNotFaults) {
  for (const char* line :
       {"", "DMAR: [DMA ", "DMAR: [DMA Write] Request device [01:00.1", "DMAR-IR: Enabled",
        "DMAR: [DMA Write NO_PASID] Request device [01:00.1] fault addr 0xzz [fault",
        "AMD-Vi: Event logged [IO_PAGE_FAULT", "dmar_fault: 5 callbacks suppressed"})
    EXPECT_FALSE(parse_fault(line)) << line;
}

}  // namespace
}  // namespace verify
