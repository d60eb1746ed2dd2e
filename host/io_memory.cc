// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/io_memory.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "host/framebuffer.h"
#include "host/text.h"

namespace host {
namespace {

constexpr size_t kBars = 6;
constexpr size_t kMaxIomem = size_t{4} << 20;
constexpr uint64_t kUnset = 0x20000000;  // IORESOURCE_UNSET of include/linux/ioport.h

struct Range {
  uint64_t first = 0;
  uint64_t last = 0;

  bool overlaps(const Range& other) const { return first <= other.last && other.first <= last; }
};

// A line of /proc/iomem: "    c2000000-c2ffffff : 0000:01:00.0", two spaces for each level
// (r_show in kernel/resource.c).
struct Region {
  size_t depth = 0;
  Range range;
  std::string_view name;
};

std::optional<uint64_t> parse_hex(std::string_view text) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  if (text.empty() || text.size() > 16) return std::nullopt;
  const size_t middle = text.size() > 8 ? text.size() - 8 : 0;
  const auto high = middle ? parse_number(text.substr(0, middle), 16) : 0;
  const auto low = parse_number(text.substr(middle), 16);
  if (!high || !low) return std::nullopt;
  return uint64_t{*high} << 32 | *low;
}

std::optional<Region> parse_region(std::string_view line) {
  const size_t indent = std::min(line.find_first_not_of(' '), line.size());
  const size_t dash = line.find('-'), colon = line.find(" : ");
  if (dash == line.npos || colon == line.npos || dash < indent || colon < dash) return std::nullopt;
  const auto first = parse_hex(line.substr(indent, dash - indent));
  const auto last = parse_hex(line.substr(dash + 1, colon - dash - 1));
  if (!first || !last) return std::nullopt;
  return Region{indent / 2, {*first, *last}, line.substr(colon + 3)};
}

// "0x00000000c2000000 0x00000000c2ffffff 0x0000000000042208", one line for each resource, the BARs
// first (resource_show in drivers/pci/pci-sysfs.c).
std::vector<Range> parse_bars(std::string_view resource) {
  std::vector<Range> bars;
  const auto lines = split(resource, "\n");
  for (size_t i = 0; i < std::min(lines.size(), kBars); ++i) {
    const auto words = split(lines[i]);
    if (words.size() != 3) continue;
    const auto first = parse_hex(words[0]), last = parse_hex(words[1]), flags = parse_hex(words[2]);
    if (first && last && flags && *first != 0 && !(*flags & kUnset))
      bars.push_back({*first, *last});
  }
  return bars;
}

// Limits for a hostile file, far above those of any machine. The rest is ignored.
constexpr size_t kMaxFramebuffers = 100, kMaxLevels = 20, kMaxRegions = 100;

// The region of a BAR has the function's address as name (pci_setup_device in drivers/pci/probe.c).
void add_region(std::vector<std::string>& names, std::string_view name) {
  if (names.size() == kMaxRegions || std::find(names.begin(), names.end(), name) != names.end())
    return;
  names.emplace_back(name);
}

}  // namespace

IoMemory::IoMemory(std::string_view iomem) {
  std::vector<std::pair<size_t, std::string_view>> enclosing;  // depth and name
  while (!iomem.empty() && framebuffers_.size() < kMaxFramebuffers) {
    const std::string_view line = iomem.substr(0, iomem.find('\n'));
    iomem.remove_prefix(std::min(line.size() + 1, iomem.size()));
    const auto region = parse_region(line);
    if (!region) continue;
    while (!enclosing.empty() && enclosing.back().first >= region->depth) enclosing.pop_back();
    if (is_framebuffer_region(region->name)) {
      Framebuffer found{std::string(region->name), region->range.first, region->range.last, {}};
      for (const auto& [depth, name] : enclosing) found.enclosing.emplace_back(name);
      framebuffers_.push_back(std::move(found));
    }
    if (!enclosing.empty() && PciAddress::parse(enclosing.back().second) &&
        !PciAddress::parse(region->name))
      add_region(in_bars_[std::string(enclosing.back().second)], region->name);
    if (enclosing.size() < kMaxLevels) enclosing.emplace_back(region->depth, region->name);
  }
}

Result<IoMemory> IoMemory::read(const Root& root) {
  const auto iomem = root.read("/proc/iomem", kMaxIomem);
  if (!iomem) return iomem.error();
  return IoMemory(*iomem);
}

std::vector<std::string> IoMemory::overlapping_framebuffers(std::string_view resource,
                                                            const PciAddress& address) const {
  const std::vector<Range> bars = parse_bars(resource);
  const std::string function = address.str();
  std::vector<std::string> names;
  for (const Framebuffer& framebuffer : framebuffers_) {
    const Range range{framebuffer.first, framebuffer.last};
    const bool below = std::find(framebuffer.enclosing.begin(), framebuffer.enclosing.end(),
                                 function) != framebuffer.enclosing.end();
    const bool over =
        range.last != 0 && std::any_of(bars.begin(), bars.end(),
                                       [&](const Range& bar) { return bar.overlaps(range); });
    if (below || over) names.push_back(framebuffer.name);
  }
  return names;
}

std::vector<std::string> IoMemory::regions_in_bars(const PciAddress& address) const {
  const auto found = in_bars_.find(address.str());
  return found == in_bars_.end() ? std::vector<std::string>() : found->second;
}

Result<std::vector<std::string>> read_overlapping_framebuffers(const Root& root,
                                                               const PciAddress& address,
                                                               const Result<IoMemory>& memory) {
  if (!memory) return memory.error();
  const auto resource = root.read_attribute(address.sysfs() + "/resource");
  if (!resource) return resource.error();
  return memory->overlapping_framebuffers(*resource, address);
}

}  // namespace host
