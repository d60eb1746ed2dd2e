// SPDX-License-Identifier: GPL-2.0-or-later
//
// The order of versions in which systemd-boot sorts its menu: uapi-group.org/specifications/specs/
// version_format_specification, as strverscmp_improved() in systemd's src/fundamental.
#pragma once

#include <compare>
#include <string_view>

namespace verify {

// less: `a` is the older version. "6.9" < "6.12", "6.12~rc1" < "6.12", "6.12-a" < "6.12.1".
std::strong_ordering compare_versions(std::string_view a, std::string_view b);

}  // namespace verify
