// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "host/module_options.h"
#include "host/text.h"
#include "verify/image_checks.h"
#include "verify/unified_image.h"

namespace verify {
namespace {

constexpr size_t kMaxList = size_t{64} << 20;
constexpr std::string_view kSmallRoot = "vfio-early.d/";

void add_files(const ImageContents& image, const std::string& directory, ImageKernel& kernel) {
  for (const std::string& top : {directory, "usr/" + directory}) {
    const std::string start = top + "/";
    for (auto at = image.files.lower_bound(start);
         at != image.files.end() && at->first.starts_with(start); ++at)
      if (at->first.find(".ko") != std::string::npos)
        kernel.modules.insert(host::module_of(at->first));
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

// Places in which the next boot's command line is written down.
std::vector<std::string> places_of_command_line(const host::Root& root) {
  std::vector<std::string> places = {"/proc/cmdline", "/etc/kernel/cmdline", "/etc/default/grub"};
  for (const std::string directory : {"/boot/loader/entries", "/efi/loader/entries"})
    for (const std::string& entry : root.list(directory).value_or({}))
      places.push_back(directory + "/" + entry);
  return places;
}

// As a word of its own, outside of comments.
bool says_word(std::string_view text, std::string_view word) {
  for (const std::string_view line : host::split(text, "\n")) {
    if (host::trim(line).starts_with('#')) continue;
    for (const std::string_view found : host::split(line, " \t\"'"))
      if (found == word || found.ends_with("=" + std::string(word))) return true;
  }
  return false;
}

// `own`: the command line of a unified image, which the others do not reach under Secure Boot.
void find_rdinit(const host::Root& root, std::string_view own, ImageInspection& found) {
  constexpr std::string_view kWord = "rdinit=/vfio-early";
  if (says_word(own, kWord)) found.rdinit.push_back("its own command line");
  for (const std::string& place : places_of_command_line(root))
    if (own.empty() && says_word(root.read(place, 1 << 20).value_or(""), kWord))
      found.rdinit.push_back(place);
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
  find_rdinit(root, unified ? section_of(bytes, ".cmdline").value_or("") : "", found);
  return found;
}

}  // namespace verify
