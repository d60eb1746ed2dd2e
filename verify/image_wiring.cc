// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/image_wiring.h"

#include <fmt/format.h>

#include "verify/elf.h"
#include "verify/image_inits.h"

namespace verify {
namespace {

constexpr const char* kName = "vfio-early";
constexpr const char* kProgram = "usr/bin/vfio-early";

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

Init find_init(const ImageContents& image) {
  const ImageFile* init = image.find("init");
  if (!init) return Init::kNone;
  if (holds(init->link, "systemd")) return Init::kSystemd;
  if (image.has("scripts/init-top")) return Init::kInitramfsTools;
  if (holds(init->text, "run_hookfunctions") || image.has("init_functions"))
    return Init::kMkinitcpio;
  for (const char* hooks : kDracutHooks)
    if (image.has(hooks)) return Init::kDracut;
  return Init::kOther;
}

// Why the kernel would not run the program; "": no fault found.
std::string fault_of_program(const ImageContents& image, const std::string& path) {
  const ImageFile* file = image.resolve(path);
  if (!file) return "is a dangling link";
  if (file->directory) return "is a directory";
  if (!file->regular) return "is not a regular file";
  if (file->size == 0) return "is empty";
  if ((file->permissions & 0111) == 0) return "is not executable";
  if (!is_elf_of_this_processor(file->head, ElfKind::kProgram))
    return "is not a program for this processor";
  return is_cut_off(file->head, file->size) ? "is truncated" : "";
}

constexpr struct {
  Init init;
  void (*look)(const ImageContents& image, Wiring& wiring);
} kInits[] = {{Init::kSystemd, look_at_systemd},
              {Init::kDracut, look_at_dracut},
              {Init::kInitramfsTools, look_at_initramfs_tools},
              {Init::kMkinitcpio, look_at_mkinitcpio}};

// All units, hooks and scripts of vfio-early start /usr/bin/vfio-early, and init starts them.
void look_at_init(const ImageContents& image, Wiring& wiring) {
  if (!wiring.program.empty() && wiring.program != kProgram)
    wiring.broken.push_back(
        {wiring.program + " is not started: /usr/bin/vfio-early is missing", kReinstall});
  if (const std::string fault = fault_of_script(image, "init"); !fault.empty())
    wiring.broken.push_back({"init " + fault, kReinstall});
}

}  // namespace

Wiring find_wiring(const ImageContents& image) {
  Wiring wiring{.init = find_init(image)};
  for (const char* place :
       {kProgram, "usr/sbin/vfio-early", "bin/vfio-early", "sbin/vfio-early", kName})
    if (image.has(place) && wiring.program.empty()) wiring.program = place;
  for (const auto& [init, look] : kInits)
    if (init == wiring.init) look(image, wiring);
  const bool has_supplement = image.has("vfio-early.d") && image.files.contains(kName);
  wiring.supplement = has_supplement && fault_of_program(image, kName).empty();
  if (!wiring.started_by.empty()) {
    look_at_init(image, wiring);
  } else if (has_supplement) {
    wiring.first_process = true;
    wiring.program = kName;
    wiring.started_by = "the kernel, with rdinit=/vfio-early";
  }
  if (!wiring.program.empty())
    if (const std::string fault = fault_of_program(image, wiring.program); !fault.empty())
      wiring.broken.push_back({fmt::format("{} {}", wiring.program, fault), kReinstall});
  return wiring;
}

const char* init_name(Init init) {
  constexpr const char* kNames[] = {
      "missing", "systemd", "dracut's shell", "initramfs-tools", "mkinitcpio's busybox", "unknown"};
  return kNames[static_cast<size_t>(init)];
}

}  // namespace verify
