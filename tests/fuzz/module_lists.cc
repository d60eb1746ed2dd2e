// SPDX-License-Identifier: GPL-2.0-or-later
//
// The files of depmod and modprobe.d about a kernel's modules (tree.h): which modules an image
// needs, and their options. No module is loaded.
#include <algorithm>

#include "early/image_modules.h"
#include "host/module_aliases.h"
#include "host/module_options.h"
#include "initramfs/module_tree.h"
#include "tests/fuzz/samples.h"
#include "tests/fuzz/target.h"

namespace fuzz {
namespace {

constexpr const char* kRelease = "6.12.0-fake";

std::vector<std::string> samples() {
  Tree modules;
  for (const auto& [path, entry] : machine_tree())
    if (path.starts_with("/lib/modules/") || path.starts_with("/etc/modprobe.d/"))
      modules[path] = entry;
  Tree more = modules;
  more["/run/modprobe.d/vfio.conf"] = {false, "options vfio_pci hidden=1"};
  more["/etc/modprobe.d/b.conf"] = {false, "softdep vfio-pci pre: x\noptions vfio-pci a=b=c d\\"};
  more["/lib/modules/6.12.0-fake/kernel/core.ko.xz"].content =
      compressed(elf_module("core", "6.12.0-fake"), "zstd");
  return {tree_text(modules), tree_text(more)};
}

void parse(std::string_view bytes) {
  const host::Root root = make_tree(parse_tree(bytes));
  const std::string directory = early::modules_directory(kRelease);
  if (const auto aliases = host::ModuleAliases::read(root, kRelease))
    (void)aliases->modules_for("pci:v000010DEd00001B81sv00001458sd00003702bc03sc00i00");
  const auto line = host::CommandLine::parse("vfio_pci.ids=10de:1b81");
  const auto options = host::module_options(host::read_modprobe_lines(root), line, "vfio-pci");
  require(!options.empty() && options.back().where == "kernel command line");

  config::Configuration configuration;
  config::parse_configuration("[a]\nid = 10de:1b81\ndriver = auto\nframebuffer = force\n", "/x",
                              configuration);
  const auto image =
      early::image_modules(root, configuration, directory, early::ImageFor::kAnyMachine);
  if (!image) return;
  const auto tree = initramfs::pick_modules(root, directory, kRelease, image->names);
  if (!tree) return require(!tree.error().step.empty());
  for (const initramfs::ModuleTree::File& file : tree->files)
    require(!file.path.starts_with('/') && file.path.find("/../") == file.path.npos);
  for (const std::string& name : image->names)
    require(std::find(tree->modules.begin(), tree->modules.end(), name) != tree->modules.end());
}

const Target kTarget("module_lists", samples, parse);

}  // namespace
}  // namespace fuzz
