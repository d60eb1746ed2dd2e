// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/healthy.h"

#include <algorithm>
#include <cstdio>
#include <functional>

#include <unistd.h>

#include "early/messages.h"
#include "early/rescue.h"
#include "host/printable.h"
#include "host/text.h"

namespace early {
namespace {

using host::Root;
using record::BootFlag;
using record::Mark;
using record::Record;

constexpr unsigned kPollSeconds = 5;

// A connector is a directory of its card: /devices/pci0000:00/0000:00:02.0/drm/card0/card0-DP-1. A
// connector without a PCI function proves nothing: simpledrm's is always connected, and may be on
// the framebuffer of the claimed card.
bool is_on_host_card(const std::string& connector, const Record& record) {
  const std::string device = connector.substr(0, connector.rfind("/drm/"));
  const auto address = host::PciAddress::parse(host::file_name(device));
  return address &&
         std::none_of(record.functions.begin(), record.functions.end(), [&](const auto& function) {
           return function.address == *address && function.state == record::State::kBound;
         });
}

std::string connected_screen(const Root& root, const Record& record) {
  const std::string drm = "/sys/class/drm";
  for (const std::string& name : root.list(drm).value_or({})) {
    if (root.read_line(drm + "/" + name + "/status") != "connected") continue;
    if (is_on_host_card(root.link_target(drm + "/" + name), record)) return name + " is connected";
  }
  return {};
}

// Is it a session of a user? Its class is "user", and from systemd 256 on also user-early (root),
// user-light and others. A greeter or a cron job has another class, and a login before the password
// is user-incomplete.
bool is_user_session(std::string_view line) {
  return line.starts_with("CLASS=user") && line != "CLASS=user-incomplete";
}

// logind has one file for each session, and a FIFO NAME.ref beside it (logind-session.c).
std::string login(const Root& root) {
  const std::string sessions = "/run/systemd/sessions";
  for (const std::string& name : root.list(sessions).value_or({})) {
    const auto text = root.read(sessions + "/" + name);
    if (!text) continue;
    const auto lines = host::split(*text, "\n");
    if (std::any_of(lines.begin(), lines.end(), is_user_session))
      return "a user is logged in (session " + name + ")";
  }
  return {};
}

bool nothing_to_mark(const std::string& why) {
  host::print(stdout, "Nothing to mark: %s.\n", why.c_str());
  return true;
}

bool log_failure(const Root& root, const host::Error& error) {
  log_message(
      root, host::Priority::kWarning,
      "dead-man rescue: cannot mark this boot: " + describe(error) +
          ". Remedy: run `vfio-early healthy` as root; without the mark, the next boot leaves the cards with 'healthy-when' to the host, once");
  return false;
}

bool set(const Root& root, const BootFlag& flag, Mark mark, const std::string& sentence) {
  if (const auto marked = mark_flag(root, flag, mark); !marked)
    return log_failure(root, marked.error());
  log_message(root, host::Priority::kInfo, "dead-man rescue: " + sentence);
  return true;
}

// Calls `mark` if the flag is pending. The gate has already logged why there may be no flag.
bool mark_pending(const Root& root, const Record& record,
                  const std::function<bool(const BootFlag&)>& mark) {
  if (!record.rescue.armed()) return nothing_to_mark("no card of this boot has 'healthy-when'");
  // A write that timed out may have happened later: so the flag is read again.
  const auto flag = read_flag(root);
  if (!flag && !record.rescue.unavailable.empty())
    return nothing_to_mark("dead-man rescue not available: " + record.rescue.unavailable);
  if (!flag) return log_failure(root, flag.error());
  if (flag->mark != Mark::kPending)
    return nothing_to_mark(std::string("the flag is '") + record::mark_name(flag->mark) + "'");
  return mark(*flag);
}

}  // namespace

std::string health_evidence(const Root& root, const Record& record) {
  if (record.rescue.healthy_when == config::Healthy::kBoot) return "the boot has completed";
  const std::string screen = connected_screen(root, record);
  return screen.empty() ? login(root) : screen;
}

bool mark_healthy(const Root& root, const Record& record, bool wait) {
  return mark_pending(root, record, [&](const BootFlag& flag) {
    std::string sign = health_evidence(root, record);
    for (; sign.empty() && wait; sign = health_evidence(root, record)) ::sleep(kPollSeconds);
    if (!sign.empty()) return set(root, flag, Mark::kHealthy, "this boot is healthy: " + sign);
    host::print(
        stderr,
        "vfio-early: not healthy yet: no screen is connected to a card of the host, and no user is logged in. Remedy: connect a screen, log in, or set 'healthy-when = boot'\n");
    return false;
  });
}

bool mark_stopped(const Root& root, const Record& record) {
  return mark_pending(root, record, [&](const BootFlag& flag) {
    return set(root, flag, Mark::kStopped,
               "this boot is shut down before it was marked as healthy; this is not a failure");
  });
}

}  // namespace early
