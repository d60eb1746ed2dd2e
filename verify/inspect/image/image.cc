// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/image/image.h"

#include <set>
#include <utility>

#include <fmt/format.h>

#include "host/budget.h"
#include "verify/inspect/boot/unified_image.h"
#include "verify/inspect/boot/written_command_lines.h"

namespace verify {
namespace {

constexpr std::string_view kSmallRoot = "vfio-early.d/";

// The modules that vfio-early loads, with their dependencies, except built-in ones.
std::set<std::string> modules_to_load(const ImageFacts& inspection) {
  std::set<std::string> modules;
  if (inspection.kernels.empty())
    modules = {"vfio_pci", "vfio_pci_core", "vfio", "vfio_iommu_type1"};
  for (const ImageKernel& kernel : inspection.kernels) {
    std::vector<std::string> names = wanted_modules(inspection.configuration, kernel);
    for (std::string& name : variant_modules(inspection.configuration, kernel))
      names.push_back(std::move(name));
    for (const std::string& name : with_dependencies(kernel, std::move(names)))
      if (!kernel.built_in.contains(name)) modules.insert(name);
  }
  return modules;
}

// dracut's scripts append these files to the kernel command line: getcmdline() in dracut-lib.sh.
// The kernel and vfio-early do not read them, so vfio_early=off has no effect there; but the user
// may expect that it has.
void add_dracut_lines(const BootContext& context, ImageFacts& found) {
  for (const std::string& name : found.image.list("etc/cmdline.d")) {
    if (!name.ends_with(".conf")) continue;
    const std::string path = "etc/cmdline.d/" + name;
    const std::string text = without_comments(found.image.text(path));
    for (BootObstacle& obstacle : obstacles_on(text, path + " of the image", context))
      if (obstacle.parameter == "vfio_early=off")
        found.boot.obstacles.push_back({.parameter = obstacle.parameter,
                                        .effect = "is read by dracut, but not by vfio-early",
                                        .location = obstacle.location,
                                        .certain = false});
  }
}

void read_command_lines(const BootConfiguration& boot, std::optional<std::string_view> own,
                        ImageFacts& found) {
  const std::set<std::string> modules = modules_to_load(found);
  BootContext context{found.image, found.startup, modules, found.platform.cpu_vendor};
  for (const ImageKernel& kernel : found.kernels) context.releases.insert(kernel.release);
  found.boot = inspect_command_lines(boot, found.file, own, context);
  add_dracut_lines(context, found);
  found.modprobe = modprobe_rules(found.image, modules);
}

void read_configurations(const host::Root& root, const std::string& configuration_file,
                         ImageFacts& found) {
  const std::string top = found.startup.first_process ? std::string(kSmallRoot) : "";
  const std::string name = top + (config::kConfigurationFile + 1);
  // For a symbolic link, dracut adds the link and its target.
  const auto add = [&](const std::string& ending) {
    const initramfs::ImageFile* file = found.image.resolve(name + ending);
    if (file && file->regular) found.image_files[ending] = file->text;
  };
  add("");
  for (const std::string& drop_in : found.image.list(name + ".d"))
    if (drop_in.ends_with(".conf")) add(".d/" + drop_in);
  for (const std::string& path : found.configuration.files)
    if (path.starts_with(configuration_file))
      found.machine_files[path.substr(configuration_file.size())] =
          root.read(path, config::kMaxConfiguration).value_or("");
}

// The static vfio-early searches for modules in /lib/modules, as libkmod does.
void read_kernels(const host::Root& root, ImageFacts& found, host::Meter& meter) {
  const std::string directory =
      std::string(found.startup.first_process ? kSmallRoot : "") + "lib/modules";
  std::set<std::string> modaliases;
  for (const auto& [address, modalias] : found.modaliases) modaliases.insert(modalias);
  for (const std::string& release : found.image.list(directory)) {
    // Images of booster have the modules themselves here.
    const initramfs::ImageFile* entry = found.image.resolve(directory + "/" + release);
    if (entry && entry->regular) continue;
    if (meter.add_kernel())
      found.kernels.push_back(
          inspect_kernel(root, found.image, directory + "/" + release, release, modaliases, meter));
    if (meter.exceeded_limit().empty()) continue;
    // A missing file may be in the part that was not read.
    if (found.image.faults.empty()) found.image.faults.push_back(meter.exceeded_limit());
    return;
  }
}

// dracut's modules squash, squash-squashfs and squash-erofs move most files of an image into a file
// system image, which the image's init mounts. It is not read, so it may have files that seem to be
// missing.
void find_file_system(ImageFacts& found) {
  if (found.startup.first_process) return;
  for (const char* name : {"squashfs-root.img", "squash-root.img", "erofs-root.img"}) {
    if (!found.image.has(name)) continue;
    found.file_system = name;
    found.image.faults.push_back(
        fmt::format("the files in its file system image {} are not read", name));
  }
}

}  // namespace

ImageFacts read_image_facts(const BootConfiguration& boot, const std::string& file,
                            std::string_view bytes, const config::Configuration& configuration,
                            const std::string& configuration_file, const Facts& facts,
                            const std::optional<host::Error>& unread_bus) {
  const host::Root& root = boot.root();
  const bool unified = is_unified_image(bytes);
  host::Meter meter(host::kImageBudget, bytes.size());
  ImageFacts found{
      .file = file,
      .image = initramfs::read_image(unified ? *section_of(bytes, ".initrd") : bytes, meter)};
  found.startup = find_startup(found.image);
  find_file_system(found);
  found.configuration = configuration;
  found.unified = unified;
  found.unread_bus = unread_bus;
  found.forbidden = facts.forbidden_files;
  found.refusals = facts.refusals;
  found.platform = facts.platform;
  for (const ConfiguredFunction& function : facts.functions)
    found.modaliases[function.address()] =
        root.read_line(function.function.address.sysfs() + "/modalias");
  read_kernels(root, found, meter);
  read_configurations(root, configuration_file, found);
  std::optional<std::string_view> own;
  if (unified) own = section_of(bytes, ".cmdline").value_or("");
  // uapi-group.org/specifications/specs/unified_kernel_image, "Multi-Profile UKIs".
  if (unified && section_of(bytes, ".profile"))
    found.startup.undecided.push_back(
        {"it has several profiles, which may have different command lines",
         "build an image without profiles"});
  read_command_lines(boot, own, found);
  found.disk_prompt = read_disk_prompt(root, found.image, found.kernels, found.boot, facts);
  return found;
}

}  // namespace verify
