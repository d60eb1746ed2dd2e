// SPDX-License-Identifier: GPL-2.0-or-later
//
// mkinitcpio's configuration of this machine: which hooks each image gets. Nothing of it is run:
// HOOKS is evaluated as bash does it, as far as it has only words and earlier values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/root.h"

namespace host {

inline constexpr const char* kMkinitcpioFile = "/etc/mkinitcpio.conf";
inline constexpr const char* kMkinitcpioDropIns = "/etc/mkinitcpio.conf.d";

struct MkinitcpioHooks {
  std::string file = {};                // the file that sets HOOKS last; "": none
  std::vector<std::string> names = {};  // in their order
  bool known = true;                    // false: it depends on a condition, or on a command

  bool has(std::string_view name) const;
  // Is vfio-early started before udev? With the hook systemd, its position does not matter.
  bool start_vfio_early() const;
};

// One image of a file in /etc/mkinitcpio.d.
struct MkinitcpioPreset {
  std::string file;  // "/etc/mkinitcpio.d/linux.preset"
  std::string config = kMkinitcpioFile;
  std::string config_setting;  // that names `config`: "ALL_config"; "": none, so drop-ins count
  std::string skipped_by;      // "default_options", if it leaves out the hook vfio-early
  std::vector<std::string> images;  // paths of the initramfs and of the unified image
  MkinitcpioHooks hooks;
};

struct Mkinitcpio {
  MkinitcpioHooks hooks = {};  // of mkinitcpio.conf and its drop-ins
  std::vector<MkinitcpioPreset> presets = {};

  // The presets that build the image `file`; all, if none does.
  std::vector<MkinitcpioPreset> presets_of(std::string_view file) const;
};

Mkinitcpio read_mkinitcpio(const Root& root);

// The order of drop-ins, that of sort -V: is `a` read before `b`? Both are file names.
bool is_read_before(std::string_view a, std::string_view b);

}  // namespace host
