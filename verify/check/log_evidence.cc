// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/log_evidence.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "verify/check/platform_remedies.h"
#include "verify/check/unreadable.h"
#include "verify/inspect/log/live_marks.h"
#include "verify/output/listed.h"

namespace verify {
namespace {

Remedy power_cycle(const Inspection& inspection, const ConfiguredFunction* function) {
  const std::string remedy = "power-cycle the machine: until then the card may not work in a guest";
  const std::vector<std::string>& methods = function->hardware.reset.names;
  if (methods.size() < 2) return remedy;
  return fmt::format(
             "{}. To prevent the problem, set a different reset-method for [{}] in {}; the card has {}; then ",
             remedy, function->card, inspection.configuration_file, listed(methods)) +
         rebuild_image(inspection.platform);
}

Remedy keep_it_powered(const Inspection& inspection, const ConfiguredFunction* function) {
  return keep_powered(inspection, *function);
}

Remedy find_faulty_dma(const Inspection&, const ConfiguredFunction* function) {
  return {
      "find out which driver used the card at that time. Faults during the boot come from the firmware or a host driver, and end when vfio-pci gets the card. Faults while a guest runs come from the guest's driver, or from the limits of the IOMMU:",
      {"dmesg | grep -F -e " + function->address() + " -e " +
       function->address().substr(function->address().find(':') + 1)}};
}

Remedy invalidation_remedy(const Inspection& inspection, const ConfiguredFunction*) {
  return "power-cycle the machine: the card does not answer the IOMMU, as after a failed reset. If it happens again, update the card's firmware; or " +
         add_parameter(inspection.platform, "pci=noats");
}

Remedy power_cycle_iommu(const Inspection&, const ConfiguredFunction*) {
  return Remedy(
             "power-cycle the machine: a device that failed or lost its power can block the IOMMU. A line about that device may precede:")
      .then({"print these lines:", {"dmesg | grep -E 'AMD-Vi|DMAR|not ready|AER'"}});
}

Remedy update_firmware(const Inspection&, const ConfiguredFunction*) {
  return "update the firmware, whose description of the IOMMU is wrong, or report this to its manufacturer";
}

Remedy release_reservation(const Inspection&, const ConfiguredFunction*) {
  return kReleaseReservation;
}

Remedy free_bar(const Inspection&, const ConfiguredFunction* function) {
  return {"find what holds the memory, and prevent it from using the card:",
          {fmt::format("grep -A 3 {} /proc/iomem", function->address())}};
}

Remedy give_rom_file(const Inspection&, const ConfiguredFunction*) {
  return "if the guest shows no picture, give it the ROM as a file (romfile= of QEMU, <rom file=…/> of libvirt)";
}

Remedy check_link(const Inspection&, const ConfiguredFunction*) {
  return "reseat the card and clean its contacts; remove a riser cable, or set a lower PCIe speed for the slot in the firmware setup";
}

Remedy raise_memory_limit(const Inspection&, const ConfiguredFunction*) {
  return {"raise the limit of the user who starts guests; this computes it for a guest of 16 GiB:",
          {"vfio-verify --guest-memory 16G --user USER"}};
}

Remedy igd_remedy(const Inspection&, const ConfiguredFunction*) {
  return "make the integrated graphics the primary display in the firmware setup, and update the firmware: it must provide an OpRegion";
}

Remedy remove_virtual_functions(const Inspection&, const ConfiguredFunction* function) {
  return {"remove the virtual functions before vfio-pci is bound:",
          {fmt::format("echo 0 > /sys/bus/pci/devices/{}/sriov_numvfs", function->address())}};
}

Remedy denylist_remedy(const Inspection&, const ConfiguredFunction*) {
  return "do not give this device to a guest: a guest can use its errata to attack the host";
}

constexpr const char* kBlocked = "the IOMMU blocked a request of the card";
constexpr const char* kNoInvalidation = "the card did not answer when the IOMMU cleared its cache";
constexpr const char* kNotAwake = "the kernel once failed to wake it";
constexpr const char* kNotReady = "the card did not come back from the reset";
constexpr const char* kReserved = "for this reason the kernel did not give the group to a guest";
constexpr const char* kHungIommu = "the IOMMU no longer carries out the kernel's commands";
constexpr const char* kBadTable = "the firmware's table is wrong";
constexpr const char* kFailed = "a transfer to or from the card failed";
constexpr const char* kRepeated = "transfers are often repeated, which costs speed";

// Live tests cause lines of this check on purpose.
constexpr std::string_view kCheckOfFaults = "iommu.faults";

// The wording changes between kernels: each row has the part that is the same from Linux 5.4 to
// 7.2, or there is a row for each wording.
constexpr LogEvidence kEvidence[] = {
    // wait_on_sem and iommu_print_event in drivers/iommu/amd/iommu.c, qi_dump_fault in
    // drivers/iommu/intel/dmar.c
    {"iommu.present", "AMD-Vi: Completion-Wait loop timed out", kHungIommu, power_cycle_iommu},
    {"iommu.present", "AMD-Vi: Command buffer timeout", kHungIommu, power_cycle_iommu},
    {"iommu.present", "Event logged [COMMAND_HARDWARE_ERROR", kHungIommu, power_cycle_iommu},
    {"iommu.present", "Event logged [ILLEGAL_COMMAND_ERROR", kHungIommu, power_cycle_iommu},
    {"iommu.present", "DMAR: VT-d detected Invalidation Queue Error", kHungIommu,
     power_cycle_iommu},

    // warn_invalid_dmar in drivers/iommu/intel/dmar.c, and others in drivers/iommu/intel. Until
    // Linux 5.6 the line has no prefix. The messages about I/O APICs belong to irq.remapping.
    {"iommu.firmware", "Your BIOS is broken; ", kBadTable, update_firmware},
    {"iommu.firmware", "DMAR: Parse DMAR table failure", kBadTable, update_firmware},
    {"iommu.firmware", "DMAR: [Firmware Bug]: Record passes table end", kBadTable, update_firmware},
    {"iommu.firmware", "DMAR: [Firmware Bug]: No DRHD structure", kBadTable, update_firmware},
    {"iommu.firmware", "DMAR: [Firmware Bug]: RMRR entry for device", kBadTable, update_firmware},
    // arch_rmrr_sanity_check in arch/x86/include/asm/iommu.h
    {"iommu.firmware", "No firmware reserved region can cover this RMRR",
     "the firmware reserves memory for a device, but its memory map does not", update_firmware},
    // drivers/iommu/amd/init.c
    {"iommu.firmware", "IVRS invalid checksum", kBadTable, update_firmware},
    {"iommu.firmware", "AMD-Vi: [Firmware Bug]: Invalid ", kBadTable, update_firmware},

    // drivers/iommu/intel/iommu.c, and since Linux 6.6 drivers/iommu/iommu.c
    {"iommu.reserved", "Device is ineligible for IOMMU domain attach", kReserved,
     release_reservation},
    {"iommu.reserved", "Firmware has requested this device have a 1:1 IOMMU mapping", kReserved,
     release_reservation},

    // dmar_fault_do_one in drivers/iommu/intel/dmar.c: "[DMA Read] Request device [01:00.0] PASID",
    // since Linux 5.14 "[DMA Read NO_PASID] Request device", later with the segment.
    {"iommu.faults", "DMAR: [DMA ", kBlocked, find_faulty_dma, {.also = "Request device ["}},
    {"iommu.faults", "DMAR: [INTR-REMAP] Request device [",
     "the IOMMU blocked an interrupt of the card", find_faulty_dma},
    {"iommu.faults", "DMAR: VT-d detected Invalidation ", kNoInvalidation, invalidation_remedy},
    // iommu_print_event in drivers/iommu/amd/iommu.c
    {"iommu.faults", "Event logged [IOTLB_INV_TIMEOUT", kNoInvalidation, invalidation_remedy},
    {"iommu.faults", "Event logged [", kBlocked, find_faulty_dma},
    // arm_smmu_dump_event in drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c: since Linux 6.14 with the
    // device
    {"iommu.faults", "arm-smmu-v3 ", kBlocked, find_faulty_dma, {.also = ": event: "}},
    {"iommu.faults", "arm-smmu-v3 ", kBlocked, find_faulty_dma, {.also = ": event 0x"}},
    // viommu_fault_handler in drivers/iommu/virtio-iommu.c
    {"iommu.faults", " fault from EP ", kBlocked, find_faulty_dma},

    // vfio_pci_open_device and vfio_pci_probe in drivers/vfio/pci/vfio_pci.c; "blacklist" before
    // Linux 5.10
    {"bind.driver", "Failed to setup Intel IGD regions",
     "a guest cannot open the integrated graphics", igd_remedy},
    {"bind.driver", "exists in vfio-pci device denylist",
     "vfio-pci refuses this device because of its errata", denylist_remedy},
    {"bind.driver", "exists in vfio-pci device blacklist",
     "vfio-pci refuses this device because of its errata", denylist_remedy},
    {"bind.driver",
     "Cannot bind to PF with SR-IOV enabled",
     "vfio-pci refuses a device that has virtual functions",
     remove_virtual_functions,
     {.pass_is_newer = true}},

    // drivers/pci/pci.c. Linux 5.5 to 5.18: "can't change power state from D3cold to D0 (config
    // space inaccessible)"; Linux 5.4: "Refused to change power state, currently in D3"
    {"power.state",
     "Unable to change power state from ",
     kNotAwake,
     keep_it_powered,
     {},
     LogEvent::kFailedToWake},
    {"power.state",
     "can't change power state from ",
     kNotAwake,
     keep_it_powered,
     {},
     LogEvent::kFailedToWake},
    {"power.state", "efused to change power state", "the card did not change its power state",
     keep_it_powered},
    {"power.state",
     "not ready ",
     kNotAwake,
     keep_it_powered,
     {.also = " after resume; giving up"},
     LogEvent::kFailedToWake},
    {"power.state",
     "runtime resume failed",
     kNotAwake,
     keep_it_powered,
     {},
     LogEvent::kFailedToWake},

    // pci_dev_wait, pci_dev_config_accessible and pcie_flr in drivers/pci/pci.c
    {"reset.method",
     "not ready ",
     kNotReady,
     power_cycle,
     {.also = "; giving up", .unless = " after resume"}},
    {"reset.method",
     "not ready ",
     "the kernel did not log that the card became ready",
     power_cycle,
     {.also = "; waiting", .unless = " after resume", .taken_back = ": ready "}},
    {"reset.method", "Device config space inaccessible; unable to ",
     "the card did not answer before the reset", power_cycle},
    {"reset.method", "timed out waiting for pending transaction",
     "the card did not complete its requests before the reset", power_cycle},
    // vfio_bar_restore in drivers/vfio/pci/vfio_pci_config.c
    {"reset.method", "reset recovery - restoring ",
     "the card lost the addresses of its BARs, as by a reset that VFIO did not request",
     power_cycle},

    // drivers/pci/pcie/aer.c and err.c. "Uncorrected (Fatal)" is "Uncorrectable (Fatal)" since
    // Linux 6.9.
    {"link.errors", "PCIe Bus Error: severity=Uncorrect", kFailed, check_link},
    {"link.errors", "AER: ", kFailed, check_link, {.also = "Uncorrect"}},
    {"link.errors", "AER: can't recover", "the kernel did not recover from an error of the card",
     check_link},
    {"link.errors", "PCIe Bus Error: severity=Correct", kRepeated, check_link, {.least = 10}},
    {"link.errors", "AER: ", kRepeated, check_link, {.also = "Correct", .least = 10}},

    // drivers/pci/pcie/dpc.c, and a report of the firmware (drivers/firmware/efi/cper.c)
    {"link.errors", "containment event, status", "the port disconnected the card after an error",
     check_link},
    {"link.errors",
     "[Hardware Error]:",
     "the firmware reported a hardware error of the card",
     check_link,
     {.also = "device_id: "}},

    // vfio_pin_pages_remote and vfio_lock_acct in drivers/vfio/vfio_iommu_type1.c
    {"guest.memlock", "RLIMIT_MEMLOCK (",
     "a guest needed more locked memory than its user may lock", raise_memory_limit},

    // pci_request_region in drivers/pci/pci.c
    {"bar.free", "can't reserve [", "a guest cannot use a BAR that something else holds", free_bar},

    // drivers/pci/rom.c
    {"rom.readable",
     "Invalid PCI ROM ",
     "the kernel could not read the option ROM",
     give_rom_file,
     {.pass_is_newer = true}},
};

// Lines that programs write to /dev/kmsg begin with their name and a colon ("systemd[1]:",
// "vfio-early:"). Lines of the kernel begin with a driver and a device, or with these.
bool is_of_kernel(std::string_view line) {
  constexpr std::string_view kSubsystems[] = {
      "DMAR:", "AMD-Vi:", "vfio_pin_pages_remote:", "vfio_lock_acct:"};
  const std::string_view first = line.substr(0, line.find(' '));
  return first.find(':') == first.npos ||
         std::find(std::begin(kSubsystems), std::end(kSubsystems), first) != std::end(kSubsystems);
}

bool has(std::string_view line, std::string_view words) {
  return line.find(words) != line.npos;
}

// The lines that one row counts.
struct Lines {
  const host::LogLine* last = nullptr;
  size_t count = 0;

  void add(const LogEvidence& row, const host::LogLine& line) {
    const LogEvidence::Limits& limits = row.limits;
    if (!limits.taken_back.empty() && has(line.text, limits.taken_back)) *this = {};
    if (!has(line.text, row.words) || !has(line.text, limits.also)) return;
    if (!limits.unless.empty() && has(line.text, limits.unless)) return;
    last = &line;
    ++count;
  }
};

const host::LogLine& line_of(const host::LogLine& line) {
  return line;
}
const host::LogLine& line_of(const host::LogLine* line) {
  return *line;
}

// Of the functions of a slot, the first has the messages about their common link.
bool is_first_of_slot(const Inspection& inspection, const ConfiguredFunction& function) {
  return std::none_of(inspection.functions.begin(), inspection.functions.end(),
                      [&](const ConfiguredFunction& other) {
                        return other.function.address.slot == function.function.address.slot &&
                               other.function.address < function.function.address;
                      });
}

// The lines that name the function. The port above it also reports errors of their link.
LogIndex::Lines lines_about(const Inspection& inspection, std::string_view check,
                            const ConfiguredFunction& function) {
  LogIndex::Lines lines = inspection.log_index().about(function.address());
  if (check != "link.errors") return lines;
  const LogIndex::Lines& of_port =
      inspection.log_index().about(inspection.port_above(function.function.address));
  if (of_port.empty() || !is_first_of_slot(inspection, function)) return lines;
  lines.insert(lines.end(), of_port.begin(), of_port.end());
  std::sort(lines.begin(), lines.end());  // all are in one array
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  return lines;
}

// The row of the check that applies to these lines; nullptr: none. A log may have a million lines.
template <typename Log>
const LogEvidence* find_row(std::string_view check, const Log& log, Lines& found) {
  std::vector<std::pair<const LogEvidence*, Lines>> rows;
  for (const LogEvidence& row : kEvidence)
    if (row.check == check) rows.emplace_back(&row, Lines());
  LiveTests live_tests;
  for (const auto& each : log) {
    const host::LogLine& line = line_of(each);
    const bool is_intended = live_tests.include(line) && check == kCheckOfFaults;
    if (is_intended || !is_of_kernel(line.text)) continue;
    for (auto& [row, lines] : rows) lines.add(*row, line);
  }
  for (const auto& [row, lines] : rows) {
    found = lines;
    if (lines.count >= row->limits.least) return row;
  }
  return nullptr;
}

bool has_rows(std::string_view check) {
  return std::any_of(std::begin(kEvidence), std::end(kEvidence),
                     [&](const LogEvidence& row) { return row.check == check; });
}

// A message of several lines is one line of /dev/kmsg, with "\x0a" between them.
std::string quoted(const Lines& lines) {
  constexpr size_t kMost = 240;
  std::string text = lines.last->text.substr(0, lines.last->text.find("\\x0a"));
  if (text.size() > kMost) text = text.substr(0, kMost) + "…";
  return fmt::format("the kernel says \"{}\"{}", text,
                     lines.count > 1 ? fmt::format(" ({} such lines)", lines.count) : "");
}

// The functions by the subject of their findings.
std::map<std::string, const ConfiguredFunction*> by_subject(const Inspection& inspection) {
  std::map<std::string, const ConfiguredFunction*> functions;
  for (const ConfiguredFunction& function : inspection.functions)
    functions.emplace(function.address(), &function);
  return functions;
}

void add(const LogEvidence& row, const Lines& lines, Remedy remedy, Weight weight,
         Finding& finding) {
  if (row.limits.pass_is_newer && finding.status == Status::kPass) return;
  finding.brief.clear();
  if (finding.yields_to_log) finding.evidence.clear();
  finding.evidence +=
      fmt::format("{}{}: {}", finding.evidence.empty() ? "" : "; ", quoted(lines), row.meaning);
  if (finding.status == Status::kFail) return;
  const bool open = finding.status == Status::kUnknown && weight == Weight::kDecides;
  if (!open) finding.status = Status::kWarn;
  finding.remedy = std::move(finding.remedy).then(remedy);
}

}  // namespace

std::span<const LogEvidence> log_evidence() {
  return kEvidence;
}

const LogEvidence* find_evidence(const Inspection& inspection, std::string_view check,
                                 std::string_view address) {
  Lines lines;
  return find_row(check, inspection.log_index().about(address), lines);
}

void add_log_evidence(const Inspection& inspection, const Check& check, Findings& findings) {
  if (!inspection.kernel_log || !has_rows(check.id)) return;
  const auto functions = by_subject(inspection);
  bool host_is_done = false;  // a check may have several findings about the host
  for (Finding& finding : findings) {
    Lines lines;
    const LogEvidence* row = nullptr;
    const auto known = functions.find(finding.subject);
    const ConfiguredFunction* function = known == functions.end() ? nullptr : known->second;
    if (function)
      row = find_row(check.id, lines_about(inspection, check.id, *function), lines);
    else if (finding.subject == kHost && !std::exchange(host_is_done, true))
      row = find_row(check.id, *inspection.kernel_log, lines);
    if (row) add(*row, lines, row->remedy(inspection, function), check.weight, finding);
  }
}

std::optional<QuotedLine> host_evidence(const Inspection& inspection, const char* check) {
  if (!inspection.kernel_log) return std::nullopt;
  Lines lines;
  const LogEvidence* row = find_row(check, *inspection.kernel_log, lines);
  if (!row) return std::nullopt;
  return QuotedLine{quoted(lines), row->remedy(inspection, nullptr)};
}

Finding judge_by_log(const Inspection& inspection, const ConfiguredFunction& function,
                     const char* check, const char* nothing) {
  const std::string address = function.address();
  if (!inspection.kernel_log)
    return unknown(address, host::describe(inspection.kernel_log.error()),
                   read_as_root(inspection, inspection.kernel_log.error()));
  Lines lines;
  if (!inspection.is_log_complete() &&
      !find_row(check, lines_about(inspection, check, function), lines))
    return unknown(address, "the kernel log does not reach back to its start",
                   "reboot, and run vfio-verify soon after the boot");
  return yielding_to_log(pass(address, nothing));
}

}  // namespace verify
