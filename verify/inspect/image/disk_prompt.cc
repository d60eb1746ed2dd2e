// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/image/disk_prompt.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "host/command_line.h"
#include "host/module_aliases.h"
#include "host/module_options.h"
#include "host/text.h"
#include "plan/guards.h"
#include "verify/inspect/boot/written_command_lines.h"

namespace verify {
namespace {

using host::CommandLine;
using Names = std::vector<std::string>;

// --- what asks for a password

// A line of crypttab(5).
struct CryptDevice {
  std::string_view name, options;
  bool has_key = false;  // a file has the key
};

std::vector<CryptDevice> crypt_devices(std::string_view crypttab) {
  std::vector<CryptDevice> devices;
  for (const std::string_view line : host::split(crypttab, "\n")) {
    const auto fields = host::split(line);
    if (fields.size() < 2 || fields[0].starts_with('#')) continue;
    devices.push_back({.name = fields[0],
                       .options = fields.size() > 3 ? fields[3] : std::string_view(),
                       .has_key = fields.size() > 2 && fields[2] != "none" && fields[2] != "-"});
  }
  return devices;
}

bool needs_password(const std::vector<CryptDevice>& devices) {
  return std::any_of(devices.begin(), devices.end(),
                     [](const CryptDevice& device) { return !device.has_key; });
}

// Does a device of this machine's crypttab need a password before the root file system is mounted?
// It does if systemd attaches it then, or if fstab(5) mounts it at "/".
bool needs_password_early(const host::Root& root) {
  std::string mounted;
  const std::string fstab = root.read("/etc/fstab").value_or("");
  for (const std::string_view line : host::split(fstab, "\n"))
    if (const auto fields = host::split(line); fields.size() > 1 && fields[1] == "/")
      mounted = fields[0];
  const std::string crypttab = root.read("/etc/crypttab").value_or("");
  const auto devices = crypt_devices(crypttab);
  return std::any_of(devices.begin(), devices.end(), [&](const CryptDevice& device) {
    return !device.has_key && (device.options.find("x-initrd.attach") != std::string_view::npos ||
                               mounted == "/dev/mapper/" + std::string(device.name));
  });
}

// Parameters of systemd, dracut (dracut.cmdline(7)) and mkinitcpio's hook encrypt that name an
// encrypted disk.
std::string disk_parameter(const CommandLine& line) {
  for (const char* off : {"rd.luks", "luks"})
    if (const auto value = line.value(off); value && (*value == "0" || *value == "no")) return {};
  for (const char* key : {"rd.luks.key", "luks.key", "cryptkey"})
    if (line.value(key)) return {};
  for (const char* name : {"rd.luks.uuid", "rd.luks.name", "rd.luks.partuuid", "rd.luks.serial",
                           "luks.uuid", "luks.name", "cryptdevice"})
    if (line.value(name)) return name;
  return {};
}

// The directory of a block device in sysfs: by "254:0", else by its path (the devices of btrfs have
// no number).
std::string block_device(const host::Root& root, std::string_view number, std::string_view path) {
  const std::string by_number = "/sys/dev/block/" + std::string(number);
  if (root.exists(by_number)) return by_number;
  const std::string name(host::file_name(path));
  if (name.empty()) return {};
  const std::string classes = "/sys/class/block/";
  if (root.exists(classes + name)) return classes + name;
  for (const std::string& device : root.list("/sys/class/block").value_or({}))
    if (root.read_line(classes + device + "/dm/name") == name) return classes + device;
  return {};
}

// Is it on dm-crypt, directly or through LVM and other devices?
bool is_encrypted(const host::Root& root, const std::string& device, std::set<std::string>& seen,
                  int depth = 0) {
  constexpr int kMaxDepth = 8;  // real machines have at most four layers
  if (device.empty() || depth > kMaxDepth || !seen.insert(device).second) return false;
  if (root.read_line(device + "/dm/uuid").starts_with("CRYPT-")) return true;
  const Names below = root.list(device + "/slaves").value_or({});
  return std::any_of(below.begin(), below.end(), [&](const std::string& name) {
    return is_encrypted(root, "/sys/class/block/" + name, seen, depth + 1);
  });
}

// The device of the root file system, from mountinfo (proc_pid_mountinfo(5)).
bool has_encrypted_root(const host::Root& root) {
  const std::string mounts = root.read("/proc/self/mountinfo", 1 << 20).value_or("");
  std::string device;
  for (const std::string_view line : host::split(mounts, "\n")) {
    const auto fields = host::split(line);
    const auto dash = std::find(fields.begin(), fields.end(), "-");
    if (fields.size() > 5 && fields[4] == "/" && fields.end() - dash > 2)
      device = block_device(root, fields[2], dash[2]);
  }
  std::set<std::string> seen;
  return is_encrypted(root, device, seen);
}

std::string find_asker(const host::Root& root, const initramfs::ImageContents& image,
                       const BootLines& boot) {
  bool only_keys = image.has("crypto_keyfile.bin");  // the default of mkinitcpio's hook encrypt
  for (const char* path : {"etc/crypttab", "cryptroot/crypttab"}) {
    const std::string text = image.text(path);
    const auto devices = crypt_devices(text);
    if (needs_password(devices)) return fmt::format("{} of the image", path);
    only_keys = only_keys || !devices.empty();
  }
  if (only_keys) return {};
  for (const UsedCommandLine& line : boot.used)
    if (const std::string name = disk_parameter(CommandLine::parse(line.text)); !name.empty())
      return fmt::format("{}= in {}", name, line.location);
  for (const std::string& name : image.list("etc/cmdline.d")) {
    const std::string path = "etc/cmdline.d/" + name;
    const CommandLine line = CommandLine::parse(without_comments(image.text(path)));
    if (const std::string parameter = disk_parameter(line); !parameter.empty())
      return fmt::format("{}= in {} of the image", parameter, path);
  }
  if (needs_password_early(root)) return "/etc/crypttab";
  return has_encrypted_root(root) ? "the encrypted root file system" : "";
}

// --- what shows it

// The last console= is /dev/console, where init asks.
std::string serial_console(const CommandLine& line) {
  const Names consoles = line.values("console");
  if (consoles.empty()) return {};
  const std::string name = consoles.back().substr(0, consoles.back().find(','));
  for (const char* serial : {"ttyS", "ttyAMA", "ttyUSB", "hvc"})
    if (name.starts_with(serial)) return "the serial console " + name;
  return {};
}

std::string find_other_place(const initramfs::ImageContents& image, const BootLines& boot) {
  for (const char* server : {"usr/sbin/dropbear", "usr/bin/dropbear", "sbin/dropbear",
                             "usr/bin/tinysshd", "usr/sbin/tinysshd", "usr/sbin/sshd"})
    if (image.has(server)) return fmt::format("SSH ({} is in the image)", server);
  Names serial;
  for (const UsedCommandLine& line : boot.used)
    if (const std::string console = serial_console(CommandLine::parse(line.text)); !console.empty())
      serial.push_back(console);
  return !serial.empty() && serial.size() == boot.used.size() ? serial.front() : "";
}

// video=efifb:off and initcall_blacklist=sysfb_init are parameters of old guides. Whether one has
// an effect depends on the kernel, so the framebuffer is not counted on with any of them.
std::string parameter_against_framebuffer(const BootLines& boot) {
  for (const UsedCommandLine& used : boot.used) {
    const CommandLine line = CommandLine::parse(used.text);
    for (const std::string& value : line.values("video"))
      for (const std::string_view option : host::split(value, ","))
        for (const char* framebuffer : {"efifb:off", "vesafb:off", "simplefb:off", "simpledrm:off"})
          if (option == framebuffer) return fmt::format("video={}", option);
    for (const std::string& value : line.values("initcall_blacklist"))
      for (const char* function : {"sysfb_init", "efifb_driver_init",
                                   "simpledrm_platform_driver_init", "vesafb_driver_init"})
        if (value.find(function) != value.npos) return fmt::format("initcall_blacklist={}", value);
  }
  return {};
}

bool has_nomodeset(const BootLines& boot) {
  return std::any_of(boot.used.begin(), boot.used.end(), [](const UsedCommandLine& used) {
    return CommandLine::parse(used.text).value("nomodeset").has_value();
  });
}

// NVIDIA's module that draws on the console is not the one with the alias.
void use_drawing_modules(Names& modules) {
  std::replace(modules.begin(), modules.end(), std::string("nvidia"), std::string("nvidia_drm"));
}

// The modules that can drive the function with a kernel that has these aliases, without disabled
// ones.
Names drivers_for(const host::Root& root, const host::PciFunction& function,
                  const host::Result<host::ModuleAliases>& aliases,
                  const host::DisabledModules& disabled) {
  Names modules;
  if (aliases)
    modules = aliases->modules_for(root.read_line(function.address.sysfs() + "/modalias"));
  for (std::string& name : modules) name = host::underscored(name);
  std::erase_if(modules, [&](const std::string& name) { return disabled.contains(name); });
  const std::string bound = host::underscored(function.driver);
  if (!bound.empty() && !host::is_claiming_driver(function.driver) &&
      !host::contains(modules, bound))
    modules.insert(modules.begin(), bound);
  use_drawing_modules(modules);
  return modules;
}

// The modules for `release` in the image itself. With a supplementary image, ImageKernel has those
// of the supplement.
std::set<std::string> modules_in(const initramfs::ImageContents& image,
                                 const std::string& release) {
  const auto path = image.real_path("lib/modules/" + release);
  if (!path) return {};
  std::set<std::string> modules;
  const std::string start = *path + "/";
  for (auto at = image.files.lower_bound(start);
       at != image.files.end() && at->first.starts_with(start); ++at)
    if (host::file_name(at->first).find(".ko") != std::string::npos)
      modules.insert(host::module_of(at->first));
  return modules;
}

// The functions of `displays`, in the same order.
using Functions = std::vector<const host::PciFunction*>;

// Adds what drives the displays with `kernel`. Its aliases are read once for all of them.
void add_drivers(const host::Root& root, const initramfs::ImageContents& image,
                 const ImageKernel& kernel, const host::DisabledModules& disabled,
                 const Functions& functions, std::vector<HostDisplay>& displays) {
  const auto aliases = host::ModuleAliases::read(root, kernel.release);
  const std::set<std::string> modules = modules_in(image, kernel.release);
  for (size_t i = 0; i < displays.size(); ++i) {
    const Names drivers = drivers_for(root, *functions[i], aliases, disabled);
    const bool has_one = std::any_of(drivers.begin(), drivers.end(), [&](const std::string& name) {
      return modules.contains(name) || kernel.built_in.contains(name);
    });
    if (!has_one) displays[i].without.insert(kernel.release);
    for (const std::string& name : drivers)
      if (!host::contains(displays[i].drivers, name)) displays[i].drivers.push_back(name);
  }
}

void read_displays(const host::Root& root, const initramfs::ImageContents& image,
                   const std::vector<ImageKernel>& kernels, const Facts& facts,
                   DiskPrompt& prompt) {
  Functions functions;
  for (const host::PciFunction& function : facts.machine.functions) {
    prompt.knows_firmware_display = prompt.knows_firmware_display || function.boot_display;
    if (!plan::is_display(function) || function.is_virtual() || facts.is_assigned(function.address))
      continue;
    functions.push_back(&function);
    prompt.displays.push_back({.address = function.address.str(),
                               .of_firmware = function.boot_display,
                               .drivers = {},
                               .without = {}});
  }
  if (functions.empty()) return;
  const host::DisabledModules disabled =
      host::read_disabled_modules(root, facts.machine.command_line);
  for (const ImageKernel& kernel : kernels)
    add_drivers(root, image, kernel, disabled, functions, prompt.displays);
}

}  // namespace

DiskPrompt read_disk_prompt(const host::Root& root, const initramfs::ImageContents& image,
                            const std::vector<ImageKernel>& kernels, const BootLines& boot,
                            const Facts& facts) {
  DiskPrompt prompt{.asked_by = find_asker(root, image, boot),
                    .elsewhere = {},
                    .framebuffer_off = {},
                    .displays = {}};
  if (prompt.asked_by.empty()) return prompt;
  prompt.elsewhere = find_other_place(image, boot);
  prompt.framebuffer_off = parameter_against_framebuffer(boot);
  prompt.nomodeset = has_nomodeset(boot);
  read_displays(root, image, kernels, facts, prompt);
  return prompt;
}

}  // namespace verify
