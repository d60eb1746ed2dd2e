// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/image.h"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/check/causes.h"
#include "verify/check/disk_prompt.h"
#include "verify/check/image_remedies.h"
#include "verify/check/platform_remedies.h"

namespace verify {
namespace {

using Names = std::vector<std::string>;

bool has_vfio_early(const ImageFacts& facts) {
  return !facts.startup.program.empty() && !facts.startup.started_by.empty();
}

Findings not_applicable() {
  return {caused_by("image.started", skip(kHost, "vfio-early is not started in this image"))};
}

Findings judge_readable(const ImageFacts& facts) {
  const initramfs::ImageContents& image = facts.image;
  if (image.faults.empty() && !image.files.empty())
    return {pass(kHost, host::join(image.parts, ", "))};
  const std::string why =
      image.faults.empty() ? "it contains no files" : host::join(image.faults, "; ");
  if (!facts.file_system.empty())
    return {unknown(
        kHost, facts.file + ": " + why,
        {"build the image without that file system, then check it again; for dracut, add this line to a file in /etc/dracut.conf.d:",
         {"omit_dracutmodules+=\" squash \""}})};
  return {unknown(
      kHost, facts.file + ": " + why,
      {"check that the file is a complete initramfs or unified kernel image; this command prints its type:",
       {"file " + facts.file}})};
}

// If a part of the image could not be read, a missing file may be in that part. A file without any
// content is not an image.
Finding missing(const ImageFacts& facts, const std::string& what, const Remedy& remedy) {
  if (facts.image.faults.empty() && !facts.image.files.empty()) return fail(kHost, what, remedy);
  return caused_by("image.readable", unknown(kHost, what + ", in the part that can be read",
                                             "fix image.readable first"));
}

// Obstacles to the start of vfio-early, or to its work after the start.
Findings obstacles(const ImageFacts& facts) {
  Findings findings;
  const auto add = [&](const BootObstacle& obstacle, const auto& finding) {
    const bool own = facts.unified && obstacle.location.starts_with(kOwnCommandLine);
    findings.push_back(finding(
        kHost, fmt::format("{} in {} {}", obstacle.parameter, obstacle.location, obstacle.effect),
        remove_parameter(own ? with_unified_image(platform_of_image(facts)) : facts.platform,
                         obstacle.parameter)));
  };
  for (const BootObstacle& obstacle : facts.boot.obstacles)
    if (obstacle.certain) add(obstacle, fail);
  for (const StartupProblem& broken : facts.startup.broken)
    findings.push_back(missing(facts, broken.what, broken.remedy + "; " + rebuild(facts)));
  if (!findings.empty()) return findings;
  for (const BootObstacle& obstacle : facts.boot.obstacles) add(obstacle, unknown);
  if (const auto& unread = facts.boot.unread)
    findings.push_back(unknown(
        kHost, "not all command lines of the next boot were read: " + unread->why, unread->remedy));
  for (const StartupProblem& open : facts.startup.undecided)
    findings.push_back(unknown(kHost, open.what, open.remedy + "; " + rebuild(facts)));
  return findings;
}

Findings judge_started(const ImageFacts& facts) {
  const Startup& startup = facts.startup;
  if (startup.program.empty())
    return {missing(
        facts,
        fmt::format("the image does not contain vfio-early (init: {})", init_name(startup.init)),
        include_with_configuration(facts))};
  if (startup.started_by.empty())
    return {missing(facts,
                    fmt::format("the image contains {}, but nothing starts it (init: {})",
                                startup.program, init_name(startup.init)),
                    rebuild(facts))};
  if (Findings found = obstacles(facts); !found.empty()) return found;
  if (!startup.first_process) return {pass(kHost, "started by " + startup.started_by)};
  if (facts.boot.rdinit.empty())
    return {fail(
        kHost, "the kernel must start vfio-early, but no known command line has rdinit=/vfio-early",
        add_parameter(facts.platform, "rdinit=/vfio-early"))};
  return {pass(kHost, fmt::format("started by {}, according to {}", startup.started_by,
                                  host::join(facts.boot.rdinit, ", ")))};
}

Findings judge_first(const ImageFacts& facts) {
  if (!has_vfio_early(facts)) return not_applicable();
  Findings findings;
  for (const StartupProblem& before : facts.startup.before) {
    const auto finding = before.certain ? fail : unknown;
    findings.push_back(finding(kHost, before.what, before.remedy + "; " + rebuild(facts)));
  }
  if (findings.empty())
    findings.push_back(
        pass(kHost, "nothing that loads drivers runs before " + facts.startup.started_by));
  return findings;
}

// "/etc/vfio-early.conf.d/a.conf differs".
std::string difference(const ImageFacts& facts) {
  const auto& image_files = facts.image_files;
  const auto& machine_files = facts.machine_files;
  for (const auto& [name, text] : machine_files)
    if (const auto same = image_files.find(name); same == image_files.end() || same->second != text)
      return config::kConfigurationFile + name +
             (same == image_files.end() ? " is missing in the image" : " differs in the image");
  for (const auto& [name, text] : image_files)
    if (!machine_files.contains(name))
      return config::kConfigurationFile + name + " is in the image, but not on this machine";
  return {};
}

Findings judge_configuration(const ImageFacts& facts) {
  if (!has_vfio_early(facts)) return not_applicable();
  for (const std::string& file : facts.forbidden)
    return {unknown(kHost, file + " cannot be read", kRunAsRoot)};
  if (const std::string what = difference(facts); !what.empty())
    return {fail(kHost, what, rebuild(facts))};
  if (facts.configuration.cards.empty())
    return {fail(kHost, "no card is configured, neither in the image nor on this machine",
                 add_section())};
  if (facts.unread_bus)
    return {unknown(
        kHost, "the functions of this machine are unknown: " + host::describe(*facts.unread_bus),
        "check the image on that machine")};
  Findings findings;
  bool is_refused = false;
  for (const config::Refusal& refusal : facts.refusals) {
    const std::string evidence =
        fmt::format("{}: [{}]: {}", refusal.where(), refusal.card, refusal.why);
    findings.push_back(refusal.awaited ? skip(kHost, evidence)
                                       : fail(kHost, evidence, refusal.remedy));
    is_refused |= !refusal.awaited;
  }
  if (!is_refused)
    findings.push_back(
        pass(kHost, fmt::format("it is the same as on this machine; its cards have {} function{}",
                                facts.modaliases.size(), facts.modaliases.size() == 1 ? "" : "s")));
  return findings;
}

// Needed modules that are missing for a kernel of the image, and those with unknown content.
struct ModuleProblems {
  Names missing, unread;
};

ModuleProblems find_module_problems(const config::Configuration& configuration,
                                    const ImageKernel& kernel) {
  ModuleProblems module_problems;
  bool looked_up = false;  // a needed module has a file, which libkmod finds by modules.dep.bin
  for (const std::string& name : with_dependencies(kernel, wanted_modules(configuration, kernel))) {
    const auto file = kernel.modules.find(name);
    looked_up = looked_up || file != kernel.modules.end();
    if (file == kernel.modules.end() && !kernel.built_in.contains(name))
      module_problems.missing.push_back(name);
    if (file != kernel.modules.end() && !file->second.empty())
      module_problems.missing.push_back(fmt::format("{} (its file {})", name, file->second));
    if (const auto why = kernel.unread.find(name); why != kernel.unread.end())
      module_problems.unread.push_back(fmt::format("{} ({})", name, why->second));
  }
  if (looked_up && !kernel.index_fault.empty())
    module_problems.missing.push_back(fmt::format("modules.dep.bin (it {})", kernel.index_fault));
  return module_problems;
}

Finding judge_modules(const ImageFacts& facts, const ImageKernel& kernel) {
  const ModuleProblems module_problems = find_module_problems(facts.configuration, kernel);
  if (!module_problems.missing.empty())
    return missing(facts,
                   fmt::format("missing or not usable for the kernel {}: {}", kernel.release,
                               host::join(module_problems.missing, ", ")),
                   rebuild(facts));
  if (!module_problems.unread.empty())
    return unknown(kHost,
                   fmt::format("modules for the kernel {} cannot be checked: {}", kernel.release,
                               host::join(module_problems.unread, ", ")),
                   rebuild(facts));
  return pass(kHost, "the image has vfio_pci and all modules that it needs, for the kernel " +
                         kernel.release);
}

Findings modprobe_findings(const ImageFacts& facts) {
  Findings findings;
  for (const ModprobeRule& rule : facts.modprobe) {
    const Remedy remedy = "remove the line from that file on this machine; " + rebuild(facts);
    findings.push_back(
        rule.ignored
            ? warn(kHost,
                   fmt::format("{}: vfio-early ignores this line; it loads {}, and runs no command",
                               rule.what, rule.module),
                   remedy)
            : unknown(kHost,
                      fmt::format("{} may prevent {} from being loaded", rule.what, rule.module),
                      remedy));
  }
  return findings;
}

// Boot entries that start this image with a kernel whose modules are not in it.
Findings kernel_findings(const ImageFacts& facts) {
  Findings findings;
  Names releases;
  for (const ImageKernel& kernel : facts.kernels) releases.push_back(kernel.release);
  for (const OtherKernel& other : facts.boot.kernels) {
    const std::string what = fmt::format("{} starts the kernel {}, but the image has modules of {}",
                                         other.location, other.release, host::join(releases, ", "));
    const Remedy remedy = "update the boot loader's menu, or " + rebuild(facts);
    findings.push_back(other.certain ? fail(kHost, what, remedy) : unknown(kHost, what, remedy));
  }
  return findings;
}

Findings judge_all_modules(const ImageFacts& facts) {
  if (!has_vfio_early(facts)) return not_applicable();
  if (facts.kernels.empty())
    return {missing(facts, "the image has no kernel modules", rebuild(facts))};
  Findings findings = modprobe_findings(facts);
  for (Finding& finding : kernel_findings(facts)) findings.push_back(std::move(finding));
  for (const ImageKernel& kernel : facts.kernels) findings.push_back(judge_modules(facts, kernel));
  return findings;
}

Findings judge_built_in(const ImageFacts& facts) {
  Findings findings;
  for (const ImageKernel& kernel : facts.kernels)
    for (const auto& [address, modalias] : facts.modaliases) {
      const auto driver = kernel.built_in_drivers.find(modalias);
      if (driver == kernel.built_in_drivers.end()) continue;
      const std::string what = fmt::format(
          "the driver {} is built into the kernel {}; it binds before an initramfs runs",
          driver->second, kernel.release);
      findings.push_back(warn(
          address, what,
          "let vfio-early unbind the driver: for a display, this needs 'unbind = display'; see vfio-early.conf(5)"));
    }
  if (!findings.empty()) return findings;
  const bool known = std::all_of(facts.kernels.begin(), facts.kernels.end(),
                                 [](const ImageKernel& kernel) { return kernel.has_aliases; });
  if (facts.unread_bus)
    return {caused_by("image.plan", unknown(kHost, "the functions of this machine are unknown",
                                            "fix image.plan first"))};
  if (facts.modaliases.empty())
    return {skip(kHost, "no configured card was found in this machine")};
  if (facts.kernels.empty())
    return {caused_by("image.modules",
                      unknown(kHost, "the kernel is unknown, because the image has no modules",
                              "fix image.modules first"))};
  if (!known)
    return {unknown(
        kHost, "neither the image nor this machine has a list of the kernel's built-in drivers",
        "install the modules of that kernel")};
  return {pass(kHost, "no driver for the configured cards is built into the kernel")};
}

Findings judge_prompt(const ImageFacts& facts) {
  if (!has_vfio_early(facts)) return not_applicable();
  return {judge_disk_prompt(facts, platform_of_image(facts))};
}

constexpr ImageCheck kChecks[] = {
    {"image.readable", "Can the whole image be read?", R"(
The image is unpacked as the kernel does it: a later entry replaces an earlier one, links are
followed, and a file whose directory is missing is not created. Unknown if a part is damaged or
not aligned, or if its compression uses an option that the kernel does not support: an xz check
other than CRC32, an xz delta filter, a zstd window above 128 MiB, a gzip header with a comment,
or lz4 blocks that are not followed by zeros. The kernel stops there, and so does this check.

Also unknown if reading takes too much processor time (more than 8 s, plus 1 s for each 2 MiB of
the file), if a decoder needs more than 160 MiB of memory, if the image has modules of more than
100 kernels, or if its links take too many steps to follow. In these cases all other checks of the
image are unknown, too. The file systems that dracut's module squash puts into an image
(_squashfs-root.img_, _erofs-root.img_) are not read: the check of an image with one of them is
unknown.)",
     judge_readable},
    {"image.started", "Does the image contain *vfio-early*, and start it?", R"(
It must be a program that this processor can run. It can be started by a unit if systemd is init,
a hook of dracut's shell, a script of initramfs-tools, an early hook of mkinitcpio, or by the
kernel. The kernel needs *rdinit=/vfio-early* on a command line, of this boot or of those listed
below.

The image's units, hooks and scripts must be those of this version, byte for byte. If a file
differs, the check is unknown, or fails if the file does not start *vfio-early* at all: rebuild
the initramfs after an update of the package. The check finds drop-ins in every directory that
systemd reads, masks, and missing or replaced links in _sysinit.target.wants_. It also finds
targets that do not lead to _sysinit.target_, programs that are truncated, and files that may end
init's shell before the hook or script of *vfio-early*.

If init is a shell script, it must run the command that starts these hooks or scripts
unconditionally, and only commands of known effect may precede it. The functions that the command
calls must be those of dracut 054 to 111, of initramfs-tools, or of mkinitcpio 16 to 41. With a
different init the check is unknown.

If systemd is init, the units that _initrd.target_ starts are checked with their drop-ins. The
check is unknown if a unit conflicts with those of *vfio-early* or with the targets that start
them, if it is ordered before *vfio-early*, or if it loads drivers and is not ordered after
*vfio-early*. It is also unknown if such a target needs a unit that is missing. The same is true
if _/etc/systemd/system.conf_ or one of its drop-ins sets an environment, with which systemd may
read units from other directories, or other values that may affect the start of units.

The command lines of the next boot are parsed as the kernel, init and *vfio-early* parse them. The
last of several values counts; for *rd.systemd.mask=* and *initcall_blacklist=* every value
counts. The command lines come from _/etc/kernel/cmdline_, the configuration of GRUB, dracut and
Limine, and the menus of GRUB (with its environment block), systemd-boot, rEFInd, extlinux,
syslinux and Limine. A unified kernel image has its own command line, and those of its addons. The
check fails if one of these parameters is in the configuration, or in the default entry of the
boot loader's menu:

- *vfio_early=off*, and parameters that switch the IOMMU off
- *rdinit=* with a different program
- *rd.systemd.mask=* with a unit that *vfio-early* needs, *rd.emergency*, and
  *rd.systemd.unit=emergency.target*
- *module_blacklist=*, *initcall_blacklist=* and *nomodule*, if they affect vfio-pci or a module
  that it needs
- *disablehooks=vfio-early* (mkinitcpio)

The default is the entry that the boot loader starts if the user does not choose one:

- systemd-boot: the EFI variables _LoaderEntryOneShot_, _LoaderEntryDefault_ and
  _LoaderEntryLastBooted_ (*@saved*) and the pattern *default* in _loader.conf_ are tried, and the
  first that selects an entry counts. Otherwise it is the first entry of the menu, in its order
  (boot counters, sort-key, machine-id, version, file name). Unified kernel images in _EFI/Linux_
  are entries, too. If EFI firmware started the machine, but its variables cannot be read, the
  default cannot be determined.
- GRUB: the variable *default*, which may be a number, title, id or path (*a>b*), with
  *saved_entry* and *next_entry* of the environment block
- extlinux, syslinux: *DEFAULT*, *MENU DEFAULT* and *ONTIMEOUT*
- Limine: *default_entry*; rEFInd: *default_selection*, if it is a part of a title. In the name of
  an image, *%v* stands for the version of any kernel.

If the default cannot be determined, every entry may be the default. If the default starts a
different image, every entry that starts this image may be the default. The check is unknown in
these cases:

- some of these entries have such a parameter, but others do not
- the menus of several boot loaders disagree
- an assignment in a shell file depends on a condition (*if*, *case*, *&&*)
- _/etc/default/grub_ has the parameter, but no _grub.cfg_ is found
- the boot loaders' configuration has more than 10000 files, 10000 entries in a menu, 4 MiB of
  text or 128 MiB of entries, or takes more than 8 s of processor time to read
- an entry of the Boot Loader Specification has a variable, and _grub.cfg_ does not set it
- one of these files or directories cannot be read, as without root
- the image's _/etc/cmdline.d_ has *vfio_early=off*: dracut reads it, *vfio-early* does not
- *noinitrd*, *SYSTEMD_UNIT_PATH=*, or an unusual *rd.systemd.unit=* is set

*modprobe.blacklist=* and *rd.driver.blacklist=* do not prevent *vfio-early* from loading vfio-pci.)",
     judge_started},
    {"image.first", "Does *vfio-early* run before any driver for the card is loaded?", R"(
It must run before everything in the image that could load one. Scripts, hooks, settings that init
sources, and units that are ordered before those of *vfio-early* are searched for commands that
load modules.)",
     judge_first},
    {"image.plan", "Is the configuration in the image that of this machine?", R"(
Its drop-ins are also compared. Fails if a file differs, is missing in the image, or is only in
the image.)",
     judge_configuration},
    {"image.modules", "Does the image contain vfio-pci and all modules that it needs?", R"(
It must contain them for each kernel that it has modules of. The modules are unpacked and must be
complete ELF files for this processor. Their .modinfo must have the module's name and the kernel's
release (vermagic). They must be in _/lib/modules_, from where *vfio-early* loads modules, with
the list _modules.dep.bin_, in which they are looked up. *framebuffer = force* also needs vmwgfx,
and *healthy-when* needs efivarfs.

Warns about an install command in the image's _modprobe.d_ for one of these modules, one that it
depends on, or a variant driver: *vfio-early* loads the module and ignores the command, but other
programs run it. With an alias from one of them to a different module the check is unknown. An
entry of the boot loader may start this image with a kernel of a different release, which finds none of its
modules: the check fails if the release was read from the kernel's file, and is unknown if only
the file's name gives it.)",
     judge_all_modules},
    {"image.builtin", "Is every driver for the card a module?", R"(
Warns about a driver that is built into the kernel: it binds the card before the initramfs runs.
*vfio-early* unbinds it if the card's *unbind* allows that. Unknown for an image without modules.)",
     judge_built_in},
    {"image.prompt", "Is the prompt for a disk password visible?", R"(
Warns if the initramfs asks for a disk password, and no display that stays with the host can show
the prompt. A display shows it if the image has its driver for each of its kernels, or if the
firmware's framebuffer is on it (sysfs: _boot_vga_). When vfio-pci binds a card, the framebuffer on
that card is lost. *nomodeset* keeps drivers from showing anything. With *video=efifb:off* or
*initcall_blacklist=sysfb_init* the framebuffer does not count.

A prompt is expected if _crypttab_ of the image has a device without a key file, if the command
line of the next boot has *rd.luks.uuid=*, *cryptdevice=* or a similar parameter, if this machine's
_crypttab_ has the device of the root file system, or if that is on dm-crypt. Skipped if no prompt is
expected. Passes if the prompt can be answered by SSH (dropbear, tinysshd) or on a serial console
that is the last *console=*. Unknown if no _modules.alias_ gives the drivers of the displays.)",
     judge_prompt, Weight::kAdvises},
};

// All checks except the first look up files. If the budget of look-ups is spent, their results are
// incomplete.
Findings judge(const ImageCheck& check, const ImageFacts& facts) {
  if (!facts.image.exhausted() || check.judge == judge_readable) return check.judge(facts);
  return {caused_by("image.readable", unknown(kHost, "the image was not checked completely",
                                              "fix image.readable first"))};
}

}  // namespace

std::span<const ImageCheck> image_checks() {
  return kChecks;
}

Finding unreadable_image(const host::Error& error) {
  Finding finding = unknown(kHost, host::describe(error),
                            error.code == ENOENT
                                ? Remedy("update the menu of the boot loader, or check one image:",
                                         {"vfio-verify image FILE"})
                                : kRunAsRoot);
  finding.id = "image.readable";
  return finding;
}

Findings run_image_checks(const ImageFacts& facts) {
  Findings all;
  for (const ImageCheck& check : kChecks) add_findings(check, judge(check, facts), all);
  resolve_causes(all);
  return all;
}

}  // namespace verify
