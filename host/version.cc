// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/version.h"

namespace host {

const char* const kVersion = VFIO_EARLY_VERSION;

}  // namespace host
