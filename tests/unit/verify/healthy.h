// SPDX-License-Identifier: GPL-2.0-or-later
//
// A healthy machine, as vfio-verify inspects it. A test breaks one thing and checks which findings
// change.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "verify/check/checks.h"
#include "verify/check/inspection.h"

namespace verify {

inline constexpr const char* kVga = "0000:01:00.0";
inline constexpr const char* kAudio = "0000:01:00.1";

inline host::PciFunction pci_function(const std::string& address, host::PciId id, uint32_t code,
                                      const std::string& driver) {
  return {
      .address = *host::PciAddress::parse(address), .id = id, .class_code = code, .driver = driver};
}

inline record::FunctionRecord record_of(const std::string& address) {
  record::FunctionRecord record;
  record.card = "gaming";
  record.address = *host::PciAddress::parse(address);
  record.id = {0x10de, uint16_t(address == kAudio ? 0x10f0 : 0x1b81)};
  record.wanted_driver = "vfio-pci";
  record.state = record::State::kBound;
  record.override_ns = 4'100'000'000;
  record.bound_ns = 4'500'000'000;
  record.in_initramfs = true;
  return record;
}

inline std::vector<host::LogLine> log_of(const std::vector<std::string>& lines) {
  std::vector<host::LogLine> log;
  for (const std::string& line : lines) log.push_back({log.size(), 1'200'000 * log.size(), line});
  return log;
}

inline DmaTrial healthy_trial() {
  DmaTrial trial;
  trial.map = {0x100000, 65536, 0};
  trial.overlap = {0x101000, 4096, EEXIST};
  trial.reserved = {0xfee00000, 4096, EINVAL};
  trial.reserved_window = "msi window";
  trial.unmapped = 65536;
  return trial;
}

inline LiveTrial healthy_live() {
  const NegativeTest denied = {.before = true, .changed = false, .after = true};
  LiveTrial live;
  live.address = kAudio;
  live.kind = "HD Audio controller";
  live.reset = "bus";
  live.iova = 0x100000;
  live.answers = {0x10de0080, 0x100100, 0x10de0080, 0x100100};
  live.unmapped = live.physical = live.readonly = live.revoked = live.remapped = denied;
  live.arrived_at_new_page = true;
  live.superpages = {{.size = 2 << 20, .obstacle = {}, .mapped_by = 2 << 20, .microseconds = 70}};
  live.endurance = Endurance{.wanted = 3, .completed = 3, .why = {}};
  live.high = HighAddress{.iova = uint64_t{1} << 32, .answered = true, .not_tried = {}};
  live.interrupts = {{"MSI", 3, 3, "IR-PCI-MSI-0000:01:00.1", {}},
                     {"INTx", 3, 3, "IR-IO-APIC", {}}};
  return live;
}

// An awake display in good state. Its audio function has fewer features.
inline hardware::Hardware healthy_hardware(bool display) {
  using namespace hardware;
  Hardware found;
  found.power = {.state = "D0", .runtime = "active", .d3cold_allowed = true};
  found.reset.names = {"flr", "bus"};
  found.windows.resize(kRom + 1);
  found.windows[0] = {0xa0000000, 0xa0ffffff, 0x40200};
  if (!display) return found;
  found.windows[kRom] = {0xa1000000, 0xa101ffff, 0x46200};
  found.resizable = {{.bar = 1, .bytes = 8ULL << 30, .sizes = 0x3f00}};
  found.links = std::vector<Link>{{"0000:00:01.0", kVga, {1, 16}, {4, 16}, {4, 16}}};
  found.rom.state = OptionRom::State::kRead;
  found.rom.bytes = 0x20000;
  found.rom.rom.images = {
      {.offset = 0, .bytes = 0xf000},
      {.offset = 0xf000, .bytes = 0xe000, .code_type = kUefiCode, .machine = kX64}};
  return found;
}

inline firmware::Table healthy_table() {
  firmware::Table table;
  table.signature = "DMAR";
  table.flags = {{"INTR_REMAP", "interrupt remapping"}};
  return table;
}

// A root port with all ACS bits enabled, and the card below it.
inline isolation::Topology healthy_topology(host::PciFunction vga, host::PciFunction audio) {
  using isolation::PortType;
  auto port = pci_function("0000:00:01.0", {0x8086, 0x460d, 0, 0}, 0x060400, "pcieport");
  port.path = host::PciPath::parse("0000:00/01.0");
  port.group = 1;
  vga.path = host::PciPath::parse("0000:00/01.0/00.0");
  audio.path = host::PciPath::parse("0000:00/01.0/00.1");
  vga.group = audio.group = 4;
  const isolation::ConfigSpace function{.type = PortType::kLegacyEndpoint, .multifunction = true};
  const isolation::ConfigSpace above{
      .type = PortType::kRootPort, .has_slot = true, .acs = isolation::Acs{0x1d, 0x1d}};
  isolation::Topology topology;
  topology.nodes = {{.function = port, .config = above},
                    {.function = vga, .config = function, .parent = 0},
                    {.function = audio, .config = function, .parent = 0}};
  return topology;
}

// Root starts a guest of 16 GiB, for which there are enough huge pages.
inline guest::Readiness healthy_guest() {
  guest::Readiness ready;
  ready.requested.memory = uint64_t{16} << 30;
  ready.account = guest::Account{.name = "root", .uid = 0, .groups = {0}};
  ready.lock_limit = {guest::kUnlimited, guest::kUnlimited, "root's"};
  ready.huge_pages = {{.size = uint64_t{1} << 30, .total = 16, .free = 16}};
  ready.container = guest::Node{.path = "/dev/vfio/vfio", .mode = 0666};
  ready.groups = {{4, guest::Node{.path = "/dev/vfio/4", .mode = 0600}}};
  ready.qemu = "/usr/bin/qemu-system-x86_64";
  ready.qemu_has_vfio_pci = true;
  ready.firmware = {{.descriptor = "/usr/share/qemu/firmware/60.json",
                     .executable = "/usr/share/OVMF/CODE.fd",
                     .present = true}};
  ready.libvirt = {.installed = true, .running = true};
  for (const char* address : {kVga, kAudio})
    ready.libvirt.devices.push_back(
        guest::NodeDevice{*host::PciAddress::parse(address), "vfio-pci", 4});
  ready.iommufd = {.node = true,
                   .devices = {{*host::PciAddress::parse(kVga), "vfio0", /*has_number=*/true}},
                   .options = {},
                   .qemu = ready.qemu,
                   .qemu_supports = true,
                   .libvirt_installed = true,
                   .libvirt = guest::Version{12, 1}};
  return ready;
}

inline Inspection healthy() {
  const auto vga = pci_function(kVga, {0x10de, 0x1b81, 0, 0}, 0x030000, "vfio-pci");
  const auto audio = pci_function(kAudio, {0x10de, 0x10f0, 0, 0}, 0x040300, "vfio-pci");

  Inspection machine;
  machine.platform.name = "Debian GNU/Linux 12 (bookworm)";
  machine.platform.id_like = {"debian"};
  machine.platform.address_bits = 46;
  machine.platform.parameters = &host::row_named("GRUB of Debian");
  machine.platform.image = &host::row_named("dracut");
  machine.machine.functions = {vga, audio};
  machine.machine.boot_id = "this-boot";
  machine.machine.kernel_release = "6.12.0";
  machine.tables = {{"/sys/firmware/acpi/tables/DMAR", healthy_table()}};
  machine.kvm.emplace();
  machine.lockdown = std::string("[none] integrity confidentiality");
  machine.iommus = std::vector<std::string>{"dmar0", "dmar1"};
  machine.configuration_file = "/etc/vfio-early.conf";
  machine.configuration_hash = "cbf29ce484222325";
  for (const auto& function : {vga, audio}) {
    machine.functions.push_back({.card = "gaming",
                                 .function = function,
                                 .override = "vfio-pci",
                                 .group = 4,
                                 .iommu_bits = 48,
                                 .framebuffers = std::vector<std::string>{},
                                 .bar_regions = std::vector<std::string>{},
                                 .hardware = healthy_hardware(function.class_code == 0x030000)});
    machine.assigned_functions.push_back(function.address);
  }
  InspectedGroup group;
  group.number = 4;
  group.subject = kVga;
  group.type = "identity";  // set by iommu=pt, which is not a problem
  group.members = {vga, audio};
  machine.attachments[group.number] = {
      .ended_at = Step::kAttached, .viable = true, .dma = healthy_trial()};
  machine.groups = {group};
  machine.topology = healthy_topology(vga, audio);

  machine.expectations = {{"gaming", "/etc/vfio-early.conf:2", 1, 1}};
  record::Record record;
  record.boot_id = "this-boot";
  record.kernel_release = machine.machine.kernel_release;
  record.in_initramfs = true;
  record.gate = {.began_ns = 4'050'000'000, .ended_ns = 4'150'000'000};
  record.configuration_hash = machine.configuration_hash;
  record.functions = {record_of(kVga), record_of(kAudio)};
  machine.record = record;
  machine.kernel_log = log_of({
      "Linux version 6.12.0",
      "pci 0000:01:00.0: [10de:1b81] type 00 class 0x030000 conventional PCI endpoint",
      "pci 0000:01:00.1: [10de:10f0] type 00 class 0x040300 conventional PCI endpoint",
      "vfio-early: gaming: 0000:01:00.0 is bound to vfio-pci",
      "vfio-pci 0000:01:00.0: vgaarb: VGA decodes changed: olddecodes=io+mem,decodes=io+mem",
  });
  machine.interrupts = InterruptChips{.remapped = 23, .direct = 0, .example = "IR-PCI-MSI"};
  machine.unsafe_interrupts = {.type1 = false, .iommufd = {}, .on_load = {}};
  machine.remapping_units = {{"dmar0", true}, {"dmar1", true}};
  machine.live = {healthy_live()};
  machine.guest = healthy_guest();
  machine.other_settings.has_udev_rules = true;
  machine.next_image.emplace().candidates = {"/boot/initrd.img-6.12.0"};
  return machine;
}

// The healthy machine without an IOMMU, and with firmware that describes none.
inline Inspection without_iommu() {
  Inspection machine = healthy();
  machine.iommus = std::vector<std::string>{};
  machine.tables.clear();
  machine.groups.clear();
  machine.attachments.clear();
  for (auto& function : machine.functions) function.group.reset();
  return machine;
}

// The group of the healthy machine, whose attachment ended at this step.
inline Inspection with_attachment(Step ended_at, int code, std::optional<bool> viable = {}) {
  Inspection machine = healthy();
  Attachment& attachment = machine.attachments[machine.groups.front().number];
  attachment = {.ended_at = ended_at, .viable = viable};
  if (code != 0) attachment.error = host::Error{code, "the step"};
  return machine;
}

// The only finding of a check.
inline Finding only_finding(const Findings& findings) {
  EXPECT_EQ(findings.size(), 1u);
  return findings.empty() ? Finding{} : findings.front();
}

// How often `text` has `part`.
inline int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

inline bool has_text(const std::string& text, const std::string& words) {
  return text.find(words) != text.npos;
}
inline bool has_text(const Remedy& remedy, const std::string& words) {
  return has_text(remedy.str(), words);
}
inline std::ostream& operator<<(std::ostream& out, const Remedy& remedy) {
  return out << remedy.str();
}

inline void PrintTo(Status status, std::ostream* out) {
  *out << status_name(status);
}

}  // namespace verify
