// SPDX-License-Identifier: GPL-2.0-or-later
//
// map_speed: its options, its sizes, the pools of huge pages, and the output of the published
// program.
#include <cerrno>

#include <gtest/gtest.h>

#include "bench/memory/guest_memory.h"
#include "bench/memory/memory_kind.h"
#include "bench/memory/published.h"
#include "tests/unit/fake_tree.h"

namespace {

using bench::kGibibyte;
using bench::kMebibyte;
using bench::PageKind;

TEST(MapOptions, AllAreRead) {
  const auto options = bench::parse_map_options(
      {"0000:01:00.0", "--largest", "256M", "--pages", "thp,4k", "--interfaces", "iommufd",
       "--threads", "1,8", "--threads-size", "64M", "--published", "/p", "--hugetlbfs", "/h"});
  ASSERT_TRUE(options) << describe(options.error());
  EXPECT_EQ(options->largest, 256 * kMebibyte);
  EXPECT_EQ(options->pages, (std::vector{PageKind::kThp, PageKind::k4K}));
  EXPECT_EQ(options->interfaces, std::vector{bench::Interface::kIommufd});
  EXPECT_EQ(options->threads, (std::vector{1, 8}));
  EXPECT_EQ(options->threads_size, 64 * kMebibyte);
  EXPECT_EQ(options->published, "/p");
}

TEST(MapOptions, WrongOnesAreRefusedWithTheReason) {
  const auto refused = [](std::vector<std::string> arguments) {
    const auto options = bench::parse_map_options(arguments);
    return options ? "accepted" : options.error().step;
  };
  const std::string address = "0000:01:00.0";
  EXPECT_EQ(refused({address}), "accepted");
  EXPECT_EQ(refused({}), "the address of a function is missing");
  EXPECT_EQ(refused({"card"}), "not a PCI address: card");
  EXPECT_EQ(refused({address, address}), "a second address: " + address);
  EXPECT_EQ(refused({address, "--largest"}), "--largest needs a value");
  EXPECT_EQ(refused({address, "--fast", "1"}), "--fast: unknown option");
  for (const char* size :
       {"", "0M", "4", "4K", "G", "-1G", "4G ", "4GiB", "99999999999999999999G", "2000G"})
    EXPECT_NE(refused({address, "--largest", size}), "accepted") << size;
  EXPECT_EQ(refused({address, "--pages", "4k,2g"}),
            "--pages: unknown name '2g': known are 4k, thp, 2m, 1g");
  EXPECT_EQ(refused({address, "--pages", "4k,4k"}), "--pages: duplicate name '4k'");
  EXPECT_EQ(refused({address, "--interfaces", ","}), "--interfaces: the list is empty");
  for (const char* threads : {"0", "3", "-2", "two", "128", ","})
    EXPECT_NE(refused({address, "--threads", threads}), "accepted") << threads;
}

TEST(MapSizes, AreFrom16MiBTo16GiBAndWholePages) {
  EXPECT_EQ(bench::sizes_for(PageKind::k4K).front(), 16 * kMebibyte);
  EXPECT_EQ(bench::sizes_for(PageKind::k1G).front(), kGibibyte);
  for (const PageKind kind : {PageKind::k4K, PageKind::kThp, PageKind::k2M, PageKind::k1G}) {
    EXPECT_EQ(bench::sizes_for(kind).back(), 16 * kGibibyte);
    for (const uint64_t size : bench::sizes_for(kind)) EXPECT_EQ(size % bench::page_size(kind), 0u);
  }
  EXPECT_EQ(bench::size_title(16 * kMebibyte), "16 MiB");
  EXPECT_EQ(bench::size_title(4 * kGibibyte), "4 GiB");
}

constexpr const char* kPool = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages";

TEST(HugePagePool, IsEnlargedAndEmptied) {
  FakeTree tree;
  tree.file(kPool, "3\n");
  EXPECT_TRUE(bench::reserve(tree.root(), PageKind::k2M, 16 * kMebibyte));
  EXPECT_EQ(tree.text(kPool), "8\n");
  EXPECT_TRUE(bench::reserve(tree.root(), PageKind::k2M, 0));
  EXPECT_EQ(tree.text(kPool), "0\n");
}

TEST(HugePagePool, KeepsWhatWasReservedAtBoot) {
  FakeTree tree;
  tree.file(kPool, "100\n");
  EXPECT_TRUE(bench::reserve(tree.root(), PageKind::k2M, 16 * kMebibyte));
  EXPECT_EQ(tree.text(kPool), "100\n");
}

TEST(HugePagePool, MissingIsAnError) {
  FakeTree tree;
  const auto reserved = bench::reserve(tree.root(), PageKind::k1G, kGibibyte);
  ASSERT_FALSE(reserved);
  EXPECT_EQ(reserved.error().code, ENOENT);
  EXPECT_TRUE(bench::reserve(tree.root(), PageKind::kThp, kGibibyte)) << "it needs no pool";
}

TEST(GuestMemory, HasItsSizeAndAlignment) {
  for (const PageKind kind : {PageKind::k4K, PageKind::kThp}) {
    auto memory = bench::GuestMemory::allocate(kind, 4 * kMebibyte, bench::Sharing::kPrivate);
    ASSERT_TRUE(memory) << describe(memory.error());
    EXPECT_EQ(memory->bytes().size(), 4 * kMebibyte);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory->bytes().data()) % (2 * kMebibyte), 0u);
    memory->touch();
    EXPECT_EQ(memory->bytes()[4096], std::byte{1});
    EXPECT_EQ(memory->bytes()[1], std::byte{0});
  }
}

TEST(GuestMemory, WithoutReservedPagesIsRefused) {
  EXPECT_FALSE(
      bench::GuestMemory::allocate(PageKind::k1G, 1024 * kGibibyte, bench::Sharing::kPrivate));
}

constexpr const char* kOutput =
    "Using device 0000:01:00.0 in IOMMU group 4\n"
    "------- AVERAGE (MADV_HUGEPAGE) --------\n"
    "VFIO MAP DMA in 0.047 s (340.2 GB/s)\nVFIO UNMAP DMA in 0.135 s (118.6 GB/s)\n"
    "------- AVERAGE (MAP_POPULATE) --------\n"
    "VFIO MAP DMA in 0.280 s (57.2 GB/s)\nVFIO UNMAP DMA in 0.312 s (51.3 GB/s)\n";

TEST(PublishedProgram, RatesAreRead) {
  const auto results = bench::parse_published(kOutput);
  ASSERT_TRUE(results);
  ASSERT_EQ(results->size(), 2u);
  EXPECT_EQ((*results)[1].memory, "MAP_POPULATE");
  EXPECT_DOUBLE_EQ((*results)[0].map, 340.2);
  EXPECT_DOUBLE_EQ((*results)[1].unmap, 51.3);
}

TEST(PublishedProgram, CutOrFailedOutputIsAnError) {
  const std::string output = kOutput;
  EXPECT_FALSE(bench::parse_published(""));
  EXPECT_FALSE(bench::parse_published("Failed to open /dev/vfio/4, -1 (Permission denied)\n"));
  EXPECT_FALSE(bench::parse_published(output.substr(0, output.rfind("VFIO UNMAP"))));
  EXPECT_FALSE(
      bench::parse_published("AVERAGE (HUGETLBFS)\nVFIO MAP DMA in 0.000 s (inf GB/s)\n"
                             "VFIO UNMAP DMA in 0.000 s (1.0 GB/s)\n"));
}

}  // namespace
