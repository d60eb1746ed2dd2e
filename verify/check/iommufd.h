// SPDX-License-Identifier: GPL-2.0-or-later
//
// What `setup` needs of guest.iommufd.
#pragma once

#include "verify/inspect/guest/iommufd.h"

namespace verify {

// Is it known that a guest of libvirt can use iommufd? If not, it can use type1.
bool libvirt_can_use_iommufd(const guest::Iommufd& iommufd);

}  // namespace verify
