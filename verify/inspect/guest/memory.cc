// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/guest/memory.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>

#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "host/text.h"

namespace verify::guest {
namespace {

constexpr const char* kLimits = "/etc/security/limits.conf";
constexpr const char* kMoreLimits = "/etc/security/limits.d";
constexpr const char* kHugePages = "/sys/kernel/mm/hugepages";

uint64_t of_rlimit(rlim_t value) {
  return value == RLIM_INFINITY ? kUnlimited : value;
}

// The kernel checks the capability, not the uid (vfio_lock_acct in vfio_iommu_type1.c).
LockLimit limit_of_this_process(bool is_root) {
  if (is_root && ::prctl(PR_CAPBSET_READ, CAP_IPC_LOCK) == 1)
    return {kUnlimited, kUnlimited, "root with CAP_IPC_LOCK"};
  rlimit limit = {};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return {{}, {}, "limit of this process"};
  return {of_rlimit(limit.rlim_cur), of_rlimit(limit.rlim_max), "limit of this process"};
}

// How specific the domain of a line is for the account: 0 for the user, 1 for a group, 2 for the
// wildcard. The lowest value applies; of lines with equal values, the last. Nothing: the line does
// not apply to the account.
std::optional<int> specificity(std::string_view domain, const Account& account) {
  if (domain == account.name) return 0;
  const bool group = domain.starts_with('@');
  if (group && std::find(account.group_names.begin(), account.group_names.end(),
                         domain.substr(1)) != account.group_names.end())
    return 1;
  // limits.conf(5): the wildcard is not for root.
  if (domain == "*" && account.uid != 0) return 2;
  return std::nullopt;
}

// "unlimited", or a number of KiB.
std::optional<uint64_t> parse_limit(const std::string& text) {
  if (text == "unlimited" || text == "infinity" || text == "-1") return kUnlimited;
  char* end = nullptr;
  const uint64_t value = std::strtoull(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || value > kUnlimited / 1024) return std::nullopt;
  return value * 1024;
}

struct MostSpecific {
  LockLimit limit;
  int soft = 3, hard = 3;
};

void read_limits(std::string_view text, const std::string& file, const Account& account,
                 MostSpecific& most_specific) {
  int number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    const auto words = host::split(line.substr(0, line.find('#')));
    if (words.size() != 4 || words[2] != "memlock") continue;
    const auto line_specificity = specificity(words[0], account);
    const auto bytes = parse_limit(std::string(words[3]));
    if (!line_specificity || !bytes) continue;
    if (words[1] != "hard" && *line_specificity <= most_specific.soft) {
      most_specific.soft = *line_specificity;
      most_specific.limit.bytes = *bytes;
      most_specific.limit.source = fmt::format("{}:{}, from the next login on", file, number);
    }
    if (words[1] != "soft" && *line_specificity <= most_specific.hard) {
      most_specific.hard = *line_specificity;
      most_specific.limit.hard = *bytes;
    }
  }
}

uint64_t number_in(const host::Root& root, const std::string& file) {
  return std::strtoull(root.read_line(file).c_str(), nullptr, 10);
}

}  // namespace

LockLimit lock_limit_at_login(const host::Root& root, const Account& account) {
  std::vector<std::string> files = {kLimits};
  for (const std::string& name : root.list(kMoreLimits).value_or({}))
    if (name.ends_with(".conf")) files.push_back(std::string(kMoreLimits) + "/" + name);
  MostSpecific most_specific;
  for (const std::string& file : files)
    read_limits(root.read(file, 1 << 20).value_or(""), file, account, most_specific);
  return most_specific.limit;
}

LockLimit read_lock_limit(const host::Root& root, const Account& account) {
  if (account.is_current_user || account.uid == 0) return limit_of_this_process(account.uid == 0);
  return lock_limit_at_login(root, account);
}

std::vector<HugePages> read_huge_pages(const host::Root& root) {
  constexpr std::string_view kPrefix = "hugepages-";
  std::vector<HugePages> all;
  for (const std::string& name : root.list(kHugePages).value_or({})) {
    if (!name.starts_with(kPrefix)) continue;
    const std::string directory = std::string(kHugePages) + "/" + name;
    const uint64_t kilobytes = std::strtoull(name.c_str() + kPrefix.size(), nullptr, 10);
    const uint64_t free = number_in(root, directory + "/free_hugepages");
    // Reserved for a mapping that has not used them yet (Documentation/admin-guide/mm).
    const uint64_t reserved_pages = number_in(root, directory + "/resv_hugepages");
    all.push_back({.size = kilobytes * 1024,
                   .total = number_in(root, directory + "/nr_hugepages"),
                   .free = free > reserved_pages ? free - reserved_pages : 0});
  }
  std::sort(all.begin(), all.end(),
            [](const HugePages& a, const HugePages& b) { return a.size > b.size; });
  return all;
}

std::string memory_size_text(uint64_t bytes) {
  constexpr const char* kUnits[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  if (bytes == kUnlimited) return "any amount";
  size_t unit = 0;
  while (bytes >= 1024 && bytes % 1024 == 0 && unit + 1 < std::size(kUnits)) bytes /= 1024, ++unit;
  return fmt::format("{} {}", bytes, kUnits[unit]);
}

}  // namespace verify::guest
