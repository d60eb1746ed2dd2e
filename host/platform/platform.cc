// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/platform/platform.h"

#include <algorithm>
#include <charconv>
#include <functional>

#include "host/boot_loader.h"
#include "host/drop_ins.h"
#include "host/text.h"

namespace host {
namespace {

// A value of os-release(5), without its quotes; "": not set.
std::string value_in(std::string_view os_release, std::string_view key) {
  for (std::string_view line : split(os_release, "\n")) {
    line = trim(line);
    if (!line.starts_with(key) || line.substr(key.size(), 1) != "=") continue;
    std::string_view value = line.substr(key.size() + 1);
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\''))
      value = value.substr(1, value.size() - 2);
    return std::string(value);
  }
  return {};
}

bool hold(const Signs& signs, const Root& root, const Platform& platform, BootLoader loader) {
  const auto any = [](const char* words, const auto& is) {
    const auto names = split(words);
    return std::any_of(names.begin(), names.end(), is);
  };
  const auto exists = [&](std::string_view file) { return root.exists(std::string(file)); };
  const auto is_like = [&](std::string_view name) { return platform.is_like({name}); };
  if (*signs.any_file && !any(signs.any_file, exists)) return false;
  if (any(signs.all_files, std::not_fn(exists))) return false;
  if (any(signs.no_file, exists)) return false;
  if (*signs.like && !any(signs.like, is_like)) return false;
  return !signs.loader || *signs.loader == loader;
}

void find_rows(const Root& root, Platform& platform) {
  const BootLoader loader = find_boot_loader(root);
  const auto first = [&](const auto& answers) {
    const auto rows = platforms();
    return &*std::find_if(rows.begin(), rows.end(), [&](const PlatformRow& row) {
      return answers(row) && hold(row.signs, root, platform, loader);
    });
  };
  platform.image =
      first([](const PlatformRow& row) { return row.image.tool != ImageTool::kUnknown; });
  platform.parameters = first([](const PlatformRow& row) { return !row.parameters.empty(); });
}

// "46 bits physical, 48 bits virtual": 46; 0: no number.
int leading_number(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// "flags\t\t: fpu vme …", "vendor_id\t: GenuineIntel".
void read_processor(const Root& root, Platform& platform) {
  // The file has a paragraph for each processor, so it is long on a large machine. The first
  // paragraph is enough.
  std::string cpus = root.read_attribute("/proc/cpuinfo").value_or("");
  cpus.resize(std::min(cpus.find("\n\n"), cpus.size()));
  for (const std::string_view line : split(cpus, "\n")) {
    if (line.find(':') == line.npos) continue;
    const std::string_view value = trim(line.substr(line.find(':') + 1));
    if (line.starts_with("vendor_id")) platform.cpu_vendor = value;
    if (line.starts_with("cpu family")) platform.cpu_family = leading_number(value);
    if (line.starts_with("address sizes")) platform.address_bits = leading_number(value);
    if (!line.starts_with("flags")) continue;
    for (const std::string_view flag : split(value)) {
      platform.virtualization |= flag == "vmx" || flag == "svm";
      platform.in_guest |= flag == "hypervisor";
    }
  }
}

// Parameters of kvm_amd and kvm_intel, which are "Y" if the feature is in use (before Linux 5.13:
// "1").
std::string read_encrypted_guests(const Root& root) {
  struct Kind {
    const char* name;
    const char* parameter;
  };
  constexpr Kind kKinds[] = {{"SEV", "kvm_amd/parameters/sev"},
                             {"SEV-ES", "kvm_amd/parameters/sev_es"},
                             {"SEV-SNP", "kvm_amd/parameters/sev_snp"},
                             {"TDX", "kvm_intel/parameters/tdx"}};
  std::vector<std::string> found;
  for (const Kind& kind : kKinds) {
    const std::string value = root.read_line(std::string("/sys/module/") + kind.parameter);
    if (value == "Y" || value == "1") found.emplace_back(kind.name);
  }
  return join(found, ", ");
}

// In the order in which they are read: grub-mkconfig sources the drop-ins of Debian and its
// derivatives after the file.
std::vector<WrittenParameters> read_written_parameters(const Root& root) {
  std::vector<std::string> files = {kGrubFile, "/etc/kernel/cmdline"};
  for (const auto& [directory, ending] :
       {std::pair("/etc/default/grub.d", ".cfg"), std::pair("/etc/kernel/cmdline.d", ".conf"),
        std::pair("/etc/cmdline.d", ".conf")})
    for (std::string& file : files_in(root, directory, ending)) files.push_back(std::move(file));
  std::vector<WrittenParameters> written;
  for (const std::string& file : files) {
    const std::string text = root.read(file).value_or("");
    for (const std::string_view part : split(text, "\n")) {
      const std::string line(trim(part));
      const std::string variable = line.substr(0, line.find('='));
      const bool grub = file.starts_with(kGrubFile);
      if (grub ? variable.starts_with("GRUB_CMDLINE_LINUX") : !line.starts_with('#'))
        written.push_back({file, grub ? variable : "", line});
    }
  }
  return written;
}

// The low four bits of bootloader_type are the version, the others the id of the boot loader
// (type_of_loader in Documentation/arch/x86/boot.rst). 0xD is kexec, by either of its two system
// calls (arch/x86/kernel/kexec-bzimage64.c sets it, too).
bool is_from_kexec(const Root& root) {
  const std::string type = root.read_line("/proc/sys/kernel/bootloader_type");
  unsigned number = 0;
  const auto parsed = std::from_chars(type.data(), type.data() + type.size(), number);
  return parsed.ec == std::errc() && number >> 4 == 0xd;
}

}  // namespace

bool Platform::is_like(std::initializer_list<std::string_view> names) const {
  return std::any_of(id_like.begin(), id_like.end(), [&](const std::string& id) {
    return std::find(names.begin(), names.end(), id) != names.end();
  });
}

Platform read_platform(const Root& root) {
  std::string os_release = root.read("/etc/os-release").value_or("");
  if (os_release.empty()) os_release = root.read("/usr/lib/os-release").value_or("");

  Platform platform;
  platform.name = value_in(os_release, "PRETTY_NAME");
  const std::string ids = value_in(os_release, "ID") + " " + value_in(os_release, "ID_LIKE");
  for (const std::string_view id : split(ids)) platform.id_like.emplace_back(id);
  read_processor(root, platform);
  platform.encrypted_guests = read_encrypted_guests(root);
  platform.is_proxmox = root.exists("/usr/bin/pveversion");
  platform.kexec = is_from_kexec(root);
  platform.mkinitcpio = read_mkinitcpio(root);
  find_rows(root, platform);
  platform.written = read_written_parameters(root);
  return platform;
}

}  // namespace host
