// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/hand_over/hooks.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>

#include "config/drop_ins.h"
#include "early/messages.h"
#include "host/child.h"
#include "host/text.h"

namespace early::hand_over {
namespace {

using host::Error;
using host::Result;
using host::Root;

constexpr std::chrono::seconds kHookLimit{30};
constexpr size_t kMaxHooks = 64;

// Follows links: what counts is the file that runs.
Result<struct stat> status_of(const Root& root, const std::string& path) {
  const auto opened = root.open_file(path, O_PATH);
  if (!opened) return opened.error();
  struct stat status = {};
  if (::fstat(opened->get(), &status) != 0) return Error{errno, "examine " + path};
  return status;
}

// A fake tree belongs to the user who runs the tests.
uid_t owner_of(const Root& root) {
  const auto status = status_of(root, "/");
  return root.live() || !status ? 0 : status->st_uid;
}

Result<void> must_be_safe(const std::string& path, const struct stat& status, uid_t owner) {
  if (status.st_uid != owner)
    return Error{0, path + " does not belong to root. Remedy: run `chown root " + path + "`"};
  if (status.st_mode & (S_IWGRP | S_IWOTH))
    return Error{0, "other users can write to " + path + ". Remedy: run `chmod go-w " + path + "`"};
  return {};
}

// False: the file is not a hook. An error: the hook must not run.
Result<bool> may_run_hook(const Root& root, const std::string& path, uid_t owner) {
  const auto status = status_of(root, path);
  if (!status && status.error().code == ENOENT) return false;  // a link to a file that was removed
  if (!status) return status.error();
  if (!S_ISREG(status->st_mode) || (status->st_mode & S_IXUSR) == 0) return false;
  if (auto safe = must_be_safe(path, *status, owner); !safe) return safe.error();
  return true;
}

std::vector<std::string> environment_of(const HandOver& hand_over, const char* step) {
  std::vector<std::string> addresses;
  for (const HandedFunction& function : hand_over.functions)
    addresses.push_back(function.address.str());
  return {std::string("VFIO_EARLY_STEP=") + step, "VFIO_EARLY_CARD=" + hand_over.card,
          "VFIO_EARLY_ADDRESSES=" + host::join(addresses, " "),
          "VFIO_EARLY_DOMAIN=" + hand_over.domain};
}

}  // namespace

Hooks find_hooks(const Root& root) {
  Hooks hooks;
  const auto directory = status_of(root, kHooksDirectory);
  if (!directory && directory.error().code == ENOENT) return hooks;
  if (!directory) return {.safe = {}, .refused = {directory.error()}};
  const uid_t owner = owner_of(root);
  if (auto safe = must_be_safe(kHooksDirectory, *directory, owner); !safe)
    return {.safe = {}, .refused = {safe.error()}};
  const auto names = root.list(kHooksDirectory);
  if (!names) return {.safe = {}, .refused = {names.error()}};
  for (const std::string& name : *names) {
    if (config::is_set_aside(name)) continue;
    const std::string path = std::string(kHooksDirectory) + "/" + name;
    const auto may_run = may_run_hook(root, path, owner);
    if (!may_run) hooks.refused.push_back(may_run.error());
    if (!may_run || !*may_run) continue;
    if (hooks.safe.size() == kMaxHooks) {
      hooks.refused.push_back({0, std::string(kHooksDirectory) + " has more than " +
                                      std::to_string(kMaxHooks) +
                                      " hooks. Remedy: remove some of them"});
      break;
    }
    hooks.safe.push_back(path);
  }
  return hooks;
}

std::vector<Error> run_hooks(const Root& root, const HandOver& hand_over, const char* step) {
  const Hooks hooks = find_hooks(root);
  std::vector<Error> problems;
  for (const Error& refused : hooks.refused)
    problems.push_back(
        {0, (hooks.safe.empty() ? "no hook is run: " : "a hook is not run: ") + describe(refused)});
  if (!root.live()) return problems;
  for (const std::string& hook : hooks.safe) {
    const auto out = host::output_of({.command = {hook, step, hand_over.card},
                                      .limit = kHookLimit,
                                      .environment = environment_of(hand_over, step)});
    if (!out)
      problems.push_back({0, "a hook failed: " + describe(out.error()) + ". Remedy: run `" + hook +
                                 " " + step + " " + hand_over.card + "` to see its messages"});
  }
  return problems;
}

void report_hooks(const Root& root, const std::string& card, const std::vector<Error>& problems) {
  for (const Error& problem : problems)
    log_message(root, host::Priority::kWarning, card + ": " + describe(problem));
}

}  // namespace early::hand_over
