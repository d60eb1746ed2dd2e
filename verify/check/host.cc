// SPDX-License-Identifier: GPL-2.0-or-later
//
// host.*: what the kernel allows.
#include <cerrno>

#include "host/text.h"
#include "verify/check/check.h"
#include "verify/check/each.h"

namespace verify {
namespace {

// The active level is in brackets (security/lockdown/lockdown.c).
Finding judge_lockdown(const Inspection& inspection) {
  const auto& text = inspection.lockdown;
  if (!text && text.error().code == ENOENT)
    return skip(kHost, "this kernel has no lockdown, or securityfs is not mounted");
  if (!text) return unknown(kHost, host::describe(text.error()), kRunAsRoot);
  if (text->find("[none]") != text->npos) return pass(kHost, "the kernel is not locked down");
  if (text->find("[integrity]") != text->npos)
    return pass(kHost, "integrity: VFIO works, but unsigned modules cannot be loaded");
  return warn(kHost,
              "lockdown is " + std::string(host::trim(*text)) +
                  ": the kernel may withhold data that vfio-verify reads",
              "boot with lockdown=integrity, if the card does not work in a guest");
}

constexpr Check kChecks[] = {
    {"host.lockdown", "Does the kernel's lockdown mode allow VFIO?", R"(
_none_ and _integrity_ do.)",
     the_host<judge_lockdown>, Weight::kAdvises},
};

}  // namespace

constexpr Chapter kHostChapter{"Host", kChecks};

}  // namespace verify
