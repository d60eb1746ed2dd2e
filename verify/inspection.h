// SPDX-License-Identifier: GPL-2.0-or-later
//
// Inspection: everything that was looked at, once, before the first check. Plain values: a check
// judges them and touches nothing, and a test can write down a machine that nobody owns.
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

// A function that its owner wants to give to a guest, or asks about.
struct ConfiguredFunction {
  std::string card;
  host::PciFunction function;  // as it is now
  std::string want = plan::kDefaultDriver;
  Standing standing = Standing::kClaimed;
  std::optional<std::string> override;  // of driver_override: "" unset, nothing: unreadable
  std::optional<int> group;
  // The boot framebuffers over its BARs, see host/framebuffer.h.
  host::Result<std::vector<std::string>> framebuffers = host::Error{ENOENT, "open /proc/iomem"};
  hardware::Hardware hardware;
  std::string contradiction;  // of what sysfs says of it (contradictions.h); "": none

  std::string address() const { return function.address.str(); }
};

// An IOMMU group with at least one of them in it.
struct InspectedGroup {
  int number = 0;
  std::string subject;  // its first configured function: where the findings are filed
  std::string name;     // "vfio-noiommu" where there is no IOMMU behind it
  std::string type;     // its default domain: "DMA-FQ", "identity"
  std::vector<host::PciFunction> members;
  std::optional<host::Error> unreadable;
  std::vector<host::ReservedRegion> reserved;
  std::optional<host::Error> reserved_unreadable;  // which addresses are reserved is not known
  Attachment attachment;
  std::string contradiction;  // of what sysfs says of it or a member (contradictions.h); "": none

  std::string str() const { return "group " + std::to_string(number); }
};

struct Inspection {
  Platform platform;
  host::Machine machine;
  std::vector<firmware::TableFile> tables;  // those of DMAR, IVRS and VIOT that there are
  std::optional<host::Result<void>> kvm;    // was a virtual machine created? Nothing: not tried
  host::Result<std::string> lockdown = host::Error{ENOENT, "open /sys/kernel/security/lockdown"};
  host::Result<std::vector<std::string>> iommus = host::Error{ENOENT, "list /sys/class/iommu"};

  std::string configuration_file;
  std::string configuration_hash;             // as a record has it
  std::vector<plan::Refusal> refusals;        // of the chosen cards, and of whole files
  std::vector<std::string> forbidden_files;   // that this user may not read
  std::vector<ConfiguredFunction> functions;  // of the chosen cards
  std::vector<host::PciAddress> spoken_for;   // see Choice
  std::vector<InspectedGroup> groups;         // of the chosen cards, each once
  isolation::Topology topology;               // around those groups

  host::Result<plan::Record> record = host::Error{ENOENT, "open /run/vfio-early/record.json"};
  host::Result<std::vector<host::LogLine>> kernel_log = host::Error{ENOENT, "open /dev/kmsg"};
  host::Result<InterruptChips> interrupts = host::Error{ENOENT, "open /proc/interrupts"};
  UnsafeInterrupts unsafe_interrupts;
  std::vector<RemappingUnit> remapping_units;
  std::optional<guest::Readiness> guest;  // nothing: not looked at
  std::optional<NextImage> next_image;    // likewise
  // Of the functions that there is a probe for; nothing: nobody asked for it (act_live()).
  std::optional<std::vector<LiveTrial>> live;

  const InspectedGroup* group(int number) const;
  // What the record says of a function; nullptr where there is no record of this boot.
  const plan::FunctionRecord* recorded(const std::string& address) const;
  bool any_attached() const;
  bool has_iommu() const { return iommus && !iommus->empty(); }
  // Does a line of the kernel's log hold `words`? False also where the log can't be read.
  bool log_holds(std::string_view words) const;
  // Does the log reach back to the start of this kernel, with nothing missing?
  bool log_is_whole() const;
  // Does a line that names the function at `address` contain `words`?
  bool log_holds(const std::string& address, std::string_view words) const;
  // The log, indexed by the addresses of the functions and of their groups' members. It is built on
  // first use.
  const LogIndex& log_index() const;

 private:
  mutable std::optional<LogIndex> index_;
};

// What is wanted of the inspection.
struct Scope {
  std::string configuration_file = plan::kConfigurationFile;
  std::vector<std::string> cards;  // see choose()
  bool live = true;                // false for a captured tree: no ioctls
};

// Fails only where there is no PCI bus to read.
host::Result<Inspection> inspect(const host::Root& root, const plan::Configuration& configuration,
                                 const Scope& scope);

}  // namespace verify
