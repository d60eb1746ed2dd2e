// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/capture/sources.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "host/platform/platforms.h"
#include "host/text.h"
#include "verify/capture/boot_files.h"
#include "verify/capture/own_files.h"
#include "verify/capture/system_files.h"

namespace verify::capture {
namespace {

std::string keep_text(std::string_view text, Anonymiser& anonymiser) {
  return anonymiser.text(text);
}

// For texts that the board's vendor or owner wrote.
std::string keep_free_text(std::string_view text, Anonymiser& anonymiser) {
  return anonymiser.free_text(text);
}

std::string keep_driver(std::string_view text, Anonymiser& anonymiser) {
  return anonymiser.driver(std::string(host::trim(text))) + "\n";
}

// For files whose secrets are all recognised by their form.
void learn_forms(std::string_view, Anonymiser&) {}

constexpr auto kConfigSpace = Source::Kind::kConfigSpace;
constexpr auto kFile = Source::Kind::kFile;
constexpr auto kFirmware = Source::Kind::kFirmware;
constexpr auto kLink = Source::Kind::kLink;
constexpr auto kEmptyFile = Source::Kind::kEmptyFile;
constexpr auto kEmptyDirectory = Source::Kind::kEmptyDirectory;

// Reading these files wakes no device, except `config`, which is not read in D3cold.
constexpr Source kSources[] = {
    {"/sys/bus/pci/devices", kEmptyDirectory},
    {"/sys/class/iommu", kEmptyDirectory},
    {"/sys/kernel/iommu_groups", kEmptyDirectory},
    {"/sys/bus/pci/devices/*/uevent", kFile, kept_uevent},
    {"/sys/bus/pci/devices/*/class"},
    {"/sys/bus/pci/devices/*/vendor"},
    {"/sys/bus/pci/devices/*/device"},
    {"/sys/bus/pci/devices/*/subsystem_vendor"},
    {"/sys/bus/pci/devices/*/subsystem_device"},
    {"/sys/bus/pci/devices/*/revision"},
    {"/sys/bus/pci/devices/*/modalias"},
    {"/sys/bus/pci/devices/*/resource"},
    {"/sys/bus/pci/devices/*/driver_override", kFile, keep_driver},
    {"/sys/bus/pci/devices/*/boot_vga"},
    {"/sys/bus/pci/devices/*/enable"},
    {"/sys/bus/pci/devices/*/irq"},
    {"/sys/bus/pci/devices/*/numa_node"},
    {"/sys/bus/pci/devices/*/reset_method"},
    {"/sys/bus/pci/devices/*/power_state"},
    {"/sys/bus/pci/devices/*/d3cold_allowed"},
    {"/sys/bus/pci/devices/*/power/control"},
    {"/sys/bus/pci/devices/*/power/runtime_status"},
    {"/sys/bus/pci/devices/*/sriov_*"},
    {"/sys/bus/pci/devices/*/config", kConfigSpace},
    {"/sys/bus/pci/devices/*/rom", kEmptyFile},
    {"/sys/bus/pci/devices/*/reset", kEmptyFile},
    {"/sys/bus/pci/devices/*/driver", kLink},
    {"/sys/bus/pci/devices/*/iommu", kLink},
    {"/sys/bus/pci/devices/*/iommu_group", kLink},
    {"/sys/bus/pci/devices/*/physfn", kLink},
    {"/sys/bus/pci/devices/*/virtfn*", kLink},
    {"/sys/bus/pci/devices/*/vfio-dev/*/dev"},
    {"/sys/bus/pci/devices/*/vfio-dev/*/uevent", kEmptyFile},
    {"/sys/bus/pci/devices/*/mdev_supported_types/*/name", kFile, kept_name},
    {"/sys/bus/pci/devices/*/mdev_supported_types/*/available_instances"},
    {"/sys/bus/pci/slots/*/address"},
    {"/sys/kernel/iommu_groups/*/name"},
    {"/sys/kernel/iommu_groups/*/type"},
    {"/sys/kernel/iommu_groups/*/reserved_regions"},
    {"/sys/kernel/iommu_groups/*/devices/*", kLink},
    {"/sys/kernel/mm/hugepages/*/*_hugepages"},
    {"/sys/kernel/security/lockdown"},
    {"/sys/class/iommu/*/*-iommu/*"},
    {"/sys/class/iommu/*", kLink},
    {"/sys/class/dmi/id/bios_date", kFile, keep_text},
    {"/sys/class/dmi/id/bios_version", kFile, keep_free_text},
    {"/sys/class/dmi/id/board_name", kFile, keep_free_text},
    {"/sys/class/dmi/id/board_vendor", kFile, keep_free_text},
    {"/sys/firmware/acpi/tables/DMAR"},
    {"/sys/firmware/acpi/tables/IVRS"},
    {"/sys/firmware/acpi/tables/VIOT"},
    {"/sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", kFile,
     kept_loader},
    {"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"},
    {"/sys/firmware/efi/efivars/StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", kFile, kept_loader},
    {"/sys/hypervisor/type"},
    {"/sys/hypervisor/properties/features"},
    {"/sys/module/kvm_amd/parameters/sev*"},
    {"/sys/module/kvm_intel/parameters/tdx"},
    {"/sys/module/iommufd/parameters/allow_unsafe_interrupts"},
    {"/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"},
    {"/sys/module/vfio_pci/parameters/disable_idle_d3"},
    {"/proc/cmdline", kFile, kept_command_line, learn_command_line},
    {"/proc/cpuinfo", kFile, kept_cpuinfo},
    {"/proc/interrupts", kFile, kept_interrupts},
    {"/proc/iomem", kFile, kept_iomem},
    {"/proc/sys/kernel/arch"},
    {"/proc/sys/kernel/bootloader_type"},
    {"/proc/sys/kernel/osrelease", kFile, kept_release},
    {"/proc/sys/kernel/random/boot_id", kFile, kept_boot_id},
    {"/proc/xen/capabilities"},
    {"/run/systemd/container", kEmptyFile},
    {"/run/.containerenv", kEmptyFile},
    {"/.dockerenv", kEmptyFile},
    {"/etc/NIXOS", kEmptyFile},
    {"/etc/vfio-early.conf", kFile, kept_configuration, learn_configuration},
    {"/etc/vfio-early.conf.d/*.conf", kFile, kept_configuration, learn_configuration},
    {"/etc/os-release", kFile, kept_os_release, learn_forms},
    {"/usr/lib/os-release", kFile, kept_os_release, learn_forms},
    {"/etc/default/grub", kFile, kept_grub, learn_grub},
    {"/etc/default/grub.d/*.cfg", kFile, kept_grub, learn_grub},
    {"/etc/kernel/cmdline", kFile, kept_command_line, learn_command_line},
    {"/etc/driverctl.d/pci-*", kFile, keep_driver},
    {"/etc/modprobe.d/*.conf", kFile, kept_modprobe, learn_forms},
    {"/run/modprobe.d/*.conf", kFile, kept_modprobe, learn_forms},
    {"/usr/local/lib/modprobe.d/*.conf", kFile, kept_modprobe, learn_forms},
    {"/usr/lib/modprobe.d/*.conf", kFile, kept_modprobe, learn_forms},
    {"/lib/modprobe.d/*.conf", kFile, kept_modprobe, learn_forms},
    {"/boot/loader/entries/*.conf", kFile, kept_boot_entry, learn_boot_entry},
    {"/efi/loader/entries/*.conf", kFile, kept_boot_entry, learn_boot_entry},
    {"/boot/loader/loader.conf", kEmptyFile},
    {"/boot/efi/loader/loader.conf", kEmptyFile},
    {"/efi/loader/loader.conf", kEmptyFile},
    {"/boot/limine.conf", kEmptyFile},
    {"/boot/limine/limine.conf", kEmptyFile},
    {"/boot/EFI/limine/limine.conf", kEmptyFile},
    {"/boot/efi/EFI/limine/limine.conf", kEmptyFile},
    {"/efi/limine.conf", kEmptyFile},
    {"/efi/EFI/limine/limine.conf", kEmptyFile},
    {"/boot/refind_linux.conf", kEmptyFile},
    {"/boot/EFI/refind/refind.conf", kEmptyFile},
    {"/boot/efi/EFI/refind/refind.conf", kEmptyFile},
    {"/efi/EFI/refind/refind.conf", kEmptyFile},
    {"/etc/qemu/firmware/*.json", kFirmware, nullptr, learn_forms},
    {"/usr/share/qemu/firmware/*.json", kFirmware, nullptr, learn_forms},
    {"/etc/qubes-release", kEmptyFile},
    {"/usr/bin/pveversion", kEmptyFile},
    {"/usr/bin/qemu-system-aarch64", kEmptyFile},
    {"/usr/bin/qemu-system-x86_64", kEmptyFile},
    {"/usr/bin/virsh", kEmptyFile},
    {"/usr/libexec/qemu-kvm", kEmptyFile},
};

// Adds the files by which a platform is recognised: checks only ask whether they exist.
std::vector<Source> with_platform_files() {
  static std::set<std::string, std::less<>> files;
  for (const host::PlatformRow& row : host::platforms())
    for (const char* words : {row.signs.any_file, row.signs.all_files, row.signs.no_file})
      for (const std::string_view file : host::split(words)) files.emplace(file);
  std::vector<Source> sources(std::begin(kSources), std::end(kSources));
  for (const Source& source : kSources) files.erase(source.pattern);
  for (const std::string& file : files) sources.push_back({file.c_str(), kEmptyFile});
  return sources;
}

}  // namespace

std::span<const Source> sources() {
  static const std::vector<Source> sources = with_platform_files();
  return sources;
}

}  // namespace verify::capture
