// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/image/next_image.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "host/budget.h"
#include "host/text.h"
#include "verify/inspect/boot/entries.h"
#include "verify/inspect/boot/same_files.h"
#include "verify/inspect/boot/unified_image.h"
#include "verify/output/progress.h"

namespace verify {
namespace {

using Files = std::vector<std::string>;

constexpr const char* kNoCard = "no card is configured, so the next boot binds no card";
constexpr const char* kNameImageHint = "; to check one image, run: vfio-verify image FILE";

// kernel-install(8): in a directory named by the machine id or by the entry token.
void add_kernel_install_images(const host::Root& root, const std::string& release,
                               std::vector<std::string>& files) {
  for (const std::string partition : kBootPartitions)
    for (const std::string file : {"/etc/machine-id", "/etc/kernel/entry-token"})
      if (const std::string token = root.read_line(file); !token.empty())
        files.push_back(partition + "/" + token + "/" + release + "/initrd");
}

// Unified kernel images: "TOKEN-RELEASE.efi" (kernel-install), "arch-linux.efi" (mkinitcpio).
void add_unified(const host::Root& root, const std::string& release, const std::string& package,
                 std::vector<std::string>& files) {
  for (const std::string partition : kBootPartitions) {
    const std::string directory = partition + "/EFI/Linux";
    for (const std::string& name : root.list(directory).value_or({}))
      if (name.find(release) != name.npos ||
          (!package.empty() && name.ends_with("-" + package + ".efi")))
        files.push_back(directory + "/" + name);
  }
}

// A boot loader's path of an image is relative to its partition, so only the file name is used. It
// is searched for in the directory of `file`, then in those of kBootPartitions.
host::Result<std::string> find_image_file(const host::Root& root, const std::string& file,
                                          const std::string& name) {
  Files directories = {file.substr(0, file.rfind('/'))};
  directories.insert(directories.end(), std::begin(kBootPartitions), std::end(kBootPartitions));
  for (const std::string& directory : directories)
    if (root.exists(directory + "/" + name)) return directory + "/" + name;
  return host::Error{ENOENT, fmt::format("find {}, which a boot loader loads with {}", name, file)};
}

// Boot loaders pad each image to a multiple of four bytes (grub-core/loader/linux.c).
void append(std::string_view image, std::string& all) {
  all.resize((all.size() + 3) / 4 * 4);
  all += image;
}

// The paths of the images `names`; one of them is `file`.
host::Result<Files> find_all(const host::Root& root, const std::string& file, const Files& names) {
  Files files;
  for (const std::string& name : names) {
    if (matches_image(name, file)) {
      files.push_back(file);
      continue;
    }
    auto found = find_image_file(root, file, name);
    if (!found) return found.error();
    files.push_back(*found);
  }
  return files;
}

// Joins the images as a boot loader does. A unified image among several is omitted, since it has
// its own initramfs.
host::Result<std::string> read_all(const host::Root& root, const Files& files) {
  std::string all;
  for (const std::string& file : files) {
    const auto bytes = root.read(
        file, host::kImageBudget.packed - std::min(all.size(), host::kImageBudget.packed - 1));
    if (!bytes) return bytes.error();
    if (files.size() > 1 && is_unified_image(*bytes)) continue;
    append(*bytes, all);
  }
  return all;
}

}  // namespace

std::vector<Files> images_loaded_with(const BootConfiguration& boot, const std::string& file) {
  std::vector<Files> lists;
  for (const BootMenu& menu : boot.menus())
    for (const size_t i : menu.entries_for(file))
      if (const Files& images = menu.entries[i].images;
          std::find(lists.begin(), lists.end(), images) == lists.end())
        lists.push_back(images);
  return lists;
}

std::vector<std::string> images_of(const host::Root& root, const std::string& release) {
  // Arch names its images by the package: "linux-lts".
  const std::string package = root.read_line("/lib/modules/" + release + "/pkgbase");
  std::vector<std::string> files = {"/boot/initrd.img-" + release,
                                    "/boot/initramfs-" + release + ".img",
                                    "/boot/initrd-" + release};
  if (!package.empty()) files.push_back("/boot/initramfs-" + package + ".img");
  add_kernel_install_images(root, release, files);
  add_unified(root, release, package, files);
  std::erase_if(files, [&](const std::string& file) { return !root.exists(file); });
  // The entry token may equal the machine id.
  std::sort(files.begin(), files.end());
  files.erase(std::unique(files.begin(), files.end()), files.end());
  drop_duplicates(root, files);
  return files;
}

host::Result<std::string> read_with_others(const BootConfiguration& boot, const std::string& image,
                                           const config::Configuration& configuration,
                                           const std::string& configuration_file,
                                           const Facts& facts,
                                           const std::optional<host::Error>& unread_bus,
                                           const std::function<void(const ImageFacts&)>& visit) {
  std::vector<Files> lists = images_loaded_with(boot, image);
  if (lists.empty()) lists.push_back({std::string(host::file_name(image))});
  std::string described;
  for (const Files& names : lists) {
    const auto files = find_all(boot.root(), image, names);
    if (!files) return files.error();
    const std::string all = host::join(*files, ", ");
    const Progress step("reading the image " + all);
    const auto bytes = read_all(boot.root(), *files);
    if (!bytes) return bytes.error();
    described += (described.empty() ? "" : "; ") + all;
    visit(read_image_facts(boot, image, *bytes, configuration, configuration_file, facts,
                           unread_bus));
  }
  return described;
}

NextImage read_next_image(const BootConfiguration& boot, const config::Configuration& configuration,
                          const std::string& configuration_file, const Facts& facts,
                          const std::function<void(const ImageFacts&)>& visit) {
  const std::string& release = facts.machine.kernel_release;
  NextImage next;
  // Without a configured card, generators do not add vfio-early to an image.
  if (configuration.cards.empty()) return next.why = kNoCard, next;
  next.candidates = images_of(boot.root(), release);
  if (next.candidates.empty())
    next.why = "no image of the kernel " + release + " found in /boot" + kNameImageHint;
  if (next.candidates.size() > 1)
    next.why = "several images found, and it is unknown which one is started: " +
               host::join(next.candidates, ", ") + kNameImageHint;
  if (!next.why.empty()) return next;
  auto read = read_with_others(boot, next.candidates.front(), configuration, configuration_file,
                               facts, std::nullopt, visit);
  if (read)
    next.file = std::move(*read);
  else
    next.unreadable = read.error();
  return next;
}

}  // namespace verify
