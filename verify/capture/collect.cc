// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/capture/collect.h"

#include <algorithm>
#include <cerrno>
#include <iterator>

#include <fmt/format.h>
#include <fnmatch.h>

#include "host/kernel_log.h"
#include "host/pci_address.h"
#include "host/text.h"

namespace verify::capture {
namespace {

constexpr size_t kMaxFile = size_t{64} << 20;
constexpr int kMaxLinks = 40;  // as the kernel (MAXSYMLINKS)

enum class Treatment {
  kText,    // secrets are replaced
  kBytes,   // as it is: nothing in it names anybody
  kConfig,  // a configuration space
  kMark,    // that it is there; what is in it is nobody's business
  kLink,    // a link and, as an empty directory, where it leads
  kPlace,   // a directory, which says something even when it is empty
  kCpu,     // the first processor
  kAlias,   // of PCI devices only
};

struct Source {
  const char* pattern;  // '*' within one part of a path
  Treatment how = Treatment::kText;
};

// None of them wakes a device but `config`, which is spared one that sleeps.
constexpr Source kSources[] = {
    {"/sys/bus/pci/devices", Treatment::kPlace},
    {"/sys/class/iommu", Treatment::kPlace},
    {"/sys/kernel/iommu_groups", Treatment::kPlace},
    {"/sys/bus/pci/devices/*/uevent"},
    {"/sys/bus/pci/devices/*/class"},
    {"/sys/bus/pci/devices/*/vendor"},
    {"/sys/bus/pci/devices/*/device"},
    {"/sys/bus/pci/devices/*/subsystem_vendor"},
    {"/sys/bus/pci/devices/*/subsystem_device"},
    {"/sys/bus/pci/devices/*/revision"},
    {"/sys/bus/pci/devices/*/modalias"},
    {"/sys/bus/pci/devices/*/resource"},
    {"/sys/bus/pci/devices/*/driver_override"},
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
    {"/sys/bus/pci/devices/*/config", Treatment::kConfig},
    {"/sys/bus/pci/devices/*/rom", Treatment::kMark},
    {"/sys/bus/pci/devices/*/reset", Treatment::kMark},
    {"/sys/bus/pci/devices/*/driver", Treatment::kLink},
    {"/sys/bus/pci/devices/*/iommu", Treatment::kLink},
    {"/sys/bus/pci/devices/*/iommu_group", Treatment::kLink},
    {"/sys/bus/pci/devices/*/physfn", Treatment::kLink},
    {"/sys/bus/pci/devices/*/virtfn*", Treatment::kLink},
    {"/sys/bus/pci/devices/*/mdev_supported_types/*/name"},
    {"/sys/bus/pci/devices/*/mdev_supported_types/*/available_instances"},
    {"/sys/bus/pci/slots/*/address"},
    {"/sys/kernel/iommu_groups/*/name"},
    {"/sys/kernel/iommu_groups/*/type"},
    {"/sys/kernel/iommu_groups/*/reserved_regions"},
    {"/sys/kernel/iommu_groups/*/devices/*", Treatment::kLink},
    {"/sys/kernel/mm/hugepages/*/*_hugepages"},
    {"/sys/kernel/security/lockdown"},
    {"/sys/class/iommu/*/*-iommu/*"},
    {"/sys/class/iommu/*", Treatment::kLink},
    {"/sys/class/dmi/id/bios_*"},
    {"/sys/class/dmi/id/board_name"},
    {"/sys/class/dmi/id/board_vendor"},
    {"/sys/class/dmi/id/product_name"},
    {"/sys/class/dmi/id/sys_vendor"},
    {"/sys/firmware/acpi/tables/DMAR", Treatment::kBytes},
    {"/sys/firmware/acpi/tables/IVRS", Treatment::kBytes},
    {"/sys/firmware/acpi/tables/VIOT", Treatment::kBytes},
    {"/sys/firmware/efi/efivars/LoaderInfo-*", Treatment::kBytes},
    {"/sys/firmware/efi/efivars/SecureBoot-*", Treatment::kBytes},
    {"/sys/firmware/efi/efivars/StubInfo-*", Treatment::kBytes},
    {"/sys/module/iommufd/parameters/*"},
    {"/sys/module/kvm*/parameters/*"},
    {"/sys/module/vfio*/parameters/*"},
    {"/proc/cmdline"},
    {"/proc/cpuinfo", Treatment::kCpu},
    {"/proc/interrupts"},
    {"/proc/iomem"},
    {"/proc/meminfo"},
    {"/proc/sys/kernel/bootloader_type"},
    {"/proc/sys/kernel/osrelease"},
    {"/proc/sys/kernel/random/boot_id"},
    {"/run/vfio-early/record.json"},
    {"/etc/vfio-early.conf"},
    {"/etc/vfio-early.conf.d/*.conf"},
    {"/etc/os-release"},
    {"/usr/lib/os-release"},
    {"/etc/default/grub"},
    {"/etc/kernel/cmdline"},
    {"/etc/modprobe.d/*.conf"},
    {"/run/modprobe.d/*.conf"},
    {"/usr/local/lib/modprobe.d/*.conf"},
    {"/usr/lib/modprobe.d/*.conf"},
    {"/lib/modprobe.d/*.conf"},
    {"/boot/loader/entries/*.conf"},
    {"/boot/loader/loader.conf"},
    {"/boot/efi/loader/loader.conf"},
    {"/boot/refind_linux.conf"},
    {"/efi/loader/entries/*.conf"},
    {"/efi/loader/loader.conf"},
    {"/etc/qemu/firmware/*.json"},
    {"/usr/share/qemu/firmware/*.json"},
    {"/usr/share/OVMF/*", Treatment::kMark},
    {"/usr/share/edk2/*/*", Treatment::kMark},
    {"/usr/share/qemu/*.bin", Treatment::kMark},
    {"/boot/EFI/refind/refind.conf", Treatment::kMark},
    {"/boot/efi/EFI/refind/refind.conf", Treatment::kMark},
    {"/efi/EFI/refind/refind.conf", Treatment::kMark},
    {"/usr/bin/dracut", Treatment::kMark},
    {"/usr/bin/grubby", Treatment::kMark},
    {"/usr/bin/kernel-install", Treatment::kMark},
    {"/usr/bin/mkinitcpio", Treatment::kMark},
    {"/usr/bin/qemu-system-x86_64", Treatment::kMark},
    {"/usr/bin/virsh", Treatment::kMark},
    {"/usr/libexec/qemu-kvm", Treatment::kMark},
    {"/usr/sbin/dracut", Treatment::kMark},
    {"/usr/sbin/grubby", Treatment::kMark},
    {"/usr/sbin/update-initramfs", Treatment::kMark},
};

// Words of the kernel's log that say something of what is judged here. All other lines are told to
// have been there, since a missing one would count as lost, and nothing of what they say.
constexpr const char* kLogWords[] = {
    "vfio",     "VFIO",     "iommu",         "IOMMU",       "DMAR",
    "AMD-Vi",   "IVRS",     "Linux version", "ommand line", "x2apic",
    "emapping", "IOAPIC",   "kexec",         "pcie_acs",    "ACS",
    "lockdown", "Lockdown", "BOOTFB",        "framebuffer", "simpledrm",
    "efifb",    "vesafb",   "efidrm",        "vesadrm",     "corebootdrm"};

// "0000:01:00.0" anywhere in it.
bool names_a_function(std::string_view line) {
  for (size_t dot = line.find('.'); dot != line.npos; dot = line.find('.', dot + 1))
    if (dot >= 10 && line.size() > dot + 1 &&
        host::PciAddress::parse(std::string(line.substr(dot - 10, 12))))
      return true;
  return false;
}

bool is_of_interest(std::string_view line) {
  return names_a_function(line) ||
         std::any_of(std::begin(kLogWords), std::end(kLogWords),
                     [&](const char* word) { return line.find(word) != line.npos; });
}

std::string only_pci(std::string_view aliases) {
  std::string out;
  for (const std::string_view line : host::split(aliases, "\n"))
    if (line.starts_with("alias pci:")) out += std::string(line) + "\n";
  return out;
}

// "Linux version 6.12.0 (alice@desk) (gcc …": who built it, and where.
std::string without_builder(std::string text) {
  const size_t at = text.find("Linux version ");
  const size_t open = at == text.npos ? at : text.find(" (", at);
  const size_t close = open == text.npos ? open : text.find(')', open);
  return close == text.npos ? text : text.replace(open + 2, close - open - 2, "builder@host");
}

// The places whose names people and installers choose.
bool may_name_somebody(const std::string& path) {
  constexpr const char* kPlaces[] = {"/boot/", "/efi/", "/etc/", "/home/"};
  return std::any_of(std::begin(kPlaces), std::end(kPlaces),
                     [&](const char* place) { return path.starts_with(place); });
}

void anonymise_names(Anonymiser& anonymiser, Collection& collection) {
  decltype(collection.entries) named;
  for (auto& [path, entry] : collection.entries) {
    const bool ours = may_name_somebody(path);
    if (ours && entry.kind == Entry::Kind::kLink) entry.content = anonymiser.text(entry.content);
    named.insert_or_assign(ours ? anonymiser.text(path) : path, std::move(entry));
  }
  collection.entries = std::move(named);
  for (std::string& line : collection.unreadable) line = anonymiser.text(line);
}

class Collector {
 public:
  Collector(const host::Root& root, Anonymiser& anonymiser, Collection& collection)
      : root_(root), anonymiser_(anonymiser), collection_(collection) {}

  void take(const Source& source) {
    for (const std::string& path : expand(source.pattern)) take(path, source.how);
  }
  void take(const std::string& path, Treatment how) {
    if (how == Treatment::kLink) return take_link(path);
    if (how == Treatment::kPlace) return add(path, {Entry::Kind::kDirectory, ""});
    if (how == Treatment::kConfig && sleeps(path))
      return collection_.unreadable.push_back(path + ": the function sleeps, and is not woken");
    if (how == Treatment::kMark) return add(path, {Entry::Kind::kFile, ""});
    const auto bytes = root_.read(path, kMaxFile);
    if (bytes) return add(path, {Entry::Kind::kFile, treated(*bytes, how)});
    // A directory among the files of a pattern is none of them.
    if (bytes.error().code != EISDIR && bytes.error().code != ENOENT)
      collection_.unreadable.push_back(host::describe(bytes.error()));
  }
  void take_log() {
    const auto lines = host::read_kernel_log(root_);
    if (!lines) return collection_.unreadable.push_back(host::describe(lines.error()));
    std::string text;
    for (const host::LogLine& line : *lines)
      text += fmt::format(
          "6,{},{},-;{}\n", line.sequence, line.microseconds,
          is_of_interest(line.text) ? anonymiser_.text(without_builder(line.text)) : "(left out)");
    add("/dev/kmsg", {Entry::Kind::kFile, text});
  }
  void add(const std::string& path, Entry entry) {
    collection_.entries.insert_or_assign(home_of(path), std::move(entry));
  }

 private:
  std::string treated(const std::string& bytes, Treatment how) {
    switch (how) {
      case Treatment::kConfig:
        return anonymiser_.config_space(bytes);
      case Treatment::kCpu:
        return bytes.substr(0, bytes.find("\n\n")) + "\n";
      case Treatment::kAlias:
        return only_pci(bytes);
      case Treatment::kBytes:
        return bytes;
      default:
        return anonymiser_.text(bytes);
    }
  }

  void take_link(const std::string& path) {
    const std::string target = root_.link_target(path);
    if (target.empty()) return;
    const std::string home =
        home_of(path.substr(0, path.rfind('/'))) + path.substr(path.rfind('/'));
    collection_.entries[home] = {Entry::Kind::kLink, target};
    if (const std::string end = home_of(path); root_.exists(end))
      collection_.entries.try_emplace(end, Entry{Entry::Kind::kDirectory, ""});
  }

  // A function in D3cold would be woken for its configuration space.
  bool sleeps(const std::string& config) const {
    return root_.read_line(config.substr(0, config.rfind('/')) + "/power_state") == "D3cold";
  }

  // Where a path really leads, all links on the way taken along.
  std::string home_of(const std::string& path, int links = 0) {
    if (path.empty()) return "";
    const size_t slash = path.rfind('/');
    const std::string name = path.substr(slash + 1);
    const std::string parent = home_of(path.substr(0, slash), links);
    if (name == "." || name.empty()) return parent;
    if (name == "..") return parent.substr(0, parent.rfind('/'));
    const std::string here = parent + "/" + name;
    const auto known = homes_.find(here);
    if (known != homes_.end()) return known->second;
    const std::string target = links < kMaxLinks ? root_.link_target(here) : "";
    if (target.empty()) return homes_[here] = here;
    collection_.entries[here] = {Entry::Kind::kLink, target};
    const std::string end =
        home_of(target.front() == '/' ? target : parent + "/" + target, links + 1);
    return homes_[here] = end;
  }

  // The paths that are there; each part of a pattern is looked up in its directory.
  std::vector<std::string> expand(std::string_view pattern) const {
    std::vector<std::string> found = {""};
    for (const std::string_view part : host::split(pattern, "/")) {
      std::vector<std::string> next;
      for (const std::string& directory : found) {
        if (part.find_first_of("*?") == part.npos) {
          next.push_back(directory + "/" + std::string(part));
          continue;
        }
        for (const std::string& name : root_.list(directory).value_or({}))
          if (::fnmatch(std::string(part).c_str(), name.c_str(), 0) == 0)
            next.push_back(directory + "/" + name);
      }
      found = std::move(next);
    }
    std::erase_if(found, [&](const std::string& path) {
      return root_.link_target(path).empty() && !root_.exists(path);
    });
    return found;
  }

  const host::Root& root_;
  Anonymiser& anonymiser_;
  Collection& collection_;
  std::map<std::string, std::string> homes_;
};

}  // namespace

Collection collect(const host::Root& root, Anonymiser& anonymiser) {
  anonymiser.hide(root.read_line("/proc/sys/kernel/hostname"), "hostname");
  for (const char* name : {"board_serial", "chassis_serial", "product_serial", "product_uuid"})
    anonymiser.hide(root.read_line(std::string("/sys/class/dmi/id/") + name), name);

  Collection collection;
  Collector collector(root, anonymiser, collection);
  for (const Source& source : kSources) collector.take(source);
  collector.take_log();
  const std::string release = root.read_line("/proc/sys/kernel/osrelease");
  collector.take("/lib/modules/" + release + "/modules.alias", Treatment::kAlias);
  anonymise_names(anonymiser, collection);
  return collection;
}

}  // namespace verify::capture
