// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <set>

#include "host/text.h"
#include "verify/budget.h"
#include "verify/image_checks.h"
#include "verify/unified_image.h"

namespace verify {
namespace {

constexpr size_t kMaxList = size_t{64} << 20;
constexpr std::string_view kSmallRoot = "vfio-early.d/";

struct Place {
  std::string file;
  std::string text;
};

// Places in which the next boot's command line is written down: for every entry of the boot loader.
std::vector<Place> places_for_all(const host::Root& root) {
  std::vector<std::string> files = {"/etc/kernel/cmdline", "/etc/default/grub"};
  for (const std::string directory :
       {"/etc/default/grub.d", "/etc/cmdline.d", "/etc/kernel/cmdline.d"})
    for (const std::string& name : root.list(directory).value_or({}))
      files.push_back(directory + "/" + name);
  std::vector<Place> places;
  for (const std::string& file : files)
    if (auto text = root.read(file, kMaxList)) places.push_back({file, std::move(*text)});
  return places;
}

// And for one entry each.
std::vector<Place> entries(const host::Root& root) {
  std::vector<Place> found;
  for (const std::string directory :
       {"/boot/loader/entries", "/boot/efi/loader/entries", "/efi/loader/entries"})
    for (const std::string& name : root.list(directory).value_or({}))
      if (auto text = root.read(directory + "/" + name, kMaxList))
        found.push_back({directory + "/" + name, std::move(*text)});
  for (const char* file : {"/boot/grub/grub.cfg", "/boot/grub2/grub.cfg"}) {
    const std::string text = root.read(file, kMaxList).value_or("");
    for (const std::string_view line : host::split(text, "\n"))
      if (host::trim(line).starts_with("linux")) found.push_back({file, std::string(line)});
  }
  return found;
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
void read_command_lines(const host::Root& root, std::string_view own, ImageInspection& found) {
  constexpr std::string_view kStart = "rdinit=/vfio-early", kOff = "vfio_early=off";
  const auto look = [&](std::string_view text, const std::string& place) {
    if (says_word(text, kStart)) found.rdinit.push_back(place);
    if (says_word(text, kOff)) found.switched_off.push_back(place);
  };
  look(own, "its own command line");
  // dracut adds these to what the kernel was given; rdinit= is too late there.
  for (const std::string& name : found.image.list("etc/cmdline.d"))
    if (says_word(found.image.text("etc/cmdline.d/" + name), kOff))
      found.switched_off.push_back("etc/cmdline.d/" + name + " of the image");
  if (!own.empty()) return;
  for (const Place& place : places_for_all(root)) look(place.text, place.file);
  // One entry is enough to start us; one that switches us off may be kept for that.
  const std::vector<Place> of_loader = entries(root);
  for (const Place& entry : of_loader)
    if (says_word(entry.text, kStart)) found.rdinit.push_back(entry.file);
  if (!of_loader.empty() &&
      std::all_of(of_loader.begin(), of_loader.end(),
                  [&](const Place& entry) { return says_word(entry.text, kOff); }))
    found.switched_off.push_back("every entry of the boot loader (" + of_loader.front().file + ")");
  // Of this boot alone: what somebody typed there once does not count against the next.
  if (says_word(root.read("/proc/cmdline").value_or(""), kStart))
    found.rdinit.push_back("/proc/cmdline");
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

// The static vfio-early looks for modules where libkmod does: in /lib/modules.
void read_kernels(const host::Root& root, ImageInspection& found, Meter& meter) {
  const std::string directory =
      std::string(found.wiring.first_process ? kSmallRoot : "") + "lib/modules";
  std::set<std::string> kinds;
  for (const auto& [address, kind] : found.kinds) kinds.insert(kind);
  for (const std::string& release : found.image.list(directory)) {
    found.kernels.push_back(
        look_at_kernel(root, found.image, directory + "/" + release, release, kinds, meter));
    if (meter.excess().empty()) continue;
    // What is missing may be in what was not read.
    if (found.image.faults.empty()) found.image.faults.push_back(meter.excess());
    return;
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
  found.configuration = configuration;
  found.forbidden = inspection.forbidden_files;
  found.refusals = inspection.refusals;
  found.platform = inspection.platform;
  for (const ConfiguredFunction& function : inspection.functions)
    found.kinds[function.address()] =
        root.read_line(function.function.address.sysfs() + "/modalias");
  read_kernels(root, found, meter);
  read_configurations(root, configuration_file, found);
  read_command_lines(root, unified ? section_of(bytes, ".cmdline").value_or("") : "", found);
  return found;
}

}  // namespace verify
