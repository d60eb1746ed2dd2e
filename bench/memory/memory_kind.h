// SPDX-License-Identifier: GPL-2.0-or-later
//
// What map_speed measures: kinds of memory, kernel interfaces and sizes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/result.h"

namespace bench {

inline constexpr uint64_t kMebibyte = uint64_t{1} << 20, kGibibyte = uint64_t{1} << 30;

// The pages of a guest's memory: small ones, transparent huge pages, and reserved huge pages.
enum class PageKind { k4K, kThp, k2M, k1G };
inline constexpr const char* kPageKindNames[] = {"4k", "thp", "2m", "1g"};  // options
inline constexpr const char* kPageKindTitles[] = {"4 KiB", "THP", "2 MiB", "1 GiB"};

// Of the interfaces, type1 is the container, and compatibility is iommufd in its place.
enum class Interface { kType1, kCompatibility, kIommufd };
inline constexpr const char* kInterfaceNames[] = {"type1", "compatibility", "iommufd"};

inline const char* title(PageKind kind) {
  return kPageKindTitles[static_cast<size_t>(kind)];
}
inline const char* title(Interface interface) {
  return kInterfaceNames[static_cast<size_t>(interface)];
}

// In bytes. Transparent huge pages are 2 MiB.
uint64_t page_size(PageKind kind);

// "16 MiB", "4 GiB".
std::string size_title(uint64_t bytes);

// "256M", "4G". A multiple of 1 MiB that is not 0.
host::Result<uint64_t> parse_size(const std::string& text);

// From 16 MiB to 16 GiB. Those of pages of 1 GiB begin at 1 GiB.
std::vector<uint64_t> sizes_for(PageKind kind);

struct MapOptions {
  std::string address;
  uint64_t largest = 4 * kGibibyte;  // larger sizes are reported as not run
  std::vector<PageKind> pages = {PageKind::k1G, PageKind::k2M, PageKind::kThp, PageKind::k4K};
  std::vector<Interface> interfaces = {Interface::kType1, Interface::kCompatibility,
                                       Interface::kIommufd};
  std::vector<int> threads = {1, 2, 4};
  uint64_t threads_size = kGibibyte;
  std::string published;  // the program that is run beside this one; "": none
  std::string hugetlbfs;  // the directory with its mounts "2m" and "1g"
};

// The error is for the user: the wrong argument, and what is allowed.
host::Result<MapOptions> parse_map_options(const std::vector<std::string>& arguments);

}  // namespace bench
