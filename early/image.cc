// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/image.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include "early/boot_loader.h"
#include "early/image_modules.h"
#include "host/drop_ins.h"
#include "host/module_directory.h"
#include "host/module_options.h"
#include "host/printable.h"
#include "host/text.h"
#include "host/user_file.h"
#include "initramfs/cpio_writer.h"

namespace early {
namespace {

constexpr size_t kMaxProgram = size_t{256} << 20;

int print_error(const std::string& why, const std::string& remedy, int exit_code = kNotAllClaimed) {
  host::print(stderr, "vfio-early: %s. Remedy: %s\n", why.c_str(), remedy.c_str());
  return exit_code;
}

// Without a Root, which does not follow the link /proc/self/exe.
host::Result<std::string> read_own_program() {
  const std::string step = "read /proc/self/exe";
  const host::Fd fd(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return host::Error{errno, step};
  std::string text;
  char buffer[size_t{64} << 10];
  for (ssize_t count; (count = ::read(fd.get(), buffer, sizeof buffer)) != 0;) {
    if (count < 0) return host::Error{errno, step};
    text.append(buffer, static_cast<size_t>(count));
    if (text.size() > kMaxProgram) return host::Error{EFBIG, step};
  }
  return text;
}

// The image has no shared libraries.
bool is_static(const std::string& program) {
  Elf64_Ehdr header;
  if (program.size() < sizeof header) return false;
  std::memcpy(&header, program.data(), sizeof header);
  for (size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    const size_t offset = header.e_phoff + i * sizeof segment;
    if (offset > program.size() - sizeof segment) return false;
    std::memcpy(&segment, program.data() + offset, sizeof segment);
    if (segment.p_type == PT_INTERP) return false;
  }
  return true;
}

// Adds the configuration files under the paths where the program looks for them: FILE.d/a.conf
// becomes /etc/vfio-early.conf.d/a.conf. The kernel command line is not copied.
void add_configuration(const host::Root& root, const Options& options,
                       const config::Configuration& configuration, ImageInput& image_input) {
  for (const std::string& file : configuration.files) {
    const auto text = root.read(file, config::kMaxConfiguration);
    if (!text || !file.starts_with(options.config)) continue;
    image_input.files.push_back(
        {config::kConfigurationFile + file.substr(options.config.size()), *text});
  }
}

// Adds the modprobe.d files with options for these modules: whole files, so that a warning has the
// right line.
void add_module_options(const host::Root& root, ImageInput& image_input) {
  const auto lines = host::read_modprobe_lines(root);
  for (const std::string& module : image_input.modules.modules)
    for (const host::ModuleOption& option : host::module_options(lines, {}, module)) {
      const std::string file = option.where.substr(0, option.where.rfind(':'));
      const bool known = std::any_of(image_input.files.begin(), image_input.files.end(),
                                     [&](const auto& other) { return other.path == file; });
      if (known) continue;
      if (const auto text = root.read(file, host::kMaxDropIn))
        image_input.files.push_back({file, *text});
    }
}

int print_refusals(const config::Configuration& configuration) {
  for (const config::Refusal& refusal : configuration.refusals)
    (void)print_error(refusal.where() + ": " +
                          (refusal.card.empty() ? "" : "[" + refusal.card + "]: ") + refusal.why,
                      refusal.remedy);
  return configuration.refusals.empty() ? kAllClaimed : kUsage;
}

// Checks in the order in which the user can fix what is missing. If this fails, the image would do
// nothing and is not written; `lacks_module` is set if it only lacks what one setting needs.
int read_image_input(const host::Root& root, const Options& options,
                     const config::Configuration& configuration, ImageInput& image_input,
                     bool& lacks_module) {
  auto program = read_own_program();
  if (!program) return print_error(describe(program.error()), "mount proc at /proc");
  if (!is_static(*program))
    return print_error("this vfio-early needs shared libraries, which an initramfs does not have",
                       "use the static program that `cmake --preset release` builds");
  image_input.program = std::move(*program);
  image_input.release = options.argument;

  const std::string directory = options.modules.empty()
                                    ? host::find_module_directory(root, options.argument)
                                    : options.modules;
  constexpr const char* kInstall =
      "install the modules of this kernel, or name their directory with --modules; `ls /lib/modules` lists the installed kernels";
  const auto wanted = image_modules(root, configuration, directory, ImageFor::kThisMachine);
  if (!wanted) return print_error("no image is written: " + describe(wanted.error()), kInstall);
  for (const std::string& name : wanted->wanted)
    (void)print_error(
        "the configuration needs the module " + name + ", which is not in " + directory,
        "install the module, or remove the setting that needs it");
  lacks_module = !wanted->wanted.empty();
  auto modules = initramfs::pick_modules(root, directory, options.argument, wanted->names);
  if (!modules) return print_error("no image is written: " + describe(modules.error()), kInstall);
  image_input.modules = std::move(*modules);
  add_configuration(root, options, configuration, image_input);
  add_module_options(root, image_input);
  return kAllClaimed;
}

void print_summary(const ImageInput& image_input, const std::string& file, size_t size) {
  std::vector<std::string> files;
  for (const auto& entry : image_input.files) files.push_back(entry.path);
  host::print(stdout, "%s: %zu KB, for the kernel %s. Files: %s. Modules: %s.\n\n", file.c_str(),
              size / 1024, image_input.release.c_str(), host::join(files, ", ").c_str(),
              host::join(image_input.modules.modules, ", ").c_str());
}

}  // namespace

std::string pack_image(const ImageInput& image_input) {
  const std::string small_root = kImageRoot;
  initramfs::Cpio cpio;
  cpio.file(kImageProgram, image_input.program, 0755);
  for (const char* mount_point : {"/proc", "/sys", "/run"})
    cpio.directory(small_root + mount_point);
  // Documentation/admin-guide/devices.txt. Two nodes do not need a mounted devtmpfs.
  cpio.character_device(small_root + "/dev/null", 1, 3);
  cpio.character_device(small_root + "/dev/kmsg", 1, 11);
  cpio.file(small_root + "/etc/initrd-release", "NAME=vfio-early\n");
  for (const ImageInput::File& file : image_input.files)
    cpio.file(small_root + file.path, file.text);
  for (const initramfs::ModuleTree::File& file : image_input.modules.files)
    cpio.file(small_root + modules_directory(image_input.release) + "/" + file.path, file.text);
  return std::move(cpio).finish();
}

int write_image(const host::Root& root, const Options& options) {
  const auto loader =
      options.loader.empty() ? host::find_boot_loader(root) : parse_boot_loader(options.loader);
  if (!loader)
    return print_error("unknown boot loader '" + options.loader + "'",
                       "set --loader to grub, systemd-boot, refind, uki, limine, nixos or other",
                       kUsage);
  if (options.output.empty())
    return print_error("image needs an output file",
                       "run `vfio-early image " + options.argument + " -o FILE`", kUsage);
  const auto configuration = config::read_configuration(root, options.config);
  const int mistakes = print_refusals(configuration);
  if (configuration.cards.empty())
    return print_error(
        "no image is written: no card is configured in " + options.config,
        "add a section (`vfio-early` prints one for each card); see vfio-early.conf(5)", kUsage);

  ImageInput image_input;
  bool lacks_module = false;
  if (const int failed = read_image_input(root, options, configuration, image_input, lacks_module))
    return failed;
  std::string image = pack_image(image_input);
  if (!is_loaded_first(*loader)) image = initramfs::stored_gzip(image);
  if (const auto done = host::replace_user_file(options.output, image, 0644); !done)
    return print_error(describe(done.error()), "choose a writable file on a disk with free space");
  print_summary(image_input, options.output, image.size());
  host::print(
      stdout, "%s",
      loading_instructions(*loader, host::has_secure_boot(root), options.output, options.argument)
          .c_str());
  host::print(
      stdout,
      "\nAdd rdinit= last: the kernel panics if it does not find /vfio-early. If that happens,\n"
      "remove rdinit= in the boot loader's editor. Write the image again after each change of the\n"
      "configuration or of the kernel.\n");
  return mistakes == kAllClaimed && lacks_module ? kNotAllClaimed : mistakes;
}

}  // namespace early
