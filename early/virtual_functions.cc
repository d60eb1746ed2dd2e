// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/virtual_functions.h"

#include <algorithm>
#include <cerrno>

#include "early/gate.h"
#include "early/messages.h"
#include "early/probe_wait.h"
#include "early/write_with_timeout.h"
#include "host/machine.h"
#include "host/physical_function.h"

namespace early {
namespace {

using host::PciAddress;
using host::Root;
using record::Creation;
using record::FunctionRecord;
using record::PhysicalRecord;
using record::State;

// A driver of a network card initialises its queues for each virtual function. Together with the
// probe of the physical function's driver, for which the write also waits.
constexpr int kCreateMilliseconds = 15'000;

constexpr const char* kSeeLog =
    "see the kernel log for the message of its driver, then run `vfio-early bind`";

std::string autoprobe_of(const PciAddress& address) {
  return address.sysfs() + "/sriov_drivers_autoprobe";
}

std::string count_of(const PciAddress& address) {
  return address.sysfs() + "/sriov_numvfs";
}

void settle_unprotected(const Root& root, PhysicalRecord& physical, int code) {
  physical.autoprobe_ns = 0;
  const std::string attribute = autoprobe_of(physical.address);
  if (!root.exists(physical.address.sysfs()))
    return physical.settle(Creation::kFailed, "the physical function is not on the bus",
                           "see the kernel log for the reason");
  if (code == ENOENT)
    return physical.settle(
        Creation::kFailed,
        attribute +
            " is missing, so host drivers cannot be kept off the virtual functions, and none are created",
        "use Linux 4.13 or later, or remove 'vfs'");
  physical.settle(Creation::kFailed,
                  host::describe({code, "write " + attribute}) +
                      ": host drivers are not kept off the virtual functions, and none are created",
                  remedy_for_write(code));
}

bool is_protected(const Root& root, const PhysicalRecord& physical) {
  return physical.autoprobe_ns != 0 && root.read_line(autoprobe_of(physical.address)) == "0";
}

struct Reason {
  std::string why, remedy;
};

// What the kernel and the driver of the physical function answer: sriov_numvfs_store in
// drivers/pci/pci-sysfs.c (since 5.5 in iov.c), and sriov_enable in iov.c.
Reason reason_of(const PhysicalRecord& physical, const std::string& driver, int code) {
  const std::string its = "its driver " + driver, count = count_of(physical.address);
  switch (code) {
    case ENOENT:
      return {its + " cannot create virtual functions",
              "use a driver with SR-IOV support, or remove 'vfs'"};
    case ERANGE:
      return {its + " does not allow so many virtual functions (sriov_totalvfs)",
              "set 'vfs' to at most the number in " + physical.address.sysfs() +
                  "/sriov_totalvfs, or set the parameter of the driver that allows more"};
    case EBUSY:
      return {
          "another program is creating virtual functions, or has created another number of them",
          "write 0 to " + count + " while no guest uses them, then run `vfio-early bind`"};
    case ENOMEM:
      return {
          "the firmware has not reserved enough memory or bus numbers for virtual functions",
          "enable SR-IOV and 'Above 4G Decoding' in the firmware setup, or add pci=realloc,assign-busses to the kernel command line"};
    case ETIMEDOUT:
      return {
          its + " has not created them after " + std::to_string(kCreateMilliseconds / 1000) + " s",
          kSeeLog};
    case 0:
      return {its + " has created fewer virtual functions", kSeeLog};
    default:
      return {its + " failed: " + host::describe({code, "write " + count}), kSeeLog};
  }
}

void settle_partly(PhysicalRecord& physical, size_t created) {
  physical.settle(Creation::kFailed,
                  "only " + std::to_string(created) + " of " + std::to_string(physical.vfs) +
                      " virtual functions exist, and the kernel adds none to those that exist",
                  "if nothing is creating them now, write 0 to " + count_of(physical.address) +
                      " while no guest uses them, then run `vfio-early claim`");
}

void create(const Root& root, PhysicalRecord& physical) {
  const auto before = host::read_virtual_functions(root, physical.address);
  if (before.size() >= physical.vfs) return physical.settle(Creation::kCreated, "", "");
  if (!is_protected(root, physical)) return;  // keep_from_host_drivers() has settled it
  const std::string driver = host::driver_of(root, physical.address);
  if (driver.empty())
    return physical.settle(Creation::kWaiting, "its driver is not bound yet",
                           "none is needed: they are created when the driver is bound");
  if (!before.empty()) return settle_partly(physical, before.size());
  const auto written = write_with_timeout(root, count_of(physical.address),
                                          std::to_string(physical.vfs), kCreateMilliseconds);
  const auto created = host::read_virtual_functions(root, physical.address);
  if (!created.empty()) physical.created_ns = record::boot_time_ns();
  if (created.size() >= physical.vfs) return physical.settle(Creation::kCreated, "", "");
  const Reason reason = reason_of(physical, driver, written ? 0 : written.error().code);
  physical.settle(Creation::kFailed, reason.why, reason.remedy);
}

FunctionRecord* find(record::Record& record, const PciAddress& address) {
  const auto found = std::find_if(record.functions.begin(), record.functions.end(),
                                  [&](const auto& each) { return each.address == address; });
  return found == record.functions.end() ? nullptr : &*found;
}

// A driver that is loaded again creates new functions, which have no override.
bool is_current(const Root& root, const FunctionRecord& known) {
  if (known.is_returned_to_host()) return true;
  const auto override = override_within(root, known.address);
  return !override || *override == known.wanted_driver || known.override_ns == 0;
}

void add_function(const Root& root, const PhysicalRecord& physical, uint16_t number,
                  const PciAddress& address, record::Record& record) {
  FunctionRecord* known = find(record, address);
  if (known && is_current(root, *known)) return;
  const auto read = host::read_pci_function(root, address);
  if (!read) return;  // it has disappeared again
  FunctionRecord added{.card = physical.card, .address = address};
  added.id = {.vendor = read->id.vendor, .device = read->id.device};
  added.class_code = read->class_code;
  added.wanted_driver = physical.handling.driver;
  added.found = read->driver;
  added.in_initramfs = host::in_initramfs(root);
  added.reappeared = known && (known->reappeared || known->state == State::kBound);
  added.handling = physical.handling;
  added.physical_function = physical.address;
  added.virtual_number = number;
  if (known)
    *known = std::move(added);
  else
    record.functions.push_back(std::move(added));
}

void add_functions(const Root& root, const PhysicalRecord& physical, record::Record& record) {
  const auto created = host::read_virtual_functions(root, physical.address);
  const size_t count = std::min<size_t>(created.size(), physical.vfs);
  for (size_t number = 0; number < count; ++number)
    add_function(root, physical, static_cast<uint16_t>(number), created[number], record);
}

}  // namespace

void log_creation(const Root& root, const PhysicalRecord& physical) {
  const std::string functions =
      std::to_string(physical.vfs) + " virtual functions of " + physical.address.str();
  const std::string card = physical.card + ": ";
  if (physical.state == Creation::kCreated)
    return log_message(
        root, host::Priority::kInfo,
        card + functions + (physical.created_ns != 0 ? " are created" : " existed already"));
  const bool waiting = physical.state == Creation::kWaiting;
  log_message(root, waiting ? host::Priority::kNotice : host::Priority::kError,
              card + functions + (waiting ? " are not created yet: " : " are not created: ") +
                  physical.why + ". Remedy: " + physical.remedy);
}

host::Result<void> set_autoprobe(const Root& root, const PciAddress& physical, bool on) {
  return write_with_timeout(root, autoprobe_of(physical), on ? "1" : "0");
}

// All in one batch: the boot waits for this.
void keep_from_host_drivers(const Root& root, std::vector<PhysicalRecord>& all) {
  std::vector<PhysicalRecord*> open;
  std::vector<AttributeWrite> writes;
  for (PhysicalRecord& physical : all) {
    if (physical.state == Creation::kReleased || is_protected(root, physical)) continue;
    auto attribute = open_attribute(root, autoprobe_of(physical.address));
    if (!attribute) {
      settle_unprotected(root, physical, attribute.error().code);
      continue;
    }
    open.push_back(&physical);
    writes.push_back({.attribute = std::move(*attribute), .text = "0"});
  }
  const auto outcomes = write_with_timeout(std::move(writes));
  for (size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i].code != 0)
      settle_unprotected(root, *open[i], outcomes[i].code);
    else
      open[i]->autoprobe_ns = outcomes[i].when_ns;
  }
}

void create_virtual_functions(const Root& root, record::Record& record) {
  const std::vector<PhysicalRecord> before = record.physical_functions;
  keep_from_host_drivers(root, record.physical_functions);
  for (size_t i = 0; i < before.size(); ++i) {
    PhysicalRecord& physical = record.physical_functions[i];
    if (physical.state == Creation::kReleased) continue;
    create(root, physical);
    add_functions(root, physical, record);
    if (physical.state != before[i].state || physical.why != before[i].why)
      log_creation(root, physical);
  }
  choose_variant_drivers(root, record);
}

bool is_creation_left(const record::Record& record) {
  return std::any_of(record.physical_functions.begin(), record.physical_functions.end(),
                     [](const PhysicalRecord& physical) {
                       return physical.state == Creation::kWaiting ||
                              physical.state == Creation::kFailed;
                     });
}

bool return_virtual_functions(const Root& root, PhysicalRecord& physical) {
  const bool remove =
      physical.created_ns != 0 && !host::read_virtual_functions(root, physical.address).empty();
  if (remove) {
    const auto removed =
        write_with_timeout(root, count_of(physical.address), "0", kCreateMilliseconds);
    if (!removed) {
      physical.settle(Creation::kFailed, describe(removed.error()),
                      "see the kernel log for the reason, then run `vfio-early release " +
                          physical.card + "` again");
      return false;
    }
    physical.created_ns = 0;
  }
  (void)set_autoprobe(root, physical.address, true);
  physical.autoprobe_ns = 0;
  physical.settle(Creation::kReleased,
                  remove ? "released by the user, and removed" : "released by the user",
                  "run `vfio-early claim` or reboot to claim them again");
  return true;
}

}  // namespace early
