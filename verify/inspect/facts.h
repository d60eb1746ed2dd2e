// SPDX-License-Identifier: GPL-2.0-or-later
//
// Facts: what is read from the machine before the first check, without a trial. They are plain
// data: checks read nothing themselves, and a test can construct any machine.
#pragma once

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "config/configuration.h"
#include "host/framebuffer.h"
#include "host/iommu_group.h"
#include "host/kernel_log.h"
#include "host/machine.h"
#include "host/platform/platform.h"
#include "host/result.h"
#include "host/root.h"
#include "plan/plan.h"
#include "record/record.h"
#include "verify/inspect/checked_functions.h"
#include "verify/inspect/firmware/tables.h"
#include "verify/inspect/guest/readiness.h"
#include "verify/inspect/hardware/hardware.h"
#include "verify/inspect/interrupts.h"
#include "verify/inspect/isolation/topology.h"
#include "verify/inspect/log/index.h"
#include "verify/inspect/other_settings.h"

namespace verify {

// A function of a configured card, or one that the user named.
struct ConfiguredFunction {
  std::string card;
  host::PciFunction function;  // as it is now
  std::string wanted_driver = config::kDefaultDriver;
  ClaimStatus claim_status = ClaimStatus::kClaimed;
  bool hand_over = false;                            // kClaimed, but only while a guest uses it
  std::vector<host::PciAddress> allowed_peers = {};  // its section's 'allow'
  std::optional<std::string> override;  // driver_override; "": not set, nullopt: not readable
  std::optional<int> group;
  int iommu_bits = 0;  // the width of the addresses that its IOMMU maps, see iommu_width.h
  // The boot framebuffers that overlap its BARs, see host/framebuffer.h.
  host::Result<std::vector<std::string>> framebuffers = host::Error{ENOENT, "open /proc/iomem"};
  // All regions in its BARs, including its own driver's, see host/io_memory.h.
  host::Result<std::vector<std::string>> bar_regions = host::Error{ENOENT, "open /proc/iomem"};
  hardware::Hardware hardware;
  std::string contradiction;  // in sysfs, about this function (contradictions.h); "": none

  std::string address() const { return function.address.str(); }
};

// An IOMMU group that contains at least one ConfiguredFunction.
struct InspectedGroup {
  int number = 0;
  std::string subject;  // its first configured function, the subject of its findings
  std::string name;     // "vfio-noiommu" for a group without an IOMMU
  std::string type;     // its default domain: "DMA-FQ", "identity"
  std::vector<host::PciFunction> members;
  std::optional<host::Error> unreadable;
  std::vector<host::ReservedRegion> reserved;
  std::optional<host::Error> reserved_unreadable;  // why `reserved` is not known
  std::string contradiction;  // in sysfs, about it or a member (contradictions.h); "": none

  std::string str() const { return "group " + std::to_string(number); }
};

struct Facts {
  bool from_tree = false;  // read below --root, not from the running machine
  host::Platform platform;
  host::Machine machine;
  std::vector<firmware::TableFile> tables;  // DMAR, IVRS and VIOT, those that exist
  host::Result<std::string> lockdown = host::Error{ENOENT, "open /sys/kernel/security/lockdown"};
  host::Result<std::vector<std::string>> iommus = host::Error{ENOENT, "list /sys/class/iommu"};

  std::string configuration_file;
  std::string configuration_hash;               // in the form that the record has
  std::vector<config::Refusal> refusals;        // of the chosen cards, and of whole files
  std::vector<plan::Expectation> expectations;  // of the chosen sections
  std::vector<std::string> forbidden_files;     // configuration that this user may not read
  std::vector<config::Warning> configuration_warnings;
  std::vector<ConfiguredFunction> functions;              // of the chosen cards
  std::vector<plan::VirtualFunctions> virtual_functions;  // of the chosen cards with 'vfs'
  std::vector<host::PciAddress> assigned_functions;       // see CheckedFunctions
  std::vector<InspectedGroup> groups;                     // of the chosen cards, each once
  isolation::Topology topology;                           // around those groups

  host::Result<record::Record> record = host::Error{ENOENT, "open /run/vfio-early/record.json"};
  host::Result<std::vector<host::LogLine>> kernel_log = host::Error{ENOENT, "open /dev/kmsg"};
  host::Result<InterruptChips> interrupts = host::Error{ENOENT, "open /proc/interrupts"};
  UnsafeInterrupts unsafe_interrupts;
  std::vector<RemappingUnit> remapping_units;
  std::optional<guest::Readiness> guest;  // nullopt: not read
  OtherSettings other_settings;

  const InspectedGroup* group(int number) const;
  std::vector<host::PciAddress> addresses() const;  // of `functions`, in their order
  // Is it one of `assigned_functions`?
  bool is_assigned(const host::PciAddress& address) const;
  // False also if the id of this boot is unknown.
  bool has_record_of_this_boot() const;
  // The function's entry in the record of this boot; nullptr: no such record or entry.
  const record::FunctionRecord* recorded(const host::PciAddress& address) const;
  // The same for the physical function of a card with 'vfs'.
  const record::PhysicalRecord* recorded_physical(const host::PciAddress& address) const;
  bool has_iommu() const { return iommus && !iommus->empty(); }
  // The firmware's table of the active IOMMU: "DMAR", "IVRS"; "": none is active, or one that has
  // neither.
  std::string table_of_iommu() const;
  const firmware::TableFile* table(std::string_view name) const;  // nullptr: not found
  // Does a line of the kernel log contain `words`? False also if the log cannot be read.
  bool log_contains(std::string_view words) const;
  // Is the log complete since the start of this kernel, without a gap?
  bool is_log_complete() const;
  // The port directly above the function; "": none, or it is not in the topology.
  std::string port_above(const host::PciAddress& address) const;
  // The log, indexed by the addresses of the functions, of the ports above them, and of the members
  // of their groups. Built on first use.
  const LogIndex& log_index() const;

 private:
  mutable std::optional<LogIndex> index_;
};

// What to inspect.
struct Scope {
  std::string configuration_file = config::kConfigurationFile;
  std::vector<std::string> cards;  // see find_checked_functions()
  bool live = true;                // false: open no device, as for a captured tree
  bool passive = false;            // no trial, and no option ROM is enabled
};

// Fails only if the PCI bus cannot be read. What read_after_trials() reads is missing.
host::Result<Facts> read_facts(const host::Root& root, const config::Configuration& configuration,
                               const Scope& scope);

// Reads the kernel log, which then has the messages about the trials and about ACS, and how
// interrupts are remapped: opening /dev/vfio/vfio may load modules whose parameters decide that.
void read_after_trials(const host::Root& root, Facts& facts);

}  // namespace verify
