// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/hand_over/claim_card.h"

#include <algorithm>

#include "early/bind.h"
#include "early/commands.h"
#include "early/gate.h"
#include "early/hand_over/framebuffers.h"
#include "early/hand_over/give_back.h"
#include "early/hand_over/hooks.h"
#include "early/hand_over/make_free.h"
#include "early/hand_over/recover.h"
#include "early/hand_over/requested_card.h"
#include "early/hand_over/take_functions.h"
#include "early/hand_over/watch.h"
#include "early/messages.h"
#include "early/release.h"
#include "early/unbind.h"
#include "host/printable.h"
#include "host/text.h"
#include "plan/intent.h"

namespace early::hand_over {
namespace {

using host::Error;
using host::Result;
using host::Root;
using record::FunctionRecord;
using record::Record;
using record::State;

// virtio-pci is only the driver of the transport: the display needs virtio_gpu for the device that
// virtio-pci provides, 0000:01:00.0/virtio0.
bool has_graphics_driver(const Root& root, const FunctionRecord& function) {
  if (host::underscored(function.found) != "virtio_pci") return !function.found.empty();
  const auto names = root.list(function.address.sysfs()).value_or({});
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    const std::string driver = function.address.sysfs() + "/" + name + "/driver";
    return name.starts_with("virtio") && !root.link_name(driver).empty();
  });
}

class CardClaim {
 public:
  CardClaim(const Root& root, const ClaimRequest& request, RequestedCard card, HandOvers hand_overs)
      : root_(root),
        request_(request),
        card_(std::move(card)),
        hand_overs_(std::move(hand_overs)),
        began_ns_(record::boot_time_ns()) {}

  int run() {
    read_record();
    if (is_claimed()) return keep_claimed();
    if (const auto allowed = must_be_allowed(); !allowed) return refuse(describe(allowed.error()));
    for (const config::Refusal& missing : card_.planned.plan.refusals)  // devices of a unit
      if (missing.card == card_.name) log_refusal(root_, missing);
    if (const auto begun = begin(); !begun) return refuse(describe(begun.error()));
    const auto taken = take();
    return taken ? finish() : undo(describe(taken.error()));
  }

 private:
  HandOver& hand_over() { return *hand_overs_.find(card_.name); }
  Result<void> save() { return write_hand_overs(root_, hand_overs_); }

  int refuse(const std::string& why) const {
    log_message(root_, host::Priority::kError, card_.name + ": not claimed: " + why);
    return kNotAllClaimed;
  }

  // The record of this boot, with the functions of the card as the plan has them.
  void read_record() {
    const Record intent = plan::intended_record(card_.planned.plan, card_.planned.configuration,
                                                card_.planned.machine);
    auto earlier = record::read_record(root_);
    const bool none = !earlier || earlier->boot_id != intent.boot_id;
    record_ = none ? intent : std::move(*earlier);
    if (none) record_.functions.clear();  // this claims no other card
    const std::vector<FunctionRecord> before = std::move(record_.functions);
    record_.functions.clear();
    for (const FunctionRecord& function : before)
      if (function.card != card_.name) record_.functions.push_back(function);
    for (const FunctionRecord& function : intent.functions)
      if (function.card == card_.name) record_.functions.push_back(with_history(function, before));
    std::erase_if(record_.refusals, [&](const auto& one) { return one.card == card_.name; });
    for (const auto& missing : intent.refusals)
      if (missing.card == card_.name) record_.refusals.push_back(missing);
    choose_variant_drivers(root_, record_);
  }

  FunctionRecord with_history(FunctionRecord function,
                              const std::vector<FunctionRecord>& before) const {
    for (const FunctionRecord& known : before) {
      if (known.address != function.address) continue;
      if (known.state == State::kBound &&
          host::driver_of(root_, known.address) == known.wanted_driver)
        return known;
      function.released = known.released;
      function.reappeared = known.reappeared;
    }
    return function;
  }

  std::vector<FunctionRecord*> functions() {
    std::vector<FunctionRecord*> all;
    for (FunctionRecord& function : record_.functions)
      if (function.card == card_.name) all.push_back(&function);
    return all;
  }

  bool are_all(State state) {
    const auto all = functions();
    return std::all_of(all.begin(), all.end(), [&](auto* each) { return each->state == state; });
  }

  bool is_claimed() { return are_all(State::kBound); }

  // hand_over.pml: keep_claimed. Another domain of libvirt gets the card only if no guest uses it
  // and it is not claimed for a domain, whose guest may start at any moment. If the card was
  // claimed by hand, it stays claimed after the domain has ended.
  int keep_claimed() {
    HandOver* known = hand_overs_.find(card_.name);
    const bool is_own = known && known->domain == request_.domain;
    if (known && !is_own && !known->domain.empty() && !request_.domain.empty())
      return refuse("it is claimed for domain " + known->domain +
                    ". Remedy: stop that domain, or run `vfio-early release " + card_.name + "`");
    for (const FunctionRecord* function : functions())
      if (!request_.domain.empty() && !is_own && is_used_by_guest(root_, *function))
        return refuse("a guest uses it. Remedy: stop that guest first");
    if (known && is_own) {
      known->unused_since_ns = record::boot_time_ns();
      (void)save();
    }
    host::print(stderr, "vfio-early: %s: claimed already\n", card_.name.c_str());
    return kAllClaimed;
  }

  // Before anything changes: all hooks must be safe, the configuration must allow to unbind the
  // drivers, and the host must be able to get its only screen back.
  Result<void> must_be_allowed() {
    if (const Hooks hooks = find_hooks(root_); !hooks.refused.empty()) return hooks.refused.front();
    for (FunctionRecord* function : functions()) {
      if (function->state == State::kBound || function->found.empty()) continue;
      if (function->found == function->wanted_driver || may_unbind(*function)) continue;
      return Error{
          0,
          function->address.str() + " has the driver " + function->found +
              (function->handling.unbind == config::Unbind::kNo
                   ? ", and 'unbind = no' is set. Remedy: remove it"
                   : ", and a graphics driver is unbound only with 'unbind = display'. Remedy: add it") +
              " in section [" + card_.name + "], " + card_.where};
    }
    if (!card_.is_last_display) return {};
    for (const FunctionRecord* function : functions())
      if (function->is_display() && !has_graphics_driver(root_, *function))
        return Error{
            0,
            function->address.str() +
                " is the only display of the host, and no graphics driver has it: the host could not get its screen back. Remedy: load the driver, or claim the card at boot"};
    return {};
  }

  // hand_over.pml: begin. From here on, a run that is killed is undone by the timer, or by the next
  // run.
  Result<void> begin() {
    HandOver begun = {.card = card_.name,
                      .functions = {},
                      .domain = request_.domain,
                      .watched = card_.is_last_display || !request_.domain.empty()};
    for (const FunctionRecord* function : functions())
      begun.functions.push_back({function->address, function->found});
    // The host lost its drivers in another way since the last claim: what was stopped must
    // still be started, also if this claim is refused.
    const HandOvers before = hand_overs_;
    if (const HandOver* known = hand_overs_.find(card_.name)) begun.stopped = known->stopped;
    hand_overs_.remove(card_.name);
    hand_overs_.all.push_back(std::move(begun));
    if (auto saved = save(); !saved) return saved;
    const auto watch = start_watch(root_);
    if (watch || !card_.is_last_display) return {};
    hand_overs_ = before;
    (void)save();
    return Error{watch.error().code,
                 watch.error().step + ", which gives the only display back if no guest uses it"};
  }

  Result<void> take() {
    if (auto problems = run_hooks(root_, hand_over(), kBeforeClaim); !problems.empty())
      return problems.front();
    if (auto free =
            make_free(root_, found_functions(), request_.stop_services, hand_overs_, card_.name);
        !free)
      return free;
    if (auto noted = note_framebuffers(root_, hand_over()); !noted) return noted;
    if (auto saved = save(); !saved) return saved;
    take_functions(root_, record_, card_.name);
    if (auto taken = must_be({State::kReserved, State::kBound}); !taken) return taken;
    bind(root_, record_, DeviceUse::kMaybeUsed);
    return must_be({State::kBound});
  }

  Result<void> must_be(std::initializer_list<State> states) {
    for (const FunctionRecord* function : functions())
      if (std::find(states.begin(), states.end(), function->state) == states.end())
        return Error{0, function->address.str() + ": " + function->why};
    return {};
  }

  std::vector<const host::PciFunction*> found_functions() const {
    std::vector<const host::PciFunction*> all;
    for (const plan::Claim& claim : card_.planned.plan.claims)
      if (claim.card == card_.name) all.push_back(&claim.function);
    return all;
  }

  std::string took() const {
    const int64_t milliseconds = (record::boot_time_ns() - began_ns_) / 1'000'000;
    return std::to_string(milliseconds) + " ms";
  }

  // hand_over.pml: finish
  int finish() {
    report_hooks(root_, card_.name, run_hooks(root_, hand_over(), kAfterClaim));
    hand_over().phase = Phase::kClaimed;
    hand_over().unused_since_ns = record::boot_time_ns();
    if (const auto saved = save(); !saved) return undo(describe(saved.error()));
    stop_idle_watch(root_, hand_overs_);
    log_message(root_, host::Priority::kNotice, card_.name + ": taken from the host in " + took());
    return kAllClaimed;
  }

  // hand_over.pml: undo
  int undo(const std::string& why) {
    const HandOver begun = hand_over();
    const GiveBack done =
        give_back(root_, record_, hand_overs_, card_.name, "given back because the claim failed");
    report_hooks(root_, card_.name, run_hooks(root_, begun, kFailed));
    (void)save();  // after the hooks: if this is killed before, the next run repeats them
    stop_idle_watch(root_, hand_overs_);
    return refuse(why + (done.what.empty() ? "" : "; " + done.what));
  }

  const Root& root_;
  const ClaimRequest& request_;
  const RequestedCard card_;
  HandOvers hand_overs_;
  const int64_t began_ns_;
  Record record_;
};

}  // namespace

int claim_card(const Root& root, const ClaimRequest& request) {
  auto hand_overs = recover_interrupted(root);  // first: it changes what the plan sees
  if (!hand_overs) {
    host::print(stderr, "vfio-early: %s\n", describe(hand_overs.error()).c_str());
    return kNotAllClaimed;
  }
  auto card = requested_card(root, request.config, request.what);
  if (!card) {
    host::print(stderr, "vfio-early: %s\n", card.error().step.c_str());
    return card.error().code == 0 ? kUsage : kNotAllClaimed;
  }
  return CardClaim(root, request, std::move(*card), std::move(*hand_overs)).run();
}

}  // namespace early::hand_over
