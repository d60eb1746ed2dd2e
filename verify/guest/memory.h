// SPDX-License-Identifier: GPL-2.0-or-later
//
// A guest with a device has all of its memory locked: the device may reach any of it at any time.
// How much a user may lock, and which huge pages are there to hold it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/root.h"
#include "verify/guest/account.h"

namespace verify::guest {

inline constexpr uint64_t kUnlimited = UINT64_MAX;

struct LockLimit {
  std::optional<uint64_t> bytes;  // RLIMIT_MEMLOCK; nothing: can't be known from here
  std::optional<uint64_t> hard;   // what it may be raised to without leave
  std::string where;              // whose limit it is: "this process's", "/etc/…/vfio.conf:3"
};

// Of a QEMU that `account` starts itself. libvirt's system daemon sets a limit of its own for each
// guest (qemuDomainAdjustMaxMemLock).
LockLimit read_lock_limit(const host::Root& root, const Account& account);

// What the files of pam_limits(8) give to a login of `account`: limits.conf(5).
LockLimit lock_limit_at_login(const host::Root& root, const Account& account);

struct HugePages {
  uint64_t size = 0;  // bytes of one
  uint64_t total = 0;
  uint64_t free = 0;  // and promised to nobody

  bool operator==(const HugePages&) const = default;
};

// One for each size that the processor knows, the largest first.
std::vector<HugePages> read_huge_pages(const host::Root& root);

// "16 GiB".
std::string size_words(uint64_t bytes);

}  // namespace verify::guest
