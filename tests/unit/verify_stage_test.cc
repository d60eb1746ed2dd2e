// SPDX-License-Identifier: GPL-2.0-or-later
//
// Negative tests for the live trial: a fake device and a fake address space with one thing broken.
// What is broken must be a failure, and what cannot be determined must be unknown. This would
// reveal a check that always passes. Only a boot can show that real devices and a real IOMMU work:
// tests/boot.
#include <cerrno>
#include <cstring>
#include <map>

#include <fcntl.h>
#include <unistd.h>

#include "tests/unit/fake_tree.h"
#include "tests/unit/verify_healthy.h"
#include "verify/live/fault_log.h"
#include "verify/live/stage.h"
#include "vfio/pages.h"

namespace verify {
namespace {

enum class Broken {
  kNothing,
  kLeavesMapped,      // unmapped memory stays accessible
  kIgnoresReadOnly,   // read-only memory is written
  kLetsPhysicalPass,  // an unmapped address is used as a physical address
  kRefusesUnmap,      // memory stays mapped, and unmapping returns an error
  kUnmapsNothing,     // the same, reported by the number of bytes
  kRemembersOldPage,  // an address keeps referring to the first page that was mapped there
  kWedges,            // the device hangs after the first refused write
  kGoesPast,          // the device uses every address as a physical one
  kIsDead,            // the device never answers
  kTimid,             // does not answer in the dry run, and then only after a reset
  kWritesZeros,       // the device cannot read the commands, but answers
};

constexpr uint64_t kFrame = 0x12345;
constexpr uint64_t kPieceFrame = 0x40000;  // of the 2 MiB that the dry run uses
const uint64_t kPhysical = kFrame * vfio::Pages::page_size();

class WoodenSpace : public vfio::AddressSpace {
 public:
  WoodenSpace(const host::Root& root, Broken broken) : root_(root), broken_(broken) {}

  host::Result<std::vector<vfio::IovaRange>> ranges() const override {
    return std::vector<vfio::IovaRange>{{0, 0xfedfffff}, {0xfef00000, 0x7fffffffff}};
  }
  host::Result<void> map(uint64_t iova, std::span<std::byte> memory, vfio::Access access) override {
    if (mapped_.contains(iova)) return host::Error{EEXIST, "map"};
    mapped_[iova] = {memory, access};
    first_.try_emplace(iova, mapped_[iova]);
    last_[iova] = mapped_[iova];
    if (iova == answers) give_frame(page = memory, kFrame);
    const size_t size = vfio::Pages::page_size();
    if (memory.size() == 2 << 20 && piece.empty())
      for (size_t i = 0; i < memory.size(); i += size)
        give_frame((piece = memory).subspan(i), kPieceFrame + i / size);
    return {};
  }
  host::Result<uint64_t> unmap(uint64_t iova, uint64_t size) override {
    if (broken_ == Broken::kRefusesUnmap) return host::Error{EIO, "unmap"};
    if (broken_ == Broken::kUnmapsNothing) return 0;
    return mapped_.erase(iova) != 0 ? size : 0;
  }

  // True if `iova` is in the memory that the dry run uses.
  bool is_rehearsed_at(uint64_t iova) const {
    const uint64_t start = kPieceFrame * vfio::Pages::page_size();
    return iova >= start && iova - start < piece.size();
  }

  // The memory that the device reaches; null: the IOMMU refuses.
  std::byte* reach(uint64_t iova, bool writing) {
    const uint64_t start_of_piece = kPieceFrame * vfio::Pages::page_size();
    const bool in_piece = is_rehearsed_at(iova);
    rehearsed |= in_piece;
    if (broken_ == Broken::kGoesPast) {
      elsewhere |= !in_piece;
      return in_piece ? piece.data() + (iova - start_of_piece) : nullptr;
    }
    if (broken_ == Broken::kLetsPhysicalPass && iova >= kPhysical && iova < kPhysical + page.size())
      return page.data() + (iova - kPhysical);
    const auto& table = broken_ == Broken::kLeavesMapped       ? last_
                        : broken_ == Broken::kRemembersOldPage ? first_
                                                               : mapped_;
    for (const auto& [start, mapping] : table) {
      if (iova < start || iova - start >= mapping.memory.size()) continue;
      if (broken_ == Broken::kRemembersOldPage && !mapped_.contains(start)) return nullptr;
      const vfio::Access access =
          broken_ == Broken::kRemembersOldPage ? mapped_.at(start).access : mapping.access;
      const bool may = !writing || access != vfio::Access::kRead;
      if (!may && broken_ != Broken::kIgnoresReadOnly) return nullptr;
      return mapping.memory.data() + (iova - start);
    }
    return nullptr;
  }

  bool empty() const { return mapped_.empty(); }

  uint64_t answers = 0;  // where the page with the physical address is mapped
  std::span<std::byte> page, piece;
  bool rehearsed = false;  // an address in `piece` was asked for
  bool elsewhere = false;  // memory that is not ours was accessed

 private:
  // Up to there the file is a hole.
  void give_frame(std::span<const std::byte> memory, uint64_t frame) {
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
  const Broken broken_;
  std::map<uint64_t, Mapping> mapped_, first_, last_;
};

class WoodenDevice : public Probe {
 public:
  WoodenDevice(WoodenSpace& space, Broken broken) : space_(space), broken_(broken) {}

  const char* kind() const override { return "wooden device"; }
  host::Result<void> start(const ProbePages& pages, bool) override {
    commands_ = pages.commands_iova;
    answers_ = pages.answers_iova;
    place_ = 0;
    running = true;
    return {};
  }
  std::optional<uint64_t> ask(const ProbePages& pages, int question) override {
    const uint64_t number = 0x1111u * static_cast<unsigned>(question + 1);
    std::memcpy(pages.commands.data(), &number, sizeof(number));
    const size_t place = place_++ * sizeof(number);
    work(answers_ + place);
    uint64_t answer = 0;
    std::memcpy(&answer, pages.answers.data() + place, sizeof(answer));
    if (answer != number && answer != 0) return std::nullopt;
    return answer;
  }
  void stop() override { running = false; }
  void reset() { wedged_ = false; }

  bool running = false;

 private:
  void work(uint64_t to) {
    if (broken_ == Broken::kIsDead || wedged_) return;
    wedged_ = broken_ == Broken::kTimid && space_.is_rehearsed_at(commands_);
    if (wedged_) return;
    const std::byte* from = space_.reach(commands_, /*writing=*/false);
    uint64_t number = 0;
    if (from && broken_ != Broken::kWritesZeros) std::memcpy(&number, from, sizeof(number));
    std::byte* answer = space_.reach(to, /*writing=*/true);
    if (answer) std::memcpy(answer, &number, sizeof(number));
    wedged_ = !answer && broken_ == Broken::kWedges;
  }

  WoodenSpace& space_;
  const Broken broken_;
  uint64_t commands_ = 0, answers_ = 0;
  size_t place_ = 0;
  bool wedged_ = false;
};

class Twin : public testing::Test {
 protected:
  // The findings for a machine with this defect.
  std::map<std::string, Status> play(Broken broken) {
    tree_.file("/proc/self/pagemap", "");
    const host::Root root = tree_.root();
    WoodenSpace space(root, broken);
    WoodenDevice device(space, broken);
    space.answers = 0x100000 + 0x10000;
    LiveTrial trial;
    trial.address = kAudio;
    trial.kind = device.kind();
    const auto count = [](const ProbePages&) {
      return std::vector<LiveInterrupts>{{"MSI", 3, 3, "IR-PCI-MSI-0000:01:00.1", {}}};
    };
    const auto played = play_on_stage(
        root, space, device, {.count_interrupts = count, .reset = [&] { device.reset(); }}, trial);
    EXPECT_EQ(played.has_value(), broken != Broken::kGoesPast);
    if (!played) trial.obstacle = played.error();
    const bool deaf = broken == Broken::kIsDead || broken == Broken::kTimid;
    EXPECT_EQ(space.rehearsed, !deaf);
    const bool silent = deaf || broken == Broken::kWritesZeros;
    EXPECT_EQ(trial.rehearsal, broken == Broken::kGoesPast ? Rehearsal::kWentPast
                               : silent                    ? Rehearsal::kSilent
                                                           : Rehearsal::kKept);
    EXPECT_FALSE(space.elsewhere);
    EXPECT_FALSE(device.running);
    const bool can = broken != Broken::kRefusesUnmap && broken != Broken::kUnmapsNothing;
    EXPECT_EQ(space.empty(), can) << "left mapped";
    fell_silent_ = trial.fell_silent;
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
  bool fell_silent_ = false;  // of the last play()
};

TEST_F(Twin, WholePassesAll) {
  const auto seen = play(Broken::kNothing);
  for (const char* id : {"dma.read", "dma.write", "dma.high", "irq.delivered"})
    EXPECT_EQ(seen.at(id), Status::kPass) << id;
  for (const char* id : kDenials) EXPECT_EQ(seen.at(id), Status::kPass) << id;
}

TEST_F(Twin, APageThatIsLeftMappedIsFound) {
  const auto seen = play(Broken::kLeavesMapped);
  EXPECT_EQ(seen.at("dma.blocked.unmapped"), Status::kFail);
  EXPECT_EQ(seen.at("dma.blocked.revoked"), Status::kFail);
  EXPECT_EQ(seen.at("dma.write"), Status::kPass);
}

TEST_F(Twin, AReadOnlyPageThatIsWrittenIsFound) {
  const auto seen = play(Broken::kIgnoresReadOnly);
  EXPECT_EQ(seen.at("dma.blocked.readonly"), Status::kFail);
  EXPECT_EQ(seen.at("dma.blocked.unmapped"), Status::kPass);
}

TEST_F(Twin, APhysicalAddressThatPassesIsFound) {
  const auto seen = play(Broken::kLetsPhysicalPass);
  EXPECT_EQ(seen.at("dma.blocked.physical"), Status::kFail);
  EXPECT_EQ(seen.at("dma.blocked.unmapped"), Status::kPass);
}

// Found without harm, and before anything else is tried.
TEST_F(Twin, ADeviceThatGoesPastTheIommuHitsNothingButOurOwn) {
  const auto seen = play(Broken::kGoesPast);
  EXPECT_EQ(seen.at("dma.blocked.physical"), Status::kFail);
  for (const char* id : {"dma.read", "dma.write", "dma.blocked.unmapped", "dma.remapped"})
    EXPECT_EQ(seen.at(id), Status::kSkip) << id;
}

TEST_F(Twin, AnOldPageThatIsRememberedIsFound) {
  const auto seen = play(Broken::kRemembersOldPage);
  EXPECT_EQ(seen.at("dma.remapped"), Status::kFail);
  EXPECT_EQ(seen.at("dma.blocked.unmapped"), Status::kPass);
}

TEST_F(Twin, ADeviceThatFallsSilentAtTheRehearsalIsReset) {
  const auto seen = play(Broken::kTimid);
  for (const char* id : kDenials) EXPECT_EQ(seen.at(id), Status::kPass) << id;
}

TEST_F(Twin, AWedgedDeviceProvesNothing) {
  const auto seen = play(Broken::kWedges);
  for (const char* id : kDenials) EXPECT_EQ(seen.at(id), Status::kUnknown) << id;
  EXPECT_EQ(seen.at("dma.read"), Status::kPass) << "it did, before";
}

// The page is still mapped for the device, which may write to it.
TEST_F(Twin, WhatCanNotBeTakenAwayProvesNothing) {
  for (const Broken broken : {Broken::kRefusesUnmap, Broken::kUnmapsNothing}) {
    const auto seen = play(broken);
    for (const char* id : kDenials) EXPECT_EQ(seen.at(id), Status::kUnknown) << id;
    EXPECT_EQ(seen.at("dma.write"), Status::kPass);
  }
}

TEST_F(Twin, ADeadDeviceFailsAndProvesNothing) {
  for (const Broken broken : {Broken::kIsDead, Broken::kWritesZeros}) {
    const auto seen = play(broken);
    EXPECT_EQ(seen.at("dma.read"), Status::kFail);
    EXPECT_EQ(seen.at("dma.write"), Status::kFail);
    EXPECT_EQ(seen.at("irq.delivered"), Status::kUnknown);
    for (const char* id : kDenials) EXPECT_EQ(seen.at(id), Status::kUnknown) << id;
    EXPECT_FALSE(fell_silent_) << "it has not answered before";
  }
}

TEST(Fault, IsReadFromIntelsLine) {
  const auto fault = parse_fault(
      "DMAR: [DMA Write NO_PASID] Request device [01:00.1] fault addr 0x123600000 [fault reason "
      "0x05] PTE Write access is not set");
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->device, "01:00.1");
  EXPECT_EQ(fault->address, 0x123600000u);
  EXPECT_TRUE(fault->is_of("0000:01:00.1", 0x123600000, 4096));
  EXPECT_FALSE(fault->is_of("0000:01:00.2", 0x123600000, 4096));
  EXPECT_FALSE(fault->is_of("0000:01:00.1", 0x123601000, 4096));
  EXPECT_FALSE(fault->is_of("0000:01:00.1", 0x1235ff000, 4096));
  const auto read = parse_fault(
      "DMAR: [DMA Read NO_PASID] Request device [03:00.0] fault addr 0x123400000 [fault reason "
      "0x06] PTE Read access is not set");
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->is_of("0000:03:00.0", 0x123400000, 4096)) << "not a write";
}

// Linux 7.3 also prints the domain.
TEST(Fault, IsReadFromIntelsLineWithItsDomain) {
  const auto fault = parse_fault(
      "DMAR: [DMA Write NO_PASID] Request device [0000:01:00.1] fault addr 0x123600000 [fault "
      "reason 0x05] PTE Write access is not set");
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->device, "0000:01:00.1");
  EXPECT_TRUE(fault->is_of("0000:01:00.1", 0x123600000, 4096));
  EXPECT_FALSE(fault->is_of("0001:01:00.1", 0x123600000, 4096));
  EXPECT_FALSE(fault->is_of("10000:01:00.1", 0x123600000, 4096)) << "a domain of Intel's VMD";
}

TEST(Fault, WithoutADomainIsOfAny) {
  const auto fault = parse_fault(
      "DMAR: [DMA Write NO_PASID] Request device [01:00.1] fault addr 0x123600000 [fault reason "
      "0x05] PTE Write access is not set");
  ASSERT_TRUE(fault);
  EXPECT_TRUE(fault->is_of("10000:01:00.1", 0x123600000, 4096));
  EXPECT_FALSE(fault->is_of("0000:101:00.1", 0x123600000, 4096));
  EXPECT_FALSE(fault->is_of("", 0x123600000, 4096));
}

TEST(Fault, IsReadFromVirtiosLine) {
  const auto fault = parse_fault("virtio_iommu virtio3: page fault from EP 257 at 0x123600000 [W]");
  ASSERT_TRUE(fault);
  EXPECT_TRUE(fault->is_of("0000:01:00.1", 0x123600000, 4096)) << fault->device;
  const auto read = parse_fault("virtio_iommu virtio3: page fault from EP 257 at 0x1000 [R]");
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->is_of("0000:01:00.1", 0x1000, 4096)) << "not a write";
  EXPECT_FALSE(parse_fault("virtio_iommu virtio3: domain fault from EP 257"));
}

TEST(Fault, IsReadFromAmdsLine) {
  for (const char* line :
       {"vfio-pci 0000:04:10.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0037 "
        "address=0x123600040 flags=0x0020]",
        "AMD-Vi: Event logged [IO_PAGE_FAULT device=0000:04:10.0 domain=0x0037 "
        "address=0x123600040 flags=0x0020]"}) {
    const auto fault = parse_fault(line);
    ASSERT_TRUE(fault) << line;
    EXPECT_TRUE(fault->is_of("0000:04:10.0", 0x123600000, 4096)) << fault->device;
  }
}

TEST(Fault, IsNothingElse) {
  for (const char* line :
       {"", "DMAR: [DMA ", "DMAR: [DMA Write] Request device [01:00.1", "DMAR-IR: Enabled",
        "DMAR: [DMA Write NO_PASID] Request device [01:00.1] fault addr 0xzz [fault",
        "AMD-Vi: Event logged [IO_PAGE_FAULT", "dmar_fault: 5 callbacks suppressed"})
    EXPECT_FALSE(parse_fault(line)) << line;
}

}  // namespace
}  // namespace verify
