// SPDX-License-Identifier: GPL-2.0-or-later
//
// Holder: what uses a card in the running system, and must end before the card can change hands.
#pragma once

#include <string>
#include <vector>

namespace early::holders {

// A systemd unit, from a cgroup (cgroups(7)).
struct Unit {
  // kSystem: systemctl can stop it. kUser: a service of a user's own systemd. kSession: the
  // programs of a login.
  enum class Kind { kNone, kSystem, kUser, kSession, kOther };

  Kind kind = Kind::kNone;
  std::string name;  // "nvidia-persistenced.service", "session-2.scope"; "": none
  std::string user;  // the number of the user, for kUser and kSession
};

struct Holder {
  enum class Kind { kProcess, kConsole, kFilesystem, kSwap, kNetwork, kUnknown };

  Kind kind = Kind::kProcess;
  int pid = 0;                    // of a process; 0: it is none
  std::string name;               // "Xorg", "/mnt/stick", "enp3s0"
  std::vector<std::string> what;  // what it holds: "/dev/dri/card0"
  bool is_drm_master = false;     // it sets the modes of the card's screens
  Unit unit;
  std::string remedy;

  // A console does not prevent a claim: the kernel moves it away with the driver's framebuffer.
  bool prevents() const { return kind != Kind::kConsole; }

  // "Xorg (812) of lightdm.service has /dev/dri/card0 open"
  std::string str() const;
};

using Holders = std::vector<Holder>;

// Does one of them prevent a claim?
bool prevent(const Holders& holders);

}  // namespace early::holders
