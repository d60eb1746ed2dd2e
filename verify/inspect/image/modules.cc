// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/image/modules.h"

#include <algorithm>
#include <cstdint>

#include "host/alias.h"
#include "host/module_directory.h"
#include "host/module_options.h"
#include "host/text.h"
#include "initramfs/decoder.h"
#include "initramfs/elf.h"
#include "initramfs/module_file.h"
#include "initramfs/module_lists.h"

namespace verify {
namespace {

// "none" for x.ko, "xz" for x.ko.xz.
std::string compression_of_module(std::string_view path) {
  for (const auto& [ending, name] :
       {std::pair(".ko.xz", "xz"), {".ko.gz", "gzip"}, {".ko.zst", "zstd"}})
    if (path.ends_with(ending)) return name;
  return "none";
}

bool is_module(std::string_view path) {
  return path.ends_with(".ko") || compression_of_module(path) != "none";
}

// Why the kernel would not load the file; "": no fault found.
std::string fault_of_file(const initramfs::ImageFile* file, const std::string& path,
                          const std::string& release, host::Meter& meter) {
  if (!file) return "is a dangling link";
  if (!file->regular) return "is not a regular file";
  if (file->size == 0) return "is empty";
  const std::string compression = compression_of_module(path);
  if (file->text.empty())
    return compression != "none" ||
                   initramfs::is_elf_of_this_processor(file->head, initramfs::ElfKind::kModule)
               ? ""
               : "is not a module for this processor";
  const auto module = initramfs::unpack(file->text, compression, meter.budget().text, meter);
  if (!module) return "cannot be unpacked by the kernel";
  return initramfs::fault_of_module(*module, host::module_of(path), release);
}

// The checks of modules.dep.bin by index_file_open() and index_readroot() in
// libkmod/libkmod-index.c. Without this file libkmod finds no module by its name: it does not read
// modules.dep. depmod writes the root node last, so a file that is cut off does not have it.
std::string fault_of_index(const initramfs::ImageFile* file) {
  constexpr uint32_t kMagic = 0xB007F457, kMajorVersion = 2, kOffset = 0x0FFFFFFF;
  if (!file || !file->regular) return "is missing";
  if (file->size == 0) return "is empty";
  const auto field = [&](size_t at) {
    uint32_t value = 0;
    for (size_t i = at; i < at + 4; ++i)
      value = value << 8 | static_cast<unsigned char>(i < file->head.size() ? file->head[i] : 0);
    return value;
  };
  if (field(0) != kMagic || field(4) >> 16 != kMajorVersion) return "is not an index of libkmod";
  const uint32_t root = field(8) & kOffset;
  return root == 0 || root >= file->size ? "is damaged" : "";
}

// If several files are for one module, one valid file is enough.
void add_files(const initramfs::ImageContents& image, const std::string& directory,
               ImageKernel& kernel, host::Meter& meter) {
  const auto path = image.real_path(directory);
  if (!path) return;
  const std::string start = *path + "/";
  for (auto at = image.files.lower_bound(start);
       at != image.files.end() && at->first.starts_with(start); ++at) {
    if (!is_module(at->first)) continue;
    if (!meter.in_time()) return;
    const std::string name = host::module_of(at->first);
    const initramfs::ImageFile* file = image.resolve(at->first);
    const std::string fault = fault_of_file(file, at->first, kernel.release, meter);
    std::string& known = kernel.modules.emplace(name, fault).first->second;
    if (!fault.empty() && meter.exceeded_limit().empty()) continue;
    known.clear();
    if (!meter.exceeded_limit().empty())
      kernel.unread[name] = meter.exceeded_limit();
    else if (file->text.empty())
      kernel.unread[name] = "its content was not read";
  }
}

void add_module_lists(const initramfs::ModuleLists& lists, ImageKernel& kernel) {
  for (const auto& [name, module] : lists.modules) {
    auto& depends = kernel.depends[name];
    for (const std::string& dependency : module.depends)
      depends.push_back(host::module_of(dependency));
  }
  kernel.built_in.insert(lists.built_in.begin(), lists.built_in.end());
}

// modules.builtin.modinfo has entries like "virtio_pci.alias=pci:v00001AF4…", separated by NULs.
// False: out of time.
bool add_drivers(std::string_view info, const std::set<std::string>& modaliases,
                 ImageKernel& kernel, host::Meter& meter) {
  constexpr std::string_view kAlias = ".alias=pci:";
  while (!info.empty()) {
    const std::string_view entry = info.substr(0, info.find('\0'));
    info.remove_prefix(std::min(entry.size() + 1, info.size()));
    const size_t alias = entry.find(kAlias);
    if (alias == entry.npos) continue;
    if (!meter.in_time()) return false;
    const std::string_view pattern = entry.substr(alias + sizeof(".alias=") - 1);
    for (const std::string& modalias : modaliases)
      if (host::matches_pattern(pattern, modalias))
        kernel.built_in_drivers.try_emplace(modalias, entry.substr(0, alias));
  }
  return true;
}

}  // namespace

ImageKernel inspect_kernel(const host::Root& root, const initramfs::ImageContents& image,
                           const std::string& directory, const std::string& release,
                           const std::set<std::string>& modaliases, host::Meter& meter) {
  const auto list = [&](const char* name) {
    const std::string text = image.text(directory + "/" + name);
    return text.empty() ? root.read(host::find_module_directory(root, release) + "/" + name,
                                    initramfs::kMaxModuleList)
                              .value_or("")
                        : text;
  };
  ImageKernel kernel{.release = release};
  add_files(image, directory, kernel, meter);
  kernel.index_fault = fault_of_index(image.resolve(directory + "/modules.dep.bin"));
  add_module_lists(initramfs::parse_module_lists(
                       {.dep = list("modules.dep"), .built_in = list("modules.builtin")}),
                   kernel);
  const std::string info = list("modules.builtin.modinfo");
  kernel.has_aliases = add_drivers(info, modaliases, kernel, meter) && !info.empty();
  return kernel;
}

std::vector<std::string> wanted_modules(const config::Configuration& configuration,
                                        const ImageKernel& kernel) {
  std::vector<std::string> wanted = {"vfio_pci"};
  // A kernel with only iommufd does not have type1, so type1 is not needed there.
  if (kernel.depends.contains("vfio_iommu_type1")) wanted.emplace_back("vfio_iommu_type1");
  for (const config::Card& card : configuration.cards) {
    if (card.handling.framebuffer == config::Framebuffer::kForce) wanted.emplace_back("vmwgfx");
    if (card.healthy_when != config::Healthy::kNotSet) wanted.emplace_back("efivarfs");
    for (const std::string& module : card.handling.modules)
      wanted.push_back(host::underscored(module));
  }
  return wanted;
}

// In all kernels so far, the names of variant drivers end with "_vfio_pci": "mlx5_vfio_pci". Which
// of them modules.alias selects is not evaluated here.
std::vector<std::string> variant_modules(const config::Configuration& configuration,
                                         const ImageKernel& kernel) {
  std::set<std::string> variants;
  for (const config::Card& card : configuration.cards)
    for (const auto& [name, fault] : kernel.modules)
      if (name == host::underscored(card.handling.driver) ||
          (card.handling.driver == config::kAutoDriver && name.ends_with("_vfio_pci")))
        variants.insert(name);
  return {variants.begin(), variants.end()};
}

std::vector<std::string> with_dependencies(const ImageKernel& kernel,
                                           std::vector<std::string> names) {
  std::vector<std::string> all;
  std::set<std::string> known;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!known.insert(names[i]).second) continue;
    all.push_back(names[i]);
    if (const auto depends = kernel.depends.find(names[i]); depends != kernel.depends.end())
      names.insert(names.end(), depends->second.begin(), depends->second.end());
  }
  return all;
}

}  // namespace verify
