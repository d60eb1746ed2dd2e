// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/trial/live/superpage_trial.h"

#include <cerrno>
#include <charconv>
#include <chrono>
#include <span>

#include "host/text.h"
#include "verify/trial/dma_trial.h"
#include "verify/trial/live/pagemap.h"
#include "vfio/pages.h"

namespace verify {
namespace {

constexpr uint64_t kSizes[] = {uint64_t{2} << 20, uint64_t{1} << 30};
constexpr size_t kLargestTable = 16 << 20;  // text; an address space of ours has few lines

// The file exists for every device, and is empty if the device's DMA is not translated.
std::string translation_table(const host::Root& root, const std::string& address) {
  return root
      .read("/sys/kernel/debug/iommu/intel/" + address + "/domain_translation_struct",
            kLargestTable)
      .value_or("");
}

// Large pages were requested, but the kernel does not always provide them. Only root can check.
bool is_contiguous(const host::Root& root, std::span<const std::byte> memory) {
  const auto physical = contiguous_physical_address(root, memory);
  return physical && *physical % memory.size() == 0;
}

Superpage try_size(const host::Root& root, vfio::AddressSpace& space, const std::string& address,
                   uint64_t size) {
  Superpage seen = {.size = size, .obstacle = {}, .mapped_by = {}, .microseconds = 0};
  const auto refuse = [&](const host::Error& error) { return seen.obstacle = error, seen; };
  const auto ranges = space.ranges();
  if (!ranges) return refuse(ranges.error());
  const auto iova = free_iova(*ranges, size);
  if (!iova) return refuse({ENOSPC, "find a free IOVA for " + std::to_string(size) + " bytes"});
  const auto memory = vfio::Pages::allocate_huge(size);
  if (!memory) return refuse(memory.error());
  if (!is_contiguous(root, memory->bytes()))
    return refuse({0, "it is unknown whether the memory is contiguous"});
  const auto began = std::chrono::steady_clock::now();
  if (const auto mapped = space.map(*iova, memory->bytes(), vfio::Access::kReadWrite); !mapped)
    return refuse(mapped.error());
  seen.microseconds = static_cast<int>(std::chrono::duration_cast<std::chrono::microseconds>(
                                           std::chrono::steady_clock::now() - began)
                                           .count());
  seen.mapped_by = page_size_in(translation_table(root, address), *iova);
  (void)space.unmap(*iova, size);
  return seen;
}

}  // namespace

// A line has "0x0000000000200 |" and an entry of each level down to the one that maps: three for
// 1 GiB, four for 2 MiB, five for 4 KiB.
std::optional<uint64_t> page_size_in(std::string_view table, uint64_t iova) {
  for (const std::string_view line : host::split(table, "\n")) {
    const auto words = host::split(line);
    uint64_t frame = 0;
    if (words.size() < 5 || words.size() > 7 || words[1] != "|" || !words[0].starts_with("0x"))
      continue;
    const char* end = words[0].data() + words[0].size();
    const auto parsed = std::from_chars(words[0].data() + 2, end, frame, 16);
    if (parsed.ec != std::errc() || parsed.ptr != end) continue;
    const uint64_t size = uint64_t{4096} << (9 * (7 - words.size()));
    if (iova / 4096 >= frame && iova / 4096 - frame < size / 4096) return size;
  }
  return std::nullopt;
}

std::vector<Superpage> try_superpages(const host::Root& root, vfio::AddressSpace& space,
                                      const std::string& address) {
  std::vector<Superpage> seen;
  for (const uint64_t size : kSizes) seen.push_back(try_size(root, space, address, size));
  return seen;
}

}  // namespace verify
