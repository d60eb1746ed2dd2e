// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/image_wiring.h"

#include <algorithm>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/elf.h"
#include "verify/image_units.h"

namespace verify {
namespace {

constexpr std::string_view kName = "vfio-early";
constexpr const char* kDracutHooks[] = {"lib/dracut/hooks", "usr/lib/dracut/hooks",
                                        "var/lib/dracut/hooks"};

constexpr const char* kReinstall = "remove what was changed by hand, and install vfio-early again";

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

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Does one of the unit's command lines start `vfio-early COMMAND`?
bool starts_us(const ImageUnit& unit, std::string_view command) {
  return std::any_of(unit.exec_start.begin(), unit.exec_start.end(), [&](const auto& line) {
    const auto words = host::split(line);
    return words.size() == 2 && words[0].ends_with("/vfio-early") && words[1] == command;
  });
}

// One of the two units, wanted by sysinit.target.
ImageUnit look_at_unit(const ImageContents& image, const std::string& name,
                       std::string_view command, Wiring& wiring) {
  const ImageUnit unit = read_unit(image, name);
  const auto broken = [&](const std::string& why) {
    wiring.broken.push_back({fmt::format("{} {}", name, why), kReinstall});
  };
  if (!is_wanted_by(image, name, "sysinit.target")) broken("is not wanted by sysinit.target");
  if (unit.masked)
    broken("is masked");
  else if (unit.file.empty())
    broken("is missing, or is a link to nothing");
  else if (!starts_us(unit, command))
    broken(fmt::format("does not start vfio-early {}", command));
  for (const std::string& condition : unit.in_the_way)
    broken("does not start there, because of " + condition);
  for (const std::string& condition : unit.undecided)
    wiring.undecided.push_back(
        {fmt::format("{} starts only if {} holds", name, condition), kReinstall});
  return unit;
}

// The gate keeps host drivers off, bind loads vfio-pci and binds.
void look_at_units(const ImageContents& image, Wiring& wiring) {
  constexpr const char* kGate = "vfio-early-gate.service";
  if (!is_wanted_by(image, kGate, "sysinit.target")) return;
  wiring.started_by = kGate;
  const ImageUnit gate = look_at_unit(image, kGate, "gate", wiring);
  (void)look_at_unit(image, "vfio-early-bind.service", "bind", wiring);
  for (const char* other :
       {"systemd-modules-load.service", "systemd-udevd.service", "dracut-cmdline.service"})
    if (!contains(gate.before, other))
      wiring.before.push_back(
          {fmt::format("{} is not ordered before {}", kGate, other), kReinstall});
}

// Scripts and hooks call both, each on a line of its own.
void expect_calls(const std::string& name, std::string_view text, Wiring& wiring) {
  for (const std::string_view command : {"gate", "bind"}) {
    bool called = false;
    for (const std::string_view line : host::split(text, "\n")) {
      const auto words = host::split(line);
      called |= words.size() >= 2 && words[0].ends_with("vfio-early") && words[1] == command;
    }
    if (!called)
      wiring.broken.push_back(
          {fmt::format("{} does not call vfio-early {}", name, command), kReinstall});
  }
}

// Does a shell script load modules, or start what does? A call in a variable is not seen.
bool loads_modules(std::string_view text) {
  for (const std::string_view line : host::split(text, "\n")) {
    if (host::trim(line).starts_with('#')) continue;
    for (std::string_view word : host::split(line, " \t;&|(){}`\"'$")) {
      word = word.substr(word.rfind('/') + 1);
      for (const char* loads :
           {"modprobe", "insmod", "load_modules", "udevadm", "udevd", "systemd-udevd"})
        if (word == loads) return true;
    }
  }
  return false;
}

// "00-vfio-early-gate.sh" in the first of dracut's hook points, before 01, which loads
// rd.driver.pre=.
void look_at_dracut(const ImageContents& image, Wiring& wiring) {
  for (const std::string hooks : kDracutHooks)
    for (const std::string& point : image.list(hooks)) {
      const auto names = image.list(hooks + "/" + point);
      for (const std::string& name : names) {
        if (!holds(name, kName) || !holds(name, "gate")) continue;
        wiring.started_by = point + "/" + name;
        expect_calls(wiring.started_by, image.text(hooks + "/" + wiring.started_by), wiring);
        if (point != "cmdline")
          wiring.before.push_back({fmt::format("it runs as a hook of {}; those of cmdline, which "
                                               "load rd.driver.pre=, run before",
                                               point),
                                   kReinstall});
        for (const std::string& other : names)
          if (other < name && (holds(other, "driver") ||
                               loads_modules(image.text(hooks + "/" + point + "/" + other))))
            wiring.before.push_back(
                {fmt::format("{}/{} runs before {}", point, other, name), kReinstall});
        return;
      }
    }
}

// Scripts in the order in which the image runs them: that of the file ORDER, which lists them as
// /scripts/init-top/NAME "$@".
void look_at_init_top(const ImageContents& image, Wiring& wiring) {
  const std::string order = image.text("scripts/init-top/ORDER");
  std::vector<std::string> names;
  for (const std::string_view word : host::split(order, " \t\n\""))
    if (word.starts_with("/scripts/init-top/")) names.emplace_back(word.substr(18));
  if (names.empty()) names = image.list("scripts/init-top");
  const auto ours = std::find_if(names.begin(), names.end(),
                                 [](const std::string& name) { return holds(name, kName); });
  if (ours == names.end()) return;
  wiring.started_by = "init-top/" + *ours;
  expect_calls(wiring.started_by, image.text("scripts/init-top/" + *ours), wiring);
  for (auto name = names.begin(); name != ours; ++name) {
    constexpr const char* kKnown[] = {"udev", "framebuffer", "plymouth", "nvidia", "vendor_driver"};
    const bool known = std::find(std::begin(kKnown), std::end(kKnown), *name) != std::end(kKnown);
    if (known || loads_modules(image.text("scripts/init-top/" + *name)))
      wiring.before.push_back({fmt::format("init-top/{} runs before {}", *name, *ours),
                               "its name in /usr/share/initramfs-tools/scripts/init-top must sort "
                               "first: 00-vfio-early"});
  }
}

// EARLYHOOKS="vfio-early udev" in /config: udev's starts udevd, and MODULES= is loaded after all.
void look_at_early_hooks(const ImageContents& image, Wiring& wiring) {
  const std::string config = image.text("config");
  for (const std::string_view line : host::split(config, "\n")) {
    if (!line.starts_with("EARLYHOOKS=")) continue;
    const auto names = host::split(line.substr(sizeof("EARLYHOOKS=") - 1), " \t\"'");
    const auto ours = std::find(names.begin(), names.end(), kName);
    if (ours == names.end()) return;
    wiring.started_by = "the early hook vfio-early";
    expect_calls(wiring.started_by, image.text("hooks/vfio-early"), wiring);
    for (auto name = names.begin(); name != ours; ++name)
      if (*name == "udev" || loads_modules(image.text(fmt::format("hooks/{}", *name))))
        wiring.before.push_back(
            {fmt::format("the hook {} stands before vfio-early in HOOKS", *name),
             fmt::format("put vfio-early before {} in HOOKS of /etc/mkinitcpio.conf", *name)});
    return;
  }
}

// Why the kernel would not run it; "" if it would. ELF for this processor: elf(5).
std::string fault_of_program(const ImageContents& image, const std::string& path) {
  const ImageFile* file = image.resolve(path);
  if (!file) return "is a link to nothing";
  if (file->directory) return "is a directory";
  if (!file->regular) return "is no file";
  if (file->size == 0) return "is empty";
  if ((file->permissions & 0111) == 0) return "is not executable";
  if (!is_elf_of_this_processor(file->head, ElfKind::kProgram))
    return "is no program for this processor";
  return {};
}

}  // namespace

Wiring find_wiring(const ImageContents& image) {
  Wiring wiring{.init = find_init(image)};
  for (const char* place : {"bin/vfio-early", "sbin/vfio-early", "usr/bin/vfio-early",
                            "usr/sbin/vfio-early", "vfio-early"})
    if (image.has(place) && wiring.program.empty()) wiring.program = place;
  switch (wiring.init) {
    case Init::kSystemd:
      look_at_units(image, wiring);
      break;
    case Init::kDracut:
      look_at_dracut(image, wiring);
      break;
    case Init::kInitramfsTools:
      look_at_init_top(image, wiring);
      break;
    case Init::kMkinitcpio:
      look_at_early_hooks(image, wiring);
      break;
    default:
      break;
  }
  if (wiring.started_by.empty() && image.has("vfio-early.d") && image.files.contains(kName)) {
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
  constexpr const char* kNames[] = {"no init",
                                    "systemd",
                                    "dracut's shell",
                                    "initramfs-tools",
                                    "mkinitcpio's busybox",
                                    "an init unknown here"};
  return kNames[static_cast<size_t>(init)];
}

}  // namespace verify
