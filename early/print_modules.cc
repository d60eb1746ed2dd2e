// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/print_modules.h"

#include <cstdio>

#include "early/image_modules.h"
#include "early/unpack_modules.h"
#include "host/module_directory.h"
#include "host/printable.h"
#include "host/running_kernel.h"

namespace early {
namespace {

// The running kernel's, if there is no argument.
std::string release_of(const host::Root& root, const Options& options) {
  return options.argument.empty() ? host::running_release(root) : options.argument;
}

void print_error(const std::string& why, const std::string& remedy) {
  host::print(stderr, "vfio-early: %s. Remedy: %s\n", why.c_str(), remedy.c_str());
}

}  // namespace

int print_modules(const host::Root& root, const Options& options) {
  const std::string release = release_of(root, options);
  const std::string directory =
      options.modules.empty() ? host::find_module_directory(root, release) : options.modules;
  const auto configuration = config::read_configuration(root, options.config);
  for (const config::Refusal& refusal : configuration.refusals)
    print_error(refusal.where() + ": " + (refusal.card.empty() ? "" : "[" + refusal.card + "]: ") +
                    refusal.why,
                refusal.remedy);
  const auto image =
      image_modules(root, configuration, directory,
                    options.generic ? ImageFor::kAnyMachine : ImageFor::kThisMachine);
  if (!image) {
    print_error("this initramfs keeps host drivers off the cards, but does not bind the cards: " +
                    describe(image.error()),
                "install all modules of this kernel, or name their directory with --modules");
    return kNotAllClaimed;
  }
  for (const std::string& name : image->names) host::print(stdout, "%s\n", name.c_str());
  for (const std::string& name : image->wanted)
    print_error("the configuration needs the module " + name + ", which is not in " + directory,
                "install the module, or remove the setting that needs it");
  if (!options.output.empty() && !image->names.empty())
    if (const auto done = unpack_modules(root, directory, release, image->names, options.output);
        !done) {
      print_error("the modules are not decompressed: " + describe(done.error()),
                  "choose a writable directory on a disk with free space");
      return kNotAllClaimed;
    }
  if (!configuration.refusals.empty()) return kUsage;
  return image->wanted.empty() ? kAllClaimed : kNotAllClaimed;
}

}  // namespace early
