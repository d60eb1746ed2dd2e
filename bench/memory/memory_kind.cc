// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/memory/memory_kind.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "host/pci_address.h"
#include "host/text.h"

namespace bench {
namespace {

constexpr int kMaxThreads = 64;

// A list of names, separated by commas, without duplicates.
template <class Enum, size_t kCount>
host::Result<std::vector<Enum>> parse_names(const std::string& text,
                                            const char* const (&names)[kCount]) {
  std::vector<Enum> found;
  for (const std::string_view word : host::split(text, ",")) {
    const auto name = std::find(std::begin(names), std::end(names), word);
    if (name == std::end(names))
      return host::Error{
          0, fmt::format("unknown name '{}': known are {}", word, fmt::join(names, ", "))};
    const auto value = static_cast<Enum>(name - std::begin(names));
    if (std::find(found.begin(), found.end(), value) != found.end())
      return host::Error{0, fmt::format("duplicate name '{}'", word)};
    found.push_back(value);
  }
  if (found.empty()) return host::Error{0, "the list is empty"};
  return found;
}

host::Result<std::vector<int>> parse_threads(const std::string& text) {
  std::vector<int> counts;
  for (const std::string_view word : host::split(text, ",")) {
    int count = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), count);
    // A power of two, so that each thread gets an equal part in whole huge pages.
    if (error != std::errc() || end != word.data() + word.size() || count < 1 ||
        count > kMaxThreads || (count & (count - 1)) != 0)
      return host::Error{0, fmt::format("'{}' is not 1, 2, 4 or another power of two up to {}",
                                        word, kMaxThreads)};
    counts.push_back(count);
  }
  if (counts.empty()) return host::Error{0, "the list is empty"};
  return counts;
}

template <class T>
host::Result<void> store(host::Result<T> value, T& into) {
  if (!value) return value.error();
  into = std::move(*value);
  return {};
}

host::Result<void> set(MapOptions& options, const std::string& name, const std::string& value) {
  if (name == "--largest") return store(parse_size(value), options.largest);
  if (name == "--threads-size") return store(parse_size(value), options.threads_size);
  if (name == "--pages") return store(parse_names<PageKind>(value, kPageKindNames), options.pages);
  if (name == "--interfaces")
    return store(parse_names<Interface>(value, kInterfaceNames), options.interfaces);
  if (name == "--threads") return store(parse_threads(value), options.threads);
  if (name == "--published") return options.published = value, host::Result<void>();
  if (name == "--hugetlbfs") return options.hugetlbfs = value, host::Result<void>();
  return host::Error{0, "unknown option"};
}

}  // namespace

uint64_t page_size(PageKind kind) {
  switch (kind) {
    case PageKind::k4K:
      return 4096;
    case PageKind::kThp:
    case PageKind::k2M:
      return 2 * kMebibyte;
    case PageKind::k1G:
      return kGibibyte;
  }
  return 0;
}

std::string size_title(uint64_t bytes) {
  return bytes % kGibibyte == 0 ? fmt::format("{} GiB", bytes / kGibibyte)
                                : fmt::format("{} MiB", bytes / kMebibyte);
}

host::Result<uint64_t> parse_size(const std::string& text) {
  constexpr uint64_t kMaxGibibytes = 1024;
  uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  const bool gibibytes = unit == "G";
  const uint64_t limit = gibibytes ? kMaxGibibytes : kMaxGibibytes << 10;
  if (error != std::errc() || count == 0 || count > limit || (!gibibytes && unit != "M"))
    return host::Error{0, fmt::format("'{}' is not a size such as 256M or 4G", text)};
  return count * (gibibytes ? kGibibyte : kMebibyte);
}

std::vector<uint64_t> sizes_for(PageKind kind) {
  std::vector<uint64_t> sizes;
  for (const uint64_t size : {16 * kMebibyte, 64 * kMebibyte, 256 * kMebibyte, kGibibyte,
                              2 * kGibibyte, 4 * kGibibyte, 8 * kGibibyte, 16 * kGibibyte})
    if (size % page_size(kind) == 0) sizes.push_back(size);
  return sizes;
}

host::Result<MapOptions> parse_map_options(const std::vector<std::string>& arguments) {
  MapOptions options;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    if (!name.starts_with("--")) {
      if (!options.address.empty()) return host::Error{0, "a second address: " + name};
      if (!host::PciAddress::parse(name)) return host::Error{0, "not a PCI address: " + name};
      options.address = name;
      continue;
    }
    if (i + 1 == arguments.size()) return host::Error{0, name + " needs a value"};
    if (const auto done = set(options, name, arguments[++i]); !done)
      return host::Error{0, name + ": " + done.error().step};
  }
  if (options.address.empty()) return host::Error{0, "the address of a function is missing"};
  return options;
}

}  // namespace bench
