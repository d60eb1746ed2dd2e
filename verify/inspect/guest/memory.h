// SPDX-License-Identifier: GPL-2.0-or-later
//
// How much memory a user may lock, and the host's huge pages. All memory of a guest with a
// passed-through device is locked, because the device may access any of it at any time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/root.h"
#include "verify/inspect/guest/account.h"

namespace verify::guest {

inline constexpr uint64_t kUnlimited = UINT64_MAX;

struct LockLimit {
  std::optional<uint64_t> bytes;  // RLIMIT_MEMLOCK; nothing: unknown
  std::optional<uint64_t> hard;   // up to which the user may raise it
  std::string source;             // its source: "limit of this process", "/etc/…/vfio.conf:3"
};

// The limit of a QEMU that `account` starts itself. libvirt's system daemon sets its own limit for
// each guest (qemuDomainAdjustMaxMemLock).
LockLimit read_lock_limit(const host::Root& root, const Account& account);

// The limit that pam_limits(8) sets at a login of `account`, from limits.conf(5).
LockLimit lock_limit_at_login(const host::Root& root, const Account& account);

struct HugePages {
  uint64_t size = 0;  // bytes of one
  uint64_t total = 0;
  uint64_t free = 0;  // and not reserved

  bool operator==(const HugePages&) const = default;
};

// One for each size that the kernel supports, the largest first.
std::vector<HugePages> read_huge_pages(const host::Root& root);

// "16 GiB".
std::string memory_size_text(uint64_t bytes);

}  // namespace verify::guest
