// SPDX-License-Identifier: GPL-2.0-or-later
//
// Inspection: all data that the checks judge, read once before the first check. It is plain data:
// checks read nothing themselves, and a test can construct any machine.
#pragma once

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "host/framebuffer.h"
#include "host/iommu_group.h"
#include "host/kernel_log.h"
#include "host/machine.h"
#include "host/result.h"
#include "host/root.h"
#include "plan/configuration.h"
#include "plan/plan.h"
#include "plan/record.h"
#include "verify/attachment.h"
#include "verify/choice.h"
#include "verify/firmware/tables.h"
#include "verify/guest/readiness.h"
#include "verify/hardware/hardware.h"
#include "verify/interrupts.h"
#include "verify/isolation/topology.h"
#include "verify/kvm_trial.h"
#include "verify/live/trial.h"
#include "verify/log_index.h"
#include "verify/next_image.h"
#include "verify/remedy.h"

namespace verify {

// A function of a configured card, or one that the user named.
struct ConfiguredFunction {
  std::string card;
  host::PciFunction function;  // as it is now
  std::string want = plan::kDefaultDriver;
  Standing standing = Standing::kClaimed;
  std::optional<std::string> override;  // driver_override; "": not set, nullopt: not readable
  std::optional<int> group;
  // The boot framebuffers that overlap its BARs, see host/framebuffer.h.
  host::Result<std::vector<std::string>> framebuffers = host::Error{ENOENT, "open /proc/iomem"};
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
  Attachment attachment;
  std::string contradiction;  // in sysfs, about it or a member (contradictions.h); "": none

  std::string str() const { return "group " + std::to_string(number); }
};

struct Inspection {
  Platform platform;
  host::Machine machine;
  std::vector<firmware::TableFile> tables;  // DMAR, IVRS and VIOT, those that exist
  std::optional<host::Result<void>> kvm;    // was a virtual machine created? nullopt: not tried
  host::Result<std::string> lockdown = host::Error{ENOENT, "open /sys/kernel/security/lockdown"};
  host::Result<std::vector<std::string>> iommus = host::Error{ENOENT, "list /sys/class/iommu"};

  std::string configuration_file;
  std::string configuration_hash;             // in the form that the record has
  std::vector<plan::Refusal> refusals;        // of the chosen cards, and of whole files
  std::vector<std::string> forbidden_files;   // configuration that this user may not read
  std::vector<ConfiguredFunction> functions;  // of the chosen cards
  std::vector<host::PciAddress> spoken_for;   // see Choice
  std::vector<InspectedGroup> groups;         // of the chosen cards, each once
  isolation::Topology topology;               // around those groups

  host::Result<plan::Record> record = host::Error{ENOENT, "open /run/vfio-early/record.json"};
  host::Result<std::vector<host::LogLine>> kernel_log = host::Error{ENOENT, "open /dev/kmsg"};
  host::Result<InterruptChips> interrupts = host::Error{ENOENT, "open /proc/interrupts"};
  UnsafeInterrupts unsafe_interrupts;
  std::vector<RemappingUnit> remapping_units;
  std::optional<guest::Readiness> guest;  // nullopt: not read
  std::optional<NextImage> next_image;    // likewise
  // Of the functions that have a probe, by act_live(); nullopt: no --live.
  std::optional<std::vector<LiveTrial>> live;

  const InspectedGroup* group(int number) const;
  // The function's entry in the record of this boot; nullptr: no such record or entry.
  const plan::FunctionRecord* recorded(const std::string& address) const;
  bool any_attached() const;
  bool has_iommu() const { return iommus && !iommus->empty(); }
  // Does a line of the kernel log contain `words`? False also if the log cannot be read.
  bool log_holds(std::string_view words) const;
  // Is the log complete since the start of this kernel, without a gap?
  bool log_is_whole() const;
  // Does a line that names the function at `address` contain `words`?
  bool log_holds(const std::string& address, std::string_view words) const;
  // The log, indexed by the addresses of the functions and of the members of their groups. Built on
  // first use.
  const LogIndex& log_index() const;

 private:
  mutable std::optional<LogIndex> index_;
};

// What to inspect.
struct Scope {
  std::string configuration_file = plan::kConfigurationFile;
  std::vector<std::string> cards;  // see choose()
  bool live = true;                // false: open no device, as for a captured tree
};

// Fails only if the PCI bus cannot be read.
host::Result<Inspection> inspect(const host::Root& root, const plan::Configuration& configuration,
                                 const Scope& scope);

}  // namespace verify
