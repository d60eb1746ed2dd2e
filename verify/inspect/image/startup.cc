// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/image/startup.h"

#include <fmt/format.h>

#include "initramfs/elf.h"
#include "verify/inspect/image/inits.h"

namespace verify {
namespace {

constexpr const char* kName = "vfio-early";
constexpr const char* kProgram = "usr/bin/vfio-early";

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

Init find_init(const initramfs::ImageContents& image) {
  const initramfs::ImageFile* init = image.find("init");
  if (!init) return Init::kNone;
  if (holds(init->link, "systemd")) return Init::kSystemd;
  if (image.has("scripts/init-top")) return Init::kInitramfsTools;
  if (holds(init->text, "run_hookfunctions") || image.has("init_functions"))
    return Init::kMkinitcpio;
  for (const char* hooks : kDracutHooks)
    if (image.has(hooks)) return Init::kDracut;
  if (image.has("etc/booster.init.yaml")) return Init::kBooster;
  return Init::kOther;
}

// Why the kernel would not run the program; "": no fault found.
std::string fault_of_program(const initramfs::ImageContents& image, const std::string& path) {
  const initramfs::ImageFile* file = image.resolve(path);
  if (!file) return "is a dangling link";
  if (file->directory) return "is a directory";
  if (!file->regular) return "is not a regular file";
  if (file->size == 0) return "is empty";
  if ((file->permissions & 0111) == 0) return "is not executable";
  if (!initramfs::is_elf_of_this_processor(file->head, initramfs::ElfKind::kProgram))
    return "is not a program for this processor";
  return initramfs::is_truncated(file->head, file->size) ? "is truncated" : "";
}

constexpr struct {
  Init init;
  void (*inspect)(const initramfs::ImageContents& image, Startup& startup);
} kInits[] = {{Init::kSystemd, inspect_systemd},
              {Init::kDracut, inspect_dracut},
              {Init::kInitramfsTools, inspect_initramfs_tools},
              {Init::kMkinitcpio, inspect_mkinitcpio}};

// All units, hooks and scripts of vfio-early start /usr/bin/vfio-early, and init starts them.
void inspect_init(const initramfs::ImageContents& image, Startup& startup) {
  if (!startup.program.empty() && startup.program != kProgram)
    startup.broken.push_back(
        {startup.program + " is not started: /usr/bin/vfio-early is missing", kReinstall});
  if (const std::string fault = fault_of_script(image, "init"); !fault.empty())
    startup.broken.push_back({"init " + fault, kReinstall});
}

}  // namespace

Startup find_startup(const initramfs::ImageContents& image) {
  Startup startup{.init = find_init(image)};
  for (const char* candidate :
       {kProgram, "usr/sbin/vfio-early", "bin/vfio-early", "sbin/vfio-early", kName})
    if (image.has(candidate) && startup.program.empty()) startup.program = candidate;
  for (const auto& [init, inspect] : kInits)
    if (init == startup.init) inspect(image, startup);
  const bool has_supplement = image.has("vfio-early.d") && image.files.contains(kName);
  startup.supplement = has_supplement && fault_of_program(image, kName).empty();
  if (!startup.started_by.empty()) {
    inspect_init(image, startup);
  } else if (has_supplement) {
    startup.first_process = true;
    startup.program = kName;
    startup.started_by = "the kernel, with rdinit=/vfio-early";
  }
  if (!startup.program.empty())
    if (const std::string fault = fault_of_program(image, startup.program); !fault.empty())
      startup.broken.push_back({fmt::format("{} {}", startup.program, fault), kReinstall});
  return startup;
}

const char* init_name(Init init) {
  constexpr const char* kNames[] = {
      "missing", "systemd", "dracut's shell", "initramfs-tools", "mkinitcpio's busybox",
      "booster", "unknown"};
  return kNames[static_cast<size_t>(init)];
}

}  // namespace verify
