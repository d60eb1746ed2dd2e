// SPDX-License-Identifier: GPL-2.0-or-later
#include <set>
#include <utility>

#include <fmt/format.h>

#include "verify/budget.h"
#include "verify/image_checks.h"
#include "verify/unified_image.h"
#include "verify/written_command_lines.h"

namespace verify {
namespace {

constexpr std::string_view kSmallRoot = "vfio-early.d/";

// The modules that vfio-early loads, with their dependencies, except built-in ones.
std::set<std::string> modules_to_load(const ImageInspection& inspection) {
  std::set<std::string> modules;
  if (inspection.kernels.empty())
    modules = {"vfio_pci", "vfio_pci_core", "vfio", "vfio_iommu_type1"};
  for (const ImageKernel& kernel : inspection.kernels) {
    std::vector<std::string> names = wanted_modules(inspection.configuration, kernel);
    for (std::string& name : variant_modules(inspection.configuration, kernel))
      names.push_back(std::move(name));
    for (const std::string& name : with_needs(kernel, std::move(names)))
      if (!kernel.built_in.contains(name)) modules.insert(name);
  }
  return modules;
}

void read_command_lines(const host::Root& root, std::optional<std::string_view> own,
                        ImageInspection& found) {
  const std::set<std::string> modules = modules_to_load(found);
  BootContext context{found.image, found.wiring, modules, found.platform.cpu_vendor};
  for (const ImageKernel& kernel : found.kernels) context.releases.insert(kernel.release);
  found.boot = look_at_command_lines(root, found.file, own, context);
  // dracut appends these to the kernel command line; the kernel itself does not read them.
  for (const std::string& name : found.image.list("etc/cmdline.d")) {
    const std::string path = "etc/cmdline.d/" + name;
    const std::string text = without_comments(found.image.text(path));
    for (BootObstacle& obstacle : obstacles_on(text, path + " of the image", context))
      if (obstacle.parameter == "vfio_early=off") found.boot.obstacles.push_back(obstacle);
  }
  found.modprobe = modprobe_obstacles(found.image, modules);
}

void read_configurations(const host::Root& root, const std::string& configuration_file,
                         ImageInspection& found) {
  const std::string top = found.wiring.first_process ? std::string(kSmallRoot) : "";
  const std::string name = top + (plan::kConfigurationFile + 1);
  // For a symbolic link, dracut adds the link and its target.
  const auto add = [&](const std::string& ending) {
    const ImageFile* file = found.image.resolve(name + ending);
    if (file && file->regular) found.ours[ending] = file->text;
  };
  add("");
  for (const std::string& drop_in : found.image.list(name + ".d"))
    if (drop_in.ends_with(".conf")) add(".d/" + drop_in);
  for (const std::string& path : found.configuration.files)
    if (path.starts_with(configuration_file))
      found.theirs[path.substr(configuration_file.size())] =
          root.read(path, plan::kMaxConfiguration).value_or("");
}

// The static vfio-early searches for modules in /lib/modules, as libkmod does.
void read_kernels(const host::Root& root, ImageInspection& found, Meter& meter) {
  const std::string directory =
      std::string(found.wiring.first_process ? kSmallRoot : "") + "lib/modules";
  std::set<std::string> kinds;
  for (const auto& [address, kind] : found.kinds) kinds.insert(kind);
  for (const std::string& release : found.image.list(directory)) {
    if (meter.add_kernel())
      found.kernels.push_back(
          look_at_kernel(root, found.image, directory + "/" + release, release, kinds, meter));
    if (meter.excess().empty()) continue;
    // A missing file may be in the part that was not read.
    if (found.image.faults.empty()) found.image.faults.push_back(meter.excess());
    return;
  }
}

// dracut's modules squash, squash-squashfs and squash-erofs move most files of an image into a file
// system image, which the image's init mounts. It is not read, so it may have files that seem to be
// missing.
void look_for_file_system(ImageInspection& found) {
  if (found.wiring.first_process) return;
  for (const char* name : {"squashfs-root.img", "squash-root.img", "erofs-root.img"}) {
    if (!found.image.has(name)) continue;
    found.file_system = name;
    found.image.faults.push_back(
        fmt::format("the files in its file system image {} are not read", name));
  }
}

}  // namespace

ImageInspection inspect_image(const host::Root& root, const std::string& file,
                              std::string_view bytes, const plan::Configuration& configuration,
                              const std::string& configuration_file, const Inspection& inspection) {
  const bool unified = is_unified_image(bytes);
  Meter meter(kImageBudget, bytes.size());
  ImageInspection found{
      .file = file, .image = read_image(unified ? *section_of(bytes, ".initrd") : bytes, meter)};
  found.wiring = find_wiring(found.image);
  look_for_file_system(found);
  found.configuration = configuration;
  found.forbidden = inspection.forbidden_files;
  found.refusals = inspection.refusals;
  found.platform = inspection.platform;
  for (const ConfiguredFunction& function : inspection.functions)
    found.kinds[function.address()] =
        root.read_line(function.function.address.sysfs() + "/modalias");
  read_kernels(root, found, meter);
  read_configurations(root, configuration_file, found);
  std::optional<std::string_view> own;
  if (unified) own = section_of(bytes, ".cmdline").value_or("");
  // uapi-group.org/specifications/specs/unified_kernel_image, "Multi-Profile UKIs".
  if (unified && section_of(bytes, ".profile"))
    found.wiring.undecided.push_back(
        {"it has several profiles, which may have different command lines",
         "build an image without profiles"});
  read_command_lines(root, own, found);
  return found;
}

}  // namespace verify
