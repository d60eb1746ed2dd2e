// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/hand_over/give_back.h"

#include <algorithm>

#include "early/hand_over/services.h"
#include "early/messages.h"
#include "early/probe_wait.h"
#include "early/release.h"
#include "early/write_with_timeout.h"
#include "host/text.h"

namespace early::hand_over {
namespace {

using host::Root;
using record::FunctionRecord;
using Words = std::vector<std::string>;

constexpr int kConsoleMilliseconds = 5000;

// hand_over.pml: record_override. A claim that was killed may have written an override that the
// record does not have yet.
void record_overrides(const Root& root, record::Record& record, const std::string& card) {
  for (FunctionRecord& function : record.functions)
    if (function.card == card && function.override_ns == 0 &&
        override_within(root, function.address) == function.wanted_driver) {
      function.override_ns = record::boot_time_ns();
      function.state = record::State::kReserved;
    }
}

// hand_over.pml: clear_unrecorded. A claim that was killed before its first save of the record has
// only these traces.
void clear_unrecorded(const Root& root, const record::Record& record, const HandOver& hand_over) {
  for (const HandedFunction& function : hand_over.functions) {
    const bool recorded =
        std::any_of(record.functions.begin(), record.functions.end(),
                    [&](const FunctionRecord& known) { return known.address == function.address; });
    const auto override = override_within(root, function.address);
    if (!recorded && override && host::is_vfio_driver(*override))
      (void)write_with_timeout(root, function.address.sysfs() + "/driver_override", "\n");
  }
}

bool is_reserved(const record::Record& record, const std::string& card) {
  return std::any_of(
      record.functions.begin(), record.functions.end(),
      [&](const FunctionRecord& each) { return each.card == card && each.override_ns != 0; });
}

// A bind that was killed after a killed claim may have saved kIntended: the next bind would claim
// the function.
bool is_intended(const Root& root, const std::string& card) {
  const auto saved = record::read_record(root);
  return saved && std::any_of(saved->functions.begin(), saved->functions.end(),
                              [&](const FunctionRecord& each) {
                                return each.card == card && each.state == record::State::kIntended;
                              });
}

// What was not reserved is the host's, too: no later `vfio-early bind` may take it.
void settle_untouched(const Root& root, record::Record& record, const std::string& card,
                      const std::string& reason) {
  for (FunctionRecord& function : record.functions)
    if (function.card == card && function.override_ns == 0 &&
        function.state != record::State::kReleased) {
      const std::string driver = host::driver_of(root, function.address);
      function.settle(
          record::State::kReleased,
          reason + (driver.empty() ? "; no host driver has it" : "; its driver is " + driver), "");
      function.released = true;
    }
  save_record(root, record);
}

ReleaseRequest request_for(const HandOver& hand_over, const std::string& reason) {
  ReleaseRequest request = {.what = hand_over.card, .reason = reason};
  for (const HandedFunction& function : hand_over.functions)
    if (!host::is_claiming_driver(function.driver))
      request.drivers[function.address] = function.driver;
  return request;
}

// "": the driver that had the function has it again.
std::string left_of(const Root& root, const HandedFunction& function) {
  if (function.driver.empty() || host::is_claiming_driver(function.driver)) return {};
  if (!root.exists(function.address.sysfs())) return {};  // it was unplugged
  const std::string address = function.address.str();
  if (!wait_for_probe(root, function.address, 1000))
    return address + ": the kernel still waits for a driver, see the kernel log";
  if (!host::driver_of(root, function.address).empty()) return {};
  const auto bound = bind_to_host_driver(root, function.address, function.driver);
  return bound ? "" : address + ": " + describe(bound.error());
}

void rebind_framebuffers(const Root& root, const HandOver& hand_over) {
  if (!root.read_line("/proc/fb").empty()) return;
  for (const std::string& framebuffer : hand_over.framebuffers) {
    const auto words = host::split(framebuffer);
    if (words.size() == 2)
      (void)write_with_timeout(root, "/sys/bus/platform/drivers/" + std::string(words[1]) + "/bind",
                               std::string(words[0]), kConsoleMilliseconds);
  }
}

// The kernel moves the consoles to a new framebuffer by itself, unless they were unbound by hand.
void rebind_consoles(const Root& root, const HandOver& hand_over) {
  if (root.read_line("/proc/fb").empty()) return;
  for (const std::string& console : hand_over.consoles) {
    const std::string attribute = "/sys/class/vtconsole/" + console + "/bind";
    if (root.read_line(attribute) == "0")
      (void)write_with_timeout(root, attribute, "1", kConsoleMilliseconds);
  }
}

// In the reverse order of their stops. The failed ones are left.
Words start_services(const Root& root, HandOver& hand_over) {
  Words started, failed;
  for (auto unit = hand_over.stopped.rbegin(); unit != hand_over.stopped.rend(); ++unit) {
    const auto done = start_unit(root, *unit);
    (done ? started : failed).push_back(*unit);
    if (!done)
      log_message(root, host::Priority::kError,
                  hand_over.card + ": " + *unit + " was stopped and is not started again: " +
                      describe(done.error()) + ". Remedy: run `systemctl start " + *unit + "`");
  }
  hand_over.stopped.clear();
  return started;
}

// The timer tries again every five seconds.
void report(const Root& root, HandOver& hand_over, const std::string& problem) {
  if (hand_over.problem != problem)
    log_message(root, host::Priority::kError,
                hand_over.card + ": not completely given back: " + problem +
                    ". Remedy: run `vfio-early release " + hand_over.card + "` again");
  hand_over.problem = problem;
}

}  // namespace

// hand_over.pml: give_back
GiveBack give_back(const Root& root, record::Record& record, HandOvers& hand_overs,
                   const std::string& card, const std::string& reason) {
  HandOver& hand_over = *hand_overs.find(card);
  record_overrides(root, record, card);
  clear_unrecorded(root, record, hand_over);
  const bool reserved = is_reserved(record, card);
  GiveBack result;
  if (reserved)
    result.complete = release(root, record, request_for(hand_over, reason)) != Release::kNotAll;
  if (result.complete && (reserved || is_intended(root, card)))
    settle_untouched(root, record, card, reason);
  std::string problem;
  for (const HandedFunction& function : hand_over.functions)
    if (result.complete && problem.empty()) problem = left_of(root, function);
  if (!problem.empty()) report(root, hand_over, problem);
  if (!result.complete || !problem.empty()) return {.complete = false, .what = {}};
  rebind_framebuffers(root, hand_over);
  rebind_consoles(root, hand_over);
  const Words started = start_services(root, hand_over);
  if (!started.empty()) result.what = "started again: " + host::join(started, ", ");
  hand_overs.remove(card);
  return result;
}

}  // namespace early::hand_over
