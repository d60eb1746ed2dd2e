// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a kernel returns, and that no answer can cause a read outside of the buffer. The ioctls
// themselves can only be tested with a kernel.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <linux/vfio.h>
#include <sys/mman.h>

#include "tests/unit/fake_tree.h"
#include "vfio/capabilities.h"
#include "vfio/container.h"
#include "vfio/device.h"
#include "vfio/group.h"
#include "vfio/iommu_info.h"
#include "vfio/iommufd.h"
#include "vfio/pages.h"

namespace vfio {
namespace {

// Bytes in the kernel's layout.
class Bytes {
 public:
  explicit Bytes(size_t size) : bytes_(size) {}

  template <class T>
  Bytes& put(size_t offset, const T& value) {
    std::memcpy(bytes_.data() + offset, &value, sizeof(T));
    return *this;
  }
  Bytes& header(uint32_t offset, uint16_t id, uint32_t next) {
    return put(offset, vfio_info_cap_header{id, 1, next});
  }

  std::span<const std::byte> all() const { return bytes_; }
  std::span<const std::byte> first(size_t size) const { return all().first(size); }

 private:
  std::vector<std::byte> bytes_;
};

constexpr uint32_t kFixed = sizeof(vfio_iommu_type1_info);

// The answer of Linux 6.12 on VT-d: the migration capability, the limit of mappings, two ranges.
Bytes intel_info(uint32_t count = 2) {
  constexpr uint32_t kMigration = kFixed, kAvailable = kMigration + 32, kRanges = kAvailable + 12;
  Bytes bytes(kRanges + 16 + 2 * 16);
  bytes.put(0, vfio_iommu_type1_info{.argsz = kRanges + 48,
                                     .flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS,
                                     .iova_pgsizes = 0x40201000,
                                     .cap_offset = kMigration});
  bytes.header(kMigration, VFIO_IOMMU_TYPE1_INFO_CAP_MIGRATION, kAvailable);
  bytes.header(kAvailable, VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL, kRanges)
      .put(kAvailable + 8, uint32_t{65535});
  bytes.header(kRanges, VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE, 0).put(kRanges + 8, count);
  bytes.put(kRanges + 16, vfio_iova_range{0, 0xfedfffff});
  bytes.put(kRanges + 32, vfio_iova_range{0xfef00000, 0x7fffffffff});
  return bytes;
}

TEST(IommuInfo, ReadsPageSizesAndRanges) {
  const auto info = parse_iommu_info(intel_info().all());
  ASSERT_TRUE(info) << info.error().step;
  EXPECT_EQ(info->page_sizes, 0x40201000u);
  EXPECT_EQ(info->mappings_left, 65535u);
  ASSERT_EQ(info->ranges->size(), 2u);
  EXPECT_EQ(info->ranges->at(0).last, 0xfedfffffu);
  EXPECT_EQ(info->ranges->at(1).first, 0xfef00000u);
  EXPECT_TRUE(info->ranges->at(1).contains(0x7fffffffff));
  EXPECT_FALSE(info->ranges->at(1).contains(0xfee00000));
}

TEST(IommuInfo, MissingCapabilitiesGiveNoRanges) {
  const Bytes bytes = Bytes(kFixed).put(0, vfio_iommu_type1_info{.argsz = kFixed});
  const auto info = parse_iommu_info(bytes.all());
  ASSERT_TRUE(info);
  EXPECT_FALSE(info->ranges.has_value());
  EXPECT_FALSE(info->mappings_left.has_value());
}

TEST(IommuInfo, RefusesEveryTruncation) {
  const Bytes bytes = intel_info();
  for (size_t size = 0; size < bytes.all().size(); ++size)
    EXPECT_FALSE(parse_iommu_info(bytes.first(size))) << size;
}

TEST(IommuInfo, RejectsCountBeyondBuffer) {
  EXPECT_FALSE(parse_iommu_info(intel_info(3).all()));
  EXPECT_FALSE(parse_iommu_info(intel_info(UINT32_MAX).all()));  // count × 16 must not wrap
}

TEST(IommuInfo, RefusesARangeThatEndsBeforeItStarts) {
  Bytes bytes = intel_info();
  bytes.put(bytes.all().size() - 16, vfio_iova_range{2, 1});
  EXPECT_FALSE(parse_iommu_info(bytes.all()));
}

TEST(IommuInfo, NoByteReadsBeyondBuffer) {
  const size_t size = intel_info().all().size();
  for (size_t offset = 0; offset < size; ++offset)
    for (const int value : {0, 1, 4, 24, 0x7f, 0x80, 0xfc, 0xff}) {
      Bytes bytes = intel_info();
      bytes.put(offset, static_cast<uint8_t>(value));
      (void)parse_iommu_info(bytes.all());  // the sanitizers check this
    }
}

TEST(Capabilities, NoneIsAnEmptyChain) {
  const auto chain = parse_capabilities(Bytes(64).all(), 0, 16);
  ASSERT_TRUE(chain);
  EXPECT_TRUE(chain->empty());
}

TEST(Capabilities, EachEndsWhereTheNextBegins) {
  const Bytes bytes = Bytes(64).header(16, 7, 32).header(32, 8, 0);
  const auto chain = parse_capabilities(bytes.all(), 16, 16);
  ASSERT_TRUE(chain);
  ASSERT_EQ(chain->size(), 2u);
  EXPECT_EQ(chain->at(0).id, 7);
  EXPECT_EQ(chain->at(0).bytes.size(), 16u);
  EXPECT_EQ(chain->at(1).bytes.size(), 32u);
}

TEST(Capabilities, RefusesACycle) {
  EXPECT_FALSE(parse_capabilities(Bytes(64).header(16, 1, 16).all(), 16, 16));
  EXPECT_FALSE(parse_capabilities(Bytes(64).header(16, 1, 32).header(32, 2, 16).all(), 16, 16));
}

TEST(Capabilities, RejectsMisplacedHeader) {
  const Bytes empty(64);
  EXPECT_FALSE(parse_capabilities(empty.all(), 64, 16));          // right after the end
  EXPECT_FALSE(parse_capabilities(empty.all(), 60, 16));          // half of it outside
  EXPECT_FALSE(parse_capabilities(empty.all(), UINT32_MAX, 16));  // far outside
  EXPECT_FALSE(parse_capabilities(empty.all(), 8, 16));           // in the fixed part
  EXPECT_FALSE(parse_capabilities(empty.all(), 18, 16));          // not aligned
  EXPECT_FALSE(parse_capabilities(Bytes(64).header(16, 1, 20).all(), 16, 16));  // within a header
}

TEST(Container, MissingNodeIsNamed) {
  const FakeTree tree;
  const auto container = Container::open(tree.root());
  ASSERT_FALSE(container);
  EXPECT_EQ(container.error().code, ENOENT);
  EXPECT_EQ(container.error().step, "open /dev/vfio/vfio");
}

TEST(Container, EveryStepNamesItsIoctl) {
  FakeTree tree;
  tree.file("/dev/vfio/vfio", "").file("/dev/vfio/12", "");  // files: every ioctl fails with ENOTTY
  auto container = std::move(*Container::open(tree.root()));
  auto group = std::move(*Group::open(tree.root(), 12));
  auto memory = std::move(*Pages::allocate(Pages::page_size()));

  EXPECT_EQ(container.api_version().error().step, "VFIO_GET_API_VERSION");
  EXPECT_EQ(container.supports(VFIO_TYPE1v2_IOMMU).error().step, "VFIO_CHECK_EXTENSION");
  EXPECT_EQ(container.set_iommu(VFIO_TYPE1v2_IOMMU).error().step, "VFIO_SET_IOMMU");
  EXPECT_EQ(container.iommu_info().error().step, "VFIO_IOMMU_GET_INFO");
  EXPECT_EQ(container.map(0x100000, memory.bytes(), Access::kRead).error().step,
            "VFIO_IOMMU_MAP_DMA at 0x100000");
  EXPECT_EQ(container.unmap(0xfee00000, 4096).error().step, "VFIO_IOMMU_UNMAP_DMA at 0xfee00000");
  EXPECT_EQ(group.viable().error().step, "VFIO_GROUP_GET_STATUS on group 12");
  EXPECT_EQ(group.set_container(container).error().step, "VFIO_GROUP_SET_CONTAINER on group 12");
  EXPECT_EQ(group.unset_container().error().code, ENOTTY);
}

TEST(Iommufd, NamesTheStepThatFailed) {
  FakeTree tree;
  EXPECT_EQ(Iommufd::open(tree.root()).error().step, "open /dev/iommu");
  tree.file("/dev/iommu", "");  // a file: every ioctl fails with ENOTTY
  const auto compatible = Container::open_compatible(tree.root());
  ASSERT_TRUE(compatible);
  EXPECT_EQ(compatible->api_version().error().code, ENOTTY);
  EXPECT_EQ(Iommufd::open(tree.root()).error().step, "IOMMU_IOAS_ALLOC");
}

// sysfs has the name on every kernel with VFIO; the node exists with CONFIG_VFIO_DEVICE_CDEV.
TEST(DeviceNode, IsFoundByItsSysfsName) {
  FakeTree tree;
  const auto address = *host::PciAddress::parse("0000:01:00.1");
  EXPECT_EQ(Device::open(tree.root(), address).error().code, ENOENT);
  tree.file("/sys/bus/pci/devices/0000:01:00.1/vfio-dev/vfio3/dev", "511:3\n");
  const auto missing = Device::open(tree.root(), address);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().step, "open /dev/vfio/devices/vfio3");
  tree.file("/dev/vfio/devices/vfio3", "");
  EXPECT_TRUE(Device::open(tree.root(), address));
}

// An offset that a device's registers contain may be outside of the region.
TEST(RegionMemory, AccessStaysInsideRegion) {
  constexpr size_t kSize = 4096;
  void* pages =
      ::mmap(nullptr, 2 * kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(pages, MAP_FAILED);
  auto* bytes = static_cast<std::byte*>(pages);
  {
    RegionMemory memory({bytes, kSize});
    memory.write<uint32_t>(kSize - 4, 0x12345678);
    EXPECT_EQ(memory.read<uint32_t>(kSize - 4), 0x12345678u);
    for (const size_t offset : {kSize - 3, kSize, kSize + 64, SIZE_MAX - 1, SIZE_MAX}) {
      memory.write<uint32_t>(offset, 1);
      EXPECT_EQ(memory.read<uint32_t>(offset), UINT32_MAX) << offset;
    }
    EXPECT_EQ(memory.read<uint8_t>(kSize), UINT8_MAX);
  }
  EXPECT_TRUE(std::all_of(bytes + kSize, bytes + 2 * kSize,
                          [](std::byte byte) { return byte == std::byte{0}; }));
  ::munmap(bytes + kSize, kSize);
}

TEST(Pages, AreZeroedOwnedAndMovable) {
  auto pages = Pages::allocate(2 * Pages::page_size());
  ASSERT_TRUE(pages);
  const Pages moved = std::move(*pages);
  EXPECT_EQ(moved.bytes().size(), 2 * Pages::page_size());
  EXPECT_EQ(moved.bytes().back(), std::byte{0});
  EXPECT_TRUE(pages->bytes().empty());
}

TEST(Pages, EmptyAllocationFails) {
  EXPECT_FALSE(Pages::allocate(0));
}

}  // namespace
}  // namespace vfio
