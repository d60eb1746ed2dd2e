// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-early libvirt-hook DOMAIN OPERATION SUB-OPERATION EXTRA`, which libvirt's hook runs, with
// the domain's XML on standard input (https://libvirt.org/hooks.html). Only cards with 'hand-over =
// yes' are touched:
//
//   prepare begin   claims them; if that fails, the domain does not start
//   start begin     libvirt has prepared the domain: the time to start QEMU begins again
//   release end     gives back those that were claimed for this domain
//
// libvirt waits for its hooks, so that nothing here asks libvirt.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "early/options.h"
#include "host/result.h"
#include "host/root.h"

namespace early::hand_over {

enum class HookStep { kNone, kPrepare, kStart, kRelease };

HookStep hook_step(const std::string& operation, const std::string& sub_operation);

struct HookCall {
  HookStep step = HookStep::kNone;
  std::string domain;
  std::vector<std::string> cards;  // empty: there is nothing to do
};

// The whole text, until its end. libvirt writes it at once and closes the pipe.
host::Result<std::string> read_domain_xml(int input, std::chrono::milliseconds limit);

// Reads standard input only if a card may be concerned. An error fails the domain, since it may
// have a card with hand-over. Other domains must start, even if the files of vfio-early are
// damaged.
host::Result<HookCall> read_hook_call(const host::Root& root, const Options& options);

// The caller has the lock. Returns the exit status.
int run_hook_call(const host::Root& root, const Options& options, const HookCall& call);

}  // namespace early::hand_over
