// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/boot/configuration.h"

#include <utility>

namespace verify {

const BootConfiguration::Contents& BootConfiguration::contents() const {
  if (contents_) return *contents_;
  BootFiles files(root_);
  std::vector<WrittenCommandLine> written = written_command_lines(files);
  std::vector<BootMenu> menus = boot_menus(files);
  return contents_.emplace(Contents{std::move(written), std::move(menus), files.unread(),
                                    !files.meter().exceeded_limit().empty()});
}

}  // namespace verify
