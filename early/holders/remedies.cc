// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/holders/remedies.h"

#include <algorithm>

#include "early/holders/unit_of_process.h"

namespace early::holders {
namespace {

bool has(const Holder& holder, std::string_view prefix) {
  return std::any_of(holder.what.begin(), holder.what.end(),
                     [&](const std::string& name) { return name.starts_with(prefix); });
}

std::string number_of_session(const std::string& scope) {
  constexpr std::string_view kSession = "session-", kScope = ".scope";
  if (!scope.starts_with(kSession) || !scope.ends_with(kScope)) return {};
  return scope.substr(kSession.size(), scope.size() - kSession.size() - kScope.size());
}

// A sound server opens every sound card.
bool is_sound_server(const Holder& holder) {
  return has(holder, "/dev/snd/") &&
         (holder.name == "pipewire" || holder.name == "wireplumber" || holder.name == "pulseaudio");
}

// As root: a user's systemd is reached by the name of the user.
std::string systemctl_for_user(const Holder& holder, const std::string& unit) {
  return "run `systemctl --user --machine=" + holder.unit.user + "@.host stop " + unit + "`";
}

std::string remedy_for_user_service(const Holder& holder) {
  if (is_sound_server(holder))
    return systemctl_for_user(holder,
                              "wireplumber pipewire.socket pipewire pulseaudio.socket pulseaudio") +
           ", or turn off the profile of the card's audio function in the sound settings";
  return systemctl_for_user(holder, holder.unit.name);
}

}  // namespace

std::string remedy_for_process(const Holder& holder, const std::string& display_manager) {
  const std::string process = std::to_string(holder.pid);
  const bool opens_for_sessions = holder.name == "systemd-logind" || holder.name == "seatd";
  if (opens_for_sessions)
    return "log out of the graphical sessions; it has the device open on behalf of them";
  if (!display_manager.empty() && holder.unit.name == display_manager)
    return "run `systemctl stop " + display_manager +
           "`, which ends the sessions of its users; or let a hook do that";
  switch (holder.unit.kind) {
    case Unit::Kind::kSystem:
      return may_stop(holder.unit)
                 ? "run `systemctl stop " + holder.unit.name + "`, or use --stop-services"
                 : "end process " + process;
    case Unit::Kind::kUser:
      return remedy_for_user_service(holder);
    case Unit::Kind::kSession:
      if (const std::string session = number_of_session(holder.unit.name); !session.empty())
        return holder.is_drm_master || has(holder, "/dev/dri/card")
                   ? "log out, or run `loginctl terminate-session " + session + "`"
                   : "end process " + process + ", of session " + session;
      break;
    case Unit::Kind::kNone:
    case Unit::Kind::kOther:
      break;
  }
  return "end process " + process;
}

}  // namespace early::holders
