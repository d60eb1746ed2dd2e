// SPDX-License-Identifier: GPL-2.0-or-later
//
// The record of one boot, /run/vfio-early/record.json: what was intended, and for every function
// what was found, done and why. The gate writes it, bind executes and completes it, and
// vfio-verify proves from it that no host driver had the card since this kernel started.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/result.h"
#include "host/root.h"
#include "plan/boot_flag.h"
#include "plan/plan.h"

namespace plan {

inline constexpr const char* kRecordFile = "/run/vfio-early/record.json";

// How far a function came. Its name in the record is state_name().
enum class State {
  kIntended,    // "intended": nothing was written yet
  kReserved,    // "reserved": driver_override is set, no host driver can bind any more
  kBound,       // "bound": the driver that was wanted holds it
  kDriverless,  // "driverless": reserved, but the wanted driver could not be loaded, or hangs
  kHeld,        // "held": another driver had it before us and keeps it; nothing was written
  kReturned,    // "returned": the wanted driver's probe failed, the host has it back
  kFailed,      // "failed": the kernel refused a write
  kReleased,    // "released": ours once, handed back to the host by hand
};

// The record's words, in the order of the enumerators.
inline constexpr const char* kStateNames[] = {"intended", "reserved", "bound",  "driverless",
                                              "held",     "returned", "failed", "released"};

const char* state_name(State state);

// When a phase ran, in nanoseconds of CLOCK_BOOTTIME; 0: not yet. Of several gates in one boot:
// when the first began and the last ended.
struct Phase {
  int64_t began_ns = 0;
  int64_t ended_ns = 0;
};

// A boot framebuffer over the function's BARs; all empty: there was none.
struct FramebufferRecord {
  std::string found;   // before anything was bound, as /proc/iomem names it: "BOOTFB, simpledrm"
  std::string left;    // what is left of it once the function is bound; "": nothing
  std::string became;  // how it went, or why it did not
  std::string remedy;  // where something is left
};

struct FunctionRecord {
  std::string card;
  std::string address;     // "0000:01:00.0"
  std::string id;          // "10de:1b81"
  std::string class_code;  // "030000"
  std::string want;        // the driver that goes into driver_override
  std::string found;       // the driver that held it before we wrote anything; "": none
  State state = State::kIntended;
  bool in_initramfs = false;  // the override was written before the real root was there
  bool released = false;      // in this boot it was handed back to the host by hand, also if
                              // it was claimed again later
  bool reappeared = false;    // in this boot it was claimed, left the bus and came back
  int64_t override_ns = 0;    // CLOCK_BOOTTIME when driver_override was written; 0: it was not
  int64_t bound_ns = 0;       // … when the wanted driver was seen to hold it; 0: it was not
  std::string why;            // where the state is not kBound
  std::string remedy;
  std::vector<std::string> warnings;  // settings of the owner's that could not be made, and why
  FramebufferRecord framebuffer;
  Handling handling;

  // The host has it back: it was released by hand, or vfio-pci refused it.
  bool is_given_away() const { return state == State::kReleased || state == State::kReturned; }

  // Where it stands now, and why it is not bound.
  void settle(State now, std::string reason, std::string cure) {
    state = now;
    why = std::move(reason);
    remedy = std::move(cure);
  }
};

struct Record {
  std::string version;  // of vfio-early
  std::string boot_id;
  std::string kernel_release;
  std::vector<std::string> configuration_files;
  std::string configuration_hash;  // hash_text() of it
  bool in_initramfs = false;       // the gate ran from an image that carried this configuration
  bool rescued = false;            // vfio_early=off
  Rescue rescue;                   // the dead-man rescue
  Phase gate;
  Phase bind;
  std::vector<FunctionRecord> functions;
  std::vector<Refusal> refusals;
  std::vector<Warning> warnings;

  // The gate's work is done: everything asked for is kept from the host's drivers, or a driver has
  // it that bind is to take it from.
  bool reserved() const;
  // Everything asked for was claimed.
  bool complete() const;
};

// The intent: the plan, with nothing of it done.
Record intend(const Plan& plan, const Configuration& configuration, const host::Machine& machine);

// A Configuration::hash as the record holds it: 16 hexadecimal digits.
std::string hash_text(uint64_t hash);

std::string to_json(const Record& record);
host::Result<Record> record_from_json(const std::string& text);

// Reads or replaces kRecordFile.
host::Result<Record> read_record(const host::Root& root);
host::Result<void> write_record(const host::Root& root, const Record& record);

// CLOCK_BOOTTIME in nanoseconds, the clock of `trace_clock=boot`.
int64_t boot_time_ns();

}  // namespace plan
