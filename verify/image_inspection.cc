// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "host/module_options.h"
#include "host/text.h"
#include "verify/budget.h"
#include "verify/elf.h"
#include "verify/image_checks.h"
#include "verify/unified_image.h"
#include "verify/written_command_lines.h"

namespace verify {
namespace {

constexpr size_t kMaxList = size_t{64} << 20;
constexpr std::string_view kSmallRoot = "vfio-early.d/";

// "none" for x.ko, "xz" for x.ko.xz.
std::string compression_of(std::string_view path) {
  for (const auto& [ending, name] :
       {std::pair(".ko.xz", "xz"), {".ko.gz", "gzip"}, {".ko.zst", "zstd"}})
    if (path.ends_with(ending)) return name;
  return "none";
}

// Why the kernel would not take it; "" if it would, as far as is known. The text of vfio's modules
// is kept (image_contents.cc): theirs is looked into. vermagic: load_module(), kernel/module.
std::string fault_of_module(const ImageContents& image, const std::string& path,
                            const std::string& release) {
  const ImageFile* file = image.resolve(path);
  if (!file) return "is a link to nothing";
  if (!file->regular) return "is no file";
  if (file->size == 0) return "is empty";
  const std::string compression = compression_of(path);
  if (compression == "none" && !is_elf_of_this_processor(file->head, ElfKind::kModule))
    return "is no module for this processor";
  if (file->text.empty()) return {};
  const auto module = unpack(file->text, compression, kImageBudget.text);
  if (!module) return "can't be unpacked";
  if (!is_elf_of_this_processor(*module, ElfKind::kModule))
    return "is no module for this processor";
  constexpr std::string_view kVermagic = "vermagic=";
  const size_t magic = module->find(kVermagic);
  if (magic != module->npos &&
      !std::string_view(*module).substr(magic + kVermagic.size()).starts_with(release + " "))
    return "is of another kernel";
  return {};
}

// Of several files of one name, one that is good is enough.
void add_files(const ImageContents& image, const std::string& directory, ImageKernel& kernel) {
  for (const std::string& top : {directory, "usr/" + directory}) {
    const std::string start = top + "/";
    for (auto at = image.files.lower_bound(start);
         at != image.files.end() && at->first.starts_with(start); ++at) {
      if (at->first.find(".ko") == std::string::npos) continue;
      const std::string fault = fault_of_module(image, at->first, kernel.release);
      std::string& known = kernel.modules.emplace(host::module_of(at->first), fault).first->second;
      if (fault.empty()) known.clear();
    }
  }
}

void add_needs(std::string_view list, ImageKernel& kernel) {
  for (const std::string_view line : host::split(list, "\n")) {
    const size_t colon = std::min(line.find(':'), line.size());
    auto& needs = kernel.needs[host::module_of(line.substr(0, colon))];
    for (const std::string_view need : host::split(line.substr(std::min(colon + 1, line.size()))))
      needs.push_back(host::module_of(need));
  }
}

// modules.builtin.modinfo: "virtio_pci.alias=pci:v00001AF4…" between NULs.
void add_aliases(std::string_view info, ImageKernel& kernel) {
  constexpr std::string_view kAlias = ".alias=pci:";
  for (const std::string_view entry : host::split(info, std::string_view("\0", 1))) {
    const size_t alias = entry.find(kAlias);
    if (alias == entry.npos) continue;
    kernel.aliases.emplace_back(entry.substr(alias + sizeof(".alias=") - 1),
                                entry.substr(0, alias));
  }
}

ImageKernel look_at_kernel(const host::Root& root, const ImageContents& image,
                           const std::string& top, const std::string& release) {
  const std::string directory = top + "lib/modules/" + release;
  // What the image does not carry (mkinitcpio leaves the lists out) the kernel's own directory has.
  const auto list = [&](const char* name) {
    const std::string text = image.text(directory + "/" + name);
    return text.empty() ? root.read("/lib/modules/" + release + "/" + name, kMaxList).value_or("")
                        : text;
  };
  ImageKernel kernel{.release = release};
  add_files(image, directory, kernel);
  add_needs(list("modules.dep"), kernel);
  const std::string built_in = list("modules.builtin");
  for (const std::string_view path : host::split(built_in, "\n"))
    kernel.built_in.insert(host::module_of(path));
  const std::string info = list("modules.builtin.modinfo");
  kernel.knows_aliases = !info.empty();
  add_aliases(info, kernel);
  return kernel;
}

// vfio-pci and what it needs, unless it is built in: what has to be loaded.
std::set<std::string> modules_to_load(const std::vector<ImageKernel>& kernels) {
  std::set<std::string> modules;
  if (kernels.empty()) modules = {"vfio_pci", "vfio_pci_core", "vfio"};
  for (const ImageKernel& kernel : kernels)
    for (const std::string& name : with_needs(kernel, {"vfio_pci"}))
      if (!kernel.built_in.contains(name)) modules.insert(name);
  return modules;
}

void read_command_lines(const host::Root& root, std::optional<std::string_view> own,
                        ImageInspection& found) {
  const std::set<std::string> modules = modules_to_load(found.kernels);
  const BootContext context{found.image, found.wiring, modules, found.platform.cpu_vendor};
  found.boot = look_at_command_lines(root, found.file, own, context);
  // dracut adds these to what the kernel was given; rdinit= is too late there.
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
  for (const auto& [path, file] : found.image.files)
    if (path.starts_with(name) && !file.directory && (path == name || path.ends_with(".conf")))
      found.ours[path.substr(name.size())] = file.text;
  for (const std::string& path : found.configuration.files)
    if (path.starts_with(configuration_file))
      found.theirs[path.substr(configuration_file.size())] =
          root.read(path, plan::kMaxConfiguration).value_or("");
}

}  // namespace

ImageInspection inspect_image(const host::Root& root, const std::string& file,
                              std::string_view bytes, const plan::Configuration& configuration,
                              const std::string& configuration_file, const Inspection& inspection) {
  const bool unified = is_unified_image(bytes);
  ImageInspection found{.file = file,
                        .image = read_image(unified ? *section_of(bytes, ".initrd") : bytes)};
  found.wiring = find_wiring(found.image);
  found.configuration = configuration;
  found.forbidden = inspection.forbidden_files;
  found.refusals = inspection.refusals;
  found.platform = inspection.platform;
  const std::string top = found.wiring.first_process ? std::string(kSmallRoot) : "";
  for (const std::string& release : found.image.list(top + "lib/modules"))
    found.kernels.push_back(look_at_kernel(root, found.image, top, release));
  read_configurations(root, configuration_file, found);
  for (const ConfiguredFunction& function : inspection.functions)
    found.kinds[function.address()] =
        root.read_line(function.function.address.sysfs() + "/modalias");
  std::optional<std::string_view> own;
  if (unified) own = section_of(bytes, ".cmdline").value_or("");
  // uapi-group.org/specifications/specs/unified_kernel_image, "Multi-Profile UKIs".
  if (unified && section_of(bytes, ".profile"))
    found.wiring.undecided.push_back(
        {"it has several profiles, each of which may have a command line of its own",
         "make an image without profiles"});
  read_command_lines(root, own, found);
  return found;
}

}  // namespace verify
