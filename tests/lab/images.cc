// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lab/images.h"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "tests/lab/qemu.h"

namespace lab {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kBuildLimit{1200};  // ten times what the largest image takes

// The cache directory of ci/setup.
fs::path cache_directory() {
  if (const char* cache = std::getenv("VFIO_EARLY_CACHE")) return cache;
  if (const char* xdg = std::getenv("XDG_CACHE_HOME")) return fs::path(xdg) / "vfio-early";
  const char* home = std::getenv("HOME");
  return fs::path(home ? home : "/root") / ".cache/vfio-early";
}

// Skips the test where the kernel is missing.
fs::path kernel_directory(const std::string& kernel) {
  const fs::path directory = cache_directory() / "kernels" / kernel;
  if (fs::exists(directory / "vmlinuz")) return directory;
  const bool ours = kernel.starts_with("test-");
  skip_test("the kernel " + kernel + " is missing. Remedy: " +
            (ours ? "build it with ci/kernel, in about 15 minutes of CPU time"
                  : "fetch it with ci/setup"));
}

fs::path build(const Command& command, const fs::path& log) {
  const fs::path out = log.string() + ".out";
  const RunResult result = run(command, out, log, kBuildLimit);
  std::string path = read_file(out);
  fs::remove(out);
  if (result.status != 0) throw std::runtime_error(quoted(command) + "failed:\n" + read_file(log));
  while (!path.empty() && path.back() == '\n') path.pop_back();
  return path;
}

std::string script_of(Generator generator) {
  switch (generator) {
    case Generator::kDracut:
      return "/build-initramfs";
    case Generator::kInitramfsTools:
    case Generator::kInitramfsToolsDep:
    case Generator::kInitramfsToolsEnabled:
    case Generator::kInitramfsToolsDisabled:
      return "/build-initramfs-tools";
    case Generator::kMkinitcpio:
      return "/build-mkinitcpio";
  }
  return "";
}

Command generator_command(const Initramfs& initramfs, const fs::path& kernel) {
  const Generator generator = initramfs.generator;
  if (initramfs.upgrade) kernel_directory("6.1");
  Command command = {std::string(LAB_SCRIPTS) + script_of(generator), kernel,
                     lab_directory() / "images", LAB_BUILD};
  if (!initramfs.vfio_early) command.push_back("without-vfio-early");
  if (!initramfs.systemd) command.push_back("without-systemd");
  if (!initramfs.vfio_pci) command.push_back("without-vfio-pci");
  if (generator == Generator::kInitramfsToolsDep) command.push_back("dep");
  if (generator == Generator::kInitramfsToolsEnabled) command.push_back("enabled");
  if (generator == Generator::kInitramfsToolsDisabled) command.push_back("disabled");
  if (initramfs.vfio_forced) command.push_back("vfio-forced");
  if (initramfs.hostonly) command.push_back("hostonly");
  if (initramfs.hibernation && script_of(generator) != script_of(Generator::kInitramfsTools))
    command.push_back("hibernation");  // initramfs-tools always includes it
  if (initramfs.misplaced) command.push_back("misplaced");
  if (initramfs.upgrade) command.push_back("upgrade");
  if (!initramfs.files.empty()) command.push_back("files:" + initramfs.files);
  if (!initramfs.setting.empty()) command.push_back("setting:" + initramfs.setting);
  return command;
}

}  // namespace

fs::path lab_directory() {
  return LAB_DIRECTORY;
}

fs::path modules_of(const std::string& kernel) {
  const fs::path directory = kernel_directory(kernel);
  const std::string version = read_file(directory / "version");
  return fs::canonical(directory / "lib/modules" / version.substr(0, version.find('\n')));
}

bool amd_remaps_interrupts(const std::string& kernel) {
  int major = 0, minor = 0;
  std::sscanf(modules_of(kernel).filename().c_str(), "%d.%d", &major, &minor);
  return std::pair(major, minor) < std::pair(7, 3);
}

std::string skip_reason(Generator generator) {
  if (generator != Generator::kMkinitcpio || std::getenv("VFIO_EARLY_MKINITCPIO") ||
      fs::exists("/usr/bin/mkinitcpio"))
    return "";
  return "not run: mkinitcpio is not installed. Remedy: install it, "
         "or set VFIO_EARLY_MKINITCPIO to the directory of an installation";
}

fs::path build_initramfs(const std::string& kernel, const Initramfs& initramfs,
                         const fs::path& log) {
  return build(generator_command(initramfs, kernel_directory(kernel)), log);
}

// Written as a user writes it, by the program that is shipped.
fs::path write_supplement(const std::string& kernel, const Initramfs& initramfs,
                          const fs::path& boot_directory) {
  const fs::path modules = modules_of(kernel);
  const std::string release = modules.filename();
  const std::string image = boot_directory / "supplement.img",
                    configuration = boot_directory / "vfio-early.conf";
  write_file(configuration, initramfs.configuration);
  const std::string loader = initramfs.supplement == Supplement::kInFront ? "grub" : "other";
  const Command command = {LAB_VFIO_EARLY, "image",    release, "--modules", modules, "--config",
                           configuration,  "--loader", loader,  "-o",        image};
  build(command, boot_directory / "supplement.log");
  return image;
}

Images build_images(const std::string& kernel, const Initramfs& initramfs,
                    const fs::path& boot_directory) {
  const fs::path log = boot_directory / "images.log";
  const std::string directory = kernel_directory(kernel);
  const std::string images = lab_directory() / "images";
  const std::string scripts = LAB_SCRIPTS;

  Command root = {scripts + "/build-root", directory,       images,      LAB_BUILD,
                  LAB_VFIO_EARLY,          LAB_VFIO_VERIFY, LAB_MAP_BAR, LAB_LIVE_FAULTS,
                  LAB_LIVE_STRESS,         LAB_MAP_SPEED};
  if (!initramfs.root_files.empty()) root.push_back(initramfs.root_files);

  return {.vmlinux = build({scripts + "/build-kernel", directory, images}, log),
          .bzimage = directory + "/vmlinuz",
          .initramfs = build_initramfs(kernel, initramfs, log),
          .root = build(root, log),
          .supplement = initramfs.supplement != Supplement::kNone
                            ? write_supplement(kernel, initramfs, boot_directory)
                            : fs::path(),
          .modules = modules_of(kernel)};
}

}  // namespace lab
