// SPDX-License-Identifier: GPL-2.0-or-later
//
// The record of one boot, /run/vfio-early/record.json: the intent, and for every function what was
// found, what was done and why. The gate writes it, and bind executes and completes it. vfio-verify
// proves from it that no host driver had the card since this kernel started.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "config/handling.h"
#include "host/pci_address.h"
#include "host/pci_function.h"
#include "host/result.h"
#include "host/root.h"
#include "record/boot_flag.h"

namespace record {

inline constexpr const char* kRecordFile = "/run/vfio-early/record.json";

// The state of a function. Its name in the record is state_name().
enum class State {
  kIntended,    // "intended": nothing was written yet
  kReserved,    // "reserved": driver_override is set, no host driver can bind any more
  kBound,       // "bound": the wanted driver is bound
  kDriverless,  // "driverless": reserved, but the wanted driver could not be loaded, or hangs
  kHeld,        // "held": another driver is bound and keeps it
  kReturned,    // "returned": the wanted driver's probe failed, and the host has the function back
  kFailed,      // "failed": a write failed, or the function disappeared
  kReleased,    // "released": handed back to the host with `vfio-early release`
};

// The names in the record, in the order of the enumerators.
inline constexpr const char* kStateNames[] = {"intended", "reserved", "bound",  "driverless",
                                              "held",     "returned", "failed", "released"};

const char* state_name(State state);

// When a phase ran, in nanoseconds of CLOCK_BOOTTIME; 0: not yet. If the gate ran several times in
// a boot: the beginning of the first run and the end of the last one.
struct Phase {
  int64_t began_ns = 0;
  int64_t ended_ns = 0;
};

// A boot framebuffer over the function's BARs; all empty: there was none.
struct FramebufferRecord {
  std::string found;    // before anything was bound, as /proc/iomem names it: "BOOTFB, simpledrm"
  std::string left;     // the regions left after the function is bound; "": none
  std::string outcome;  // how it was removed, or why not
  std::string remedy;   // if regions are left
};

struct FunctionRecord {
  std::string card;
  host::PciAddress address;
  host::PciId id;             // without the subsystem
  uint32_t class_code = 0;    // 24 bits
  std::string wanted_driver;  // the driver to set in driver_override
  std::string found;          // the driver that was bound before the override was written; "": none
  State state = State::kIntended;
  bool in_initramfs = false;  // the override was written in the initramfs
  bool released = false;      // released by hand in this boot, even if claimed again later
  bool reappeared = false;    // in this boot: claimed, left the bus and came back
  int64_t override_ns = 0;    // CLOCK_BOOTTIME when driver_override was written; 0: not written
  int64_t bound_ns = 0;       // … when the wanted driver was found bound; 0: never
  std::string why;            // if the state is not kBound
  std::string remedy;
  std::vector<std::string> warnings;  // settings that could not be applied, and why
  FramebufferRecord framebuffer;
  config::Handling handling;
  // Of a virtual function: its physical function, and its number, from 0.
  std::optional<host::PciAddress> physical_function;
  uint16_t virtual_number = 0;

  bool is_display() const { return class_code >> 16 == 0x03; }
  bool is_bridge() const { return host::is_bridge(class_code); }

  // The host has the function back: it was released by hand, or vfio-pci refused it.
  bool is_returned_to_host() const {
    return state == State::kReleased || state == State::kReturned;
  }

  // Sets the state, and for other states than kBound the reason and the remedy.
  void settle(State now, std::string reason, std::string new_remedy) {
    state = now;
    why = std::move(reason);
    remedy = std::move(new_remedy);
  }
};

// The state of the virtual functions of a card with 'vfs'. Its name in the record is in
// kCreationNames.
enum class Creation {
  kWaiting,   // "waiting": the driver of the physical function is not bound yet
  kCreated,   // "created": all of them exist
  kFailed,    // "failed": some of them do not exist
  kReleased,  // "released": handed back to the host with `vfio-early release`
};
inline constexpr const char* kCreationNames[] = {"waiting", "created", "failed", "released"};

// The physical function of a card with 'vfs'. Its virtual functions that exist are in
// Record::functions.
struct PhysicalRecord {
  std::string card;
  host::PciAddress address;
  host::PciId id;    // without the subsystem
  uint16_t vfs = 0;  // how many virtual functions the configuration asks for
  Creation state = Creation::kWaiting;
  std::vector<std::string> expected;  // where they are, or will be; fewer: the rest is unknown
  int64_t autoprobe_ns = 0;           // when sriov_drivers_autoprobe became 0; 0: not yet
  int64_t created_ns = 0;             // when vfio-early created them; 0: it did not
  std::string why;                    // if the state is not kCreated
  std::string remedy;
  config::Handling handling;  // of each virtual function

  void settle(Creation now, std::string reason, std::string new_remedy) {
    state = now;
    why = std::move(reason);
    remedy = std::move(new_remedy);
  }
};

struct Record {
  std::string version;  // of vfio-early
  std::string boot_id;
  std::string kernel_release;
  std::vector<std::string> configuration_files;
  std::string configuration_hash;  // hash_text() of it
  bool in_initramfs = false;       // the gate ran in an initramfs with this configuration
  bool switched_off = false;       // vfio_early=off
  Rescue rescue;                   // the dead-man rescue
  Phase gate;
  Phase bind;
  std::vector<FunctionRecord> functions;
  std::vector<PhysicalRecord> physical_functions;
  std::vector<config::Refusal> refusals;
  std::vector<config::Warning> warnings;

  // The gate has succeeded: every function is reserved, or has a driver that bind is to unbind, and
  // host drivers are kept off the virtual functions that do not exist yet.
  bool reserved() const;
  // Everything is claimed that the configuration asks for, and that is in the machine.
  bool complete() const;
  // A card is away, and is claimed when it appears; or virtual functions are still to be created.
  bool awaits_card() const;
};

std::string to_json(const Record& record);
host::Result<Record> record_from_json(const std::string& text);

// Reads or replaces kRecordFile.
host::Result<Record> read_record(const host::Root& root);
host::Result<void> write_record(const host::Root& root, const Record& record);

// CLOCK_BOOTTIME in nanoseconds, the clock of `trace_clock=boot`.
int64_t boot_time_ns();

}  // namespace record
