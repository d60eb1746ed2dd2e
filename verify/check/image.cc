// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/check/image.h"

#include <algorithm>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/check/remedy.h"

namespace verify {
namespace {

using Names = std::vector<std::string>;

// The platform with the tool that made this image, which may differ from the detected tool.
Platform platform_of_image(const ImageFacts& inspection) {
  Platform platform = inspection.platform;
  if (inspection.startup.init == Init::kInitramfsTools)
    platform.image_tool = ImageTool::kUpdateInitramfs;
  if (inspection.startup.init == Init::kMkinitcpio) platform.image_tool = ImageTool::kMkinitcpio;
  if (inspection.startup.init == Init::kDracut) platform.image_tool = ImageTool::kDracut;
  return platform;
}

std::string rebuild(const ImageFacts& inspection) {
  if (!inspection.startup.first_process) return rebuild_image(platform_of_image(inspection));
  const std::string release =
      inspection.kernels.empty() ? "\"$(uname -r)\"" : inspection.kernels.front().release;
  return "write the image again with this command and reboot:" +
         command(fmt::format("vfio-early image {} -o {}", release, inspection.file));
}

// Generators add vfio-early to an image only if there is a configuration file.
std::string rebuild_with_configuration(const ImageFacts& inspection) {
  if (!inspection.machine_files.empty() || inspection.startup.first_process)
    return rebuild(inspection);
  const std::string first =
      inspection.configuration.cards.empty()
          ? "add a section for a card to /etc/vfio-early.conf; this command prints the section:" +
                command("vfio-early")
          : "create the file /etc/vfio-early.conf, which may be empty:" +
                command("touch /etc/vfio-early.conf");
  return first + "\nthen " + rebuild(inspection);
}

bool has_vfio_early(const ImageFacts& inspection) {
  return !inspection.startup.program.empty() && !inspection.startup.started_by.empty();
}

Findings not_applicable() {
  return {skip(kHost, "vfio-early is not started in this image: see image.started")};
}

Findings check_readable(const ImageFacts& inspection) {
  const initramfs::ImageContents& image = inspection.image;
  if (image.faults.empty() && !image.files.empty())
    return {pass(kHost, host::join(image.parts, ", "))};
  const std::string why =
      image.faults.empty() ? "it contains no files" : host::join(image.faults, "; ");
  if (!inspection.file_system.empty())
    return {unknown(kHost, inspection.file + ": " + why,
                    "build the image without that file system, then check it again; "
                    "for dracut, add this line to a file in /etc/dracut.conf.d:" +
                        command("omit_dracutmodules+=\" squash \""))};
  return {unknown(kHost, inspection.file + ": " + why,
                  "check that the file is a complete initramfs or unified kernel image; "
                  "this command prints its type:" +
                      command("file " + inspection.file))};
}

// If a part of the image could not be read, a missing file may be in that part.
Finding missing(const ImageFacts& inspection, const std::string& what, const std::string& remedy) {
  if (inspection.image.faults.empty()) return fail(kHost, what, remedy);
  return caused_by("image.readable", unknown(kHost, what + ", in the part that can be read",
                                             "fix image.readable first"));
}

// Obstacles to the start of vfio-early, or to its work after the start.
Findings obstacles(const ImageFacts& inspection) {
  Findings findings;
  const auto add = [&](const BootObstacle& obstacle, const auto& finding) {
    findings.push_back(finding(
        kHost, fmt::format("{} in {} {}", obstacle.parameter, obstacle.location, obstacle.effect),
        remove_parameter(inspection.platform, obstacle.parameter)));
  };
  for (const BootObstacle& obstacle : inspection.boot.obstacles)
    if (obstacle.certain) add(obstacle, fail);
  for (const StartupProblem& broken : inspection.startup.broken)
    findings.push_back(
        missing(inspection, broken.what, broken.remedy + "; " + rebuild(inspection)));
  if (!findings.empty()) return findings;
  for (const BootObstacle& obstacle : inspection.boot.obstacles) add(obstacle, unknown);
  if (const auto& unread = inspection.boot.unread)
    findings.push_back(unknown(
        kHost, "not all command lines of the next boot were read: " + unread->why, unread->remedy));
  for (const StartupProblem& open : inspection.startup.undecided)
    findings.push_back(unknown(kHost, open.what, open.remedy + "; " + rebuild(inspection)));
  return findings;
}

Findings check_started(const ImageFacts& inspection) {
  const Startup& startup = inspection.startup;
  if (startup.program.empty())
    return {missing(
        inspection,
        fmt::format("the image does not contain vfio-early (init: {})", init_name(startup.init)),
        rebuild_with_configuration(inspection))};
  if (startup.started_by.empty())
    return {missing(inspection,
                    fmt::format("the image contains {}, but nothing starts it (init: {})",
                                startup.program, init_name(startup.init)),
                    rebuild(inspection))};
  if (Findings found = obstacles(inspection); !found.empty()) return found;
  if (!startup.first_process) return {pass(kHost, "started by " + startup.started_by)};
  if (inspection.boot.rdinit.empty())
    return {fail(
        kHost, "the kernel must start vfio-early, but no known command line has rdinit=/vfio-early",
        add_parameter(inspection.platform, "rdinit=/vfio-early"))};
  return {pass(kHost, fmt::format("started by {}, according to {}", startup.started_by,
                                  host::join(inspection.boot.rdinit, ", ")))};
}

Findings check_first(const ImageFacts& inspection) {
  if (!has_vfio_early(inspection)) return not_applicable();
  Findings findings;
  for (const StartupProblem& before : inspection.startup.before)
    findings.push_back(fail(kHost, before.what, before.remedy + "; " + rebuild(inspection)));
  if (findings.empty())
    findings.push_back(
        pass(kHost, "nothing that loads drivers runs before " + inspection.startup.started_by));
  return findings;
}

// "/etc/vfio-early.conf.d/a.conf differs".
std::string difference(const ImageFacts& inspection) {
  const auto& image_files = inspection.image_files;
  const auto& machine_files = inspection.machine_files;
  for (const auto& [name, text] : machine_files)
    if (const auto same = image_files.find(name); same == image_files.end() || same->second != text)
      return config::kConfigurationFile + name +
             (same == image_files.end() ? " is missing in the image" : " differs in the image");
  for (const auto& [name, text] : image_files)
    if (!machine_files.contains(name))
      return config::kConfigurationFile + name + " is in the image, but not on this machine";
  return {};
}

Findings check_configuration(const ImageFacts& inspection) {
  if (!has_vfio_early(inspection)) return not_applicable();
  for (const std::string& file : inspection.forbidden)
    return {unknown(kHost, file + " cannot be read", "run vfio-verify as root")};
  if (const std::string what = difference(inspection); !what.empty())
    return {fail(kHost, what, rebuild(inspection))};
  if (inspection.configuration.cards.empty())
    return {
        fail(kHost, "no card is configured, neither in the image nor on this machine",
             "add a section for a card to /etc/vfio-early.conf; this command prints the section:" +
                 command("vfio-early"))};
  Findings findings;
  for (const config::Refusal& refusal : inspection.refusals)
    findings.push_back(fail(kHost,
                            fmt::format("{}: [{}]: {}", refusal.where(), refusal.card, refusal.why),
                            refusal.remedy));
  if (findings.empty())
    findings.push_back(
        pass(kHost, fmt::format("it is the same as on this machine; its cards have {} functions",
                                inspection.modaliases.size())));
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

Finding judge_modules(const ImageFacts& inspection, const ImageKernel& kernel) {
  const ModuleProblems module_problems = find_module_problems(inspection.configuration, kernel);
  if (!module_problems.missing.empty())
    return missing(inspection,
                   fmt::format("missing or not usable for the kernel {}: {}", kernel.release,
                               host::join(module_problems.missing, ", ")),
                   rebuild(inspection));
  if (!module_problems.unread.empty())
    return unknown(kHost,
                   fmt::format("modules for the kernel {} cannot be checked: {}", kernel.release,
                               host::join(module_problems.unread, ", ")),
                   rebuild(inspection));
  return pass(kHost, "the image has vfio_pci and all modules that it needs, for the kernel " +
                         kernel.release);
}

Findings modprobe_findings(const ImageFacts& inspection) {
  Findings findings;
  for (const ModprobeObstacle& obstacle : inspection.modprobe) {
    const auto finding = obstacle.certain ? fail : unknown;
    findings.push_back(
        finding(kHost,
                fmt::format("{} {} {} from being loaded", obstacle.what,
                            obstacle.certain ? "prevents" : "may prevent", obstacle.module),
                "remove the line from that file on this machine; " + rebuild(inspection)));
  }
  return findings;
}

// Boot entries that start this image with a kernel whose modules are not in it.
Findings kernel_findings(const ImageFacts& inspection) {
  Findings findings;
  Names releases;
  for (const ImageKernel& kernel : inspection.kernels) releases.push_back(kernel.release);
  for (const OtherKernel& other : inspection.boot.kernels) {
    const std::string what = fmt::format("{} starts the kernel {}, but the image has modules of {}",
                                         other.location, other.release, host::join(releases, ", "));
    const std::string remedy = "update the boot loader's menu, or " + rebuild(inspection);
    findings.push_back(other.certain ? fail(kHost, what, remedy) : unknown(kHost, what, remedy));
  }
  return findings;
}

Findings check_modules(const ImageFacts& inspection) {
  if (!has_vfio_early(inspection)) return not_applicable();
  if (inspection.kernels.empty())
    return {missing(inspection, "the image has no kernel modules", rebuild(inspection))};
  Findings findings = modprobe_findings(inspection);
  for (Finding& finding : kernel_findings(inspection)) findings.push_back(std::move(finding));
  for (const ImageKernel& kernel : inspection.kernels)
    findings.push_back(judge_modules(inspection, kernel));
  return findings;
}

Findings check_built_in(const ImageFacts& inspection) {
  Findings findings;
  for (const ImageKernel& kernel : inspection.kernels)
    for (const auto& [address, modalias] : inspection.modaliases) {
      const auto driver = kernel.built_in_drivers.find(modalias);
      if (driver == kernel.built_in_drivers.end()) continue;
      const std::string what = fmt::format(
          "the driver {} is built into the kernel {}; it binds before an initramfs runs",
          driver->second, kernel.release);
      findings.push_back(
          warn(address, what,
               "let vfio-early unbind the driver: for a display, this needs 'unbind = display'; "
               "see vfio-early.conf(5)"));
    }
  if (!findings.empty()) return findings;
  const bool known = std::all_of(inspection.kernels.begin(), inspection.kernels.end(),
                                 [](const ImageKernel& kernel) { return kernel.has_aliases; });
  if (inspection.modaliases.empty()) return {skip(kHost, "no configured card is in this machine")};
  if (inspection.kernels.empty())
    return {caused_by("image.modules",
                      unknown(kHost, "the kernel is unknown, because the image has no modules",
                              "fix image.modules first"))};
  if (!known)
    return {unknown(
        kHost, "neither the image nor this machine has a list of the kernel's built-in drivers",
        "install the modules of that kernel")};
  return {pass(kHost, "no driver for the configured cards is built into the kernel")};
}

constexpr ImageCheck kChecks[] = {
    {"image.readable", "Can the whole image be read?", check_readable},
    {"image.started", "Does the image contain vfio-early, and start it?", check_started},
    {"image.first", "Does vfio-early run before any driver for the card is loaded?", check_first},
    {"image.plan", "Is the configuration in the image that of this machine?", check_configuration},
    {"image.modules", "Does the image contain vfio-pci and all modules that it needs?",
     check_modules},
    {"image.builtin", "Is every driver for the card a module?", check_built_in},
};

// All checks except the first look up files. If the budget of look-ups is spent, their results are
// incomplete.
Findings judge(const ImageCheck& check, const ImageFacts& inspection) {
  if (!inspection.image.exhausted() || check.judge == check_readable)
    return check.judge(inspection);
  return {caused_by("image.readable", unknown(kHost, "the image was not checked completely",
                                              "fix image.readable first"))};
}

}  // namespace

std::span<const ImageCheck> image_checks() {
  return kChecks;
}

Findings run_image_checks(const ImageFacts& inspection) {
  Findings all;
  for (const ImageCheck& check : kChecks)
    for (Finding& finding : judge(check, inspection)) {
      finding.id = check.id;
      all.push_back(std::move(finding));
    }
  return all;
}

}  // namespace verify
