// SPDX-License-Identifier: GPL-2.0-or-later
//
// boot_menus() of entries.h: finds and reads the files of boot menus.
#include <algorithm>
#include <cerrno>
#include <iterator>

#include "host/efi_variable.h"
#include "host/text.h"
#include "verify/inspect/boot/entries.h"
#include "verify/inspect/boot/loader_entries.h"
#include "verify/inspect/boot/same_files.h"
#include "verify/inspect/boot/unified_image.h"

namespace verify {
namespace {

using Paths = std::vector<std::string>;

Paths with(Paths some, const Paths& more) {
  some.insert(some.end(), more.begin(), more.end());
  return some;
}

// The boot partitions, each once.
Paths boot_partitions(const host::Root& root) {
  Paths partitions(std::begin(kBootPartitions), std::end(kBootPartitions));
  drop_duplicates(root, partitions);
  return partitions;
}

// The directories in TOP/EFI: debian, fedora, refind, …
Paths vendors_of(BootFiles& files, const Paths& partitions) {
  Paths directories;
  for (const std::string& partition : partitions)
    for (const std::string& name : files.names_in(partition + "/EFI"))
      directories.push_back(partition + "/EFI/" + name);
  return directories;
}

// Removes entries without a kernel file, which systemd-boot ignores. If the files of all entries
// are missing, the partition is not in this tree, and all entries are kept.
void drop_without_kernel(std::vector<LoaderEntry>& entries) {
  const auto has_kernel = [](const LoaderEntry& entry) { return entry.has_kernel == true; };
  if (std::any_of(entries.begin(), entries.end(), has_kernel))
    std::erase_if(entries, [](const LoaderEntry& entry) { return entry.has_kernel == false; });
}

class MenuReader {
 public:
  explicit MenuReader(BootFiles& files)
      : files_(files),
        partitions_(boot_partitions(files.root())),
        vendors_(vendors_of(files, partitions_)) {}

  std::vector<BootMenu> read() {
    read_grub_environments();
    std::vector<LoaderEntry> entries = loader_entries();
    read_grub_menus(entries);
    drop_without_kernel(entries);
    if (!grub_lists_ || !loader_configurations().empty())
      add(loader_menu(std::move(entries), loader_defaults()));
    add(files_named(partitions_, {"refind_linux.conf"}), parse_refind_linux);
    add(files_named(vendors_, {"refind.conf"}), parse_refind);
    add(files_named(with({"/boot", "/boot/extlinux", "/boot/syslinux"}, vendors_),
                    {"extlinux.conf", "syslinux.cfg"}),
        parse_syslinux);
    add(files_named(with(with({"/boot/limine"}, partitions_), vendors_),
                    {"limine.conf", "limine.cfg"}),
        parse_limine);
    std::erase_if(menus_, [](const BootMenu& menu) { return menu.entries.empty(); });
    return std::move(menus_);
  }

  Paths grub_menus() const { return files_named(grub_directories(), {"grub.cfg"}); }

 private:
  Paths grub_directories() const { return with({"/boot/grub", "/boot/grub2"}, vendors_); }

  // The files of each directory that have one of the names.
  Paths files_named(const Paths& directories, std::initializer_list<const char*> names) const {
    Paths files;
    for (const std::string& directory : directories)
      for (const char* name : names)
        if (files_.meter().in_time() && files_.exists(directory + "/" + name))
          files.push_back(directory + "/" + name);
    drop_duplicates(files_.root(), files);
    return files;
  }

  // Counts the menu's memory. Once the limit is exceeded, no further file is read.
  void add(BootMenu menu) {
    (void)files_.meter().unpack(menu.bytes);
    menus_.push_back(std::move(menu));
  }

  template <class Parse>
  void add(const Paths& files, const Parse& parse) {
    for (const std::string& file : files)
      if (const auto text = files_.text_of(file)) add(parse(file, *text));
  }

  // grub-editenv(1): NAME=VALUE lines.
  void read_grub_environments() {
    for (const std::string& file : files_named(grub_directories(), {"grubenv"})) {
      const auto text = files_.text_of(file);
      environment_read_ = environment_read_ && text;
      for (const std::string_view line : host::split(text ? *text : std::string_view(), "\n"))
        if (const size_t equals = line.find('='); !line.starts_with('#') && equals != line.npos)
          environment_[std::string(line.substr(0, equals))] = line.substr(equals + 1);
    }
    // openSUSE's GRUB saves variables in such a block outside of the file system.
    if (environment_.contains("env_block")) environment_read_ = false;
  }

  void read_grub_menus(std::vector<LoaderEntry> entries) {
    sort_loader_entries(entries);
    std::vector<BootEntry> listed;
    for (LoaderEntry& entry : entries) listed.push_back(std::move(entry.boot));
    std::erase_if(listed, [](const BootEntry& entry) { return entry.kernel.empty(); });
    add(grub_menus(), [&](const std::string& file, std::string text) {
      // grub-mkconfig's 41_custom.
      text += "\n" + files_.text_of(file.substr(0, file.rfind('/')) + "/custom.cfg").value_or("");
      for (const std::string_view line : host::split(text, "\n"))
        grub_lists_ = grub_lists_ || host::trim(line) == "blscfg";
      BootMenu menu = parse_grub(file, text, environment_, listed);
      if (!environment_read_) menu.mark_all_as_default();
      return menu;
    });
  }

  // systemd-boot shows the entries of both its partitions in one menu.
  std::vector<LoaderEntry> loader_entries() {
    std::vector<LoaderEntry> entries;
    for (const std::string& partition : partitions_) {
      for (const std::string& file : files_of_fat(partition + "/loader/entries", ".conf"))
        if (const auto text = files_.text_of(file))
          if (auto entry = parse_loader_entry(file, *text)) {
            if (const std::string& kernel = entry->boot.kernel;
                !kernel.empty() && kernel.find('$') == kernel.npos)
              entry->has_kernel = files_.root().exists(partition + "/" + kernel);
            entries.push_back(std::move(*entry));
          }
      for (const std::string& file : files_of_fat(partition + "/EFI/Linux", ".efi"))
        if (files_.meter().enter(file))
          entries.push_back(
              unified_loader_entry(file, read_section(files_.root(), file, ".osrel")));
    }
    return entries;
  }

  // Names on a FAT file system are not case-sensitive.
  Paths files_of_fat(const std::string& directory, std::string_view ending) {
    Paths files;
    for (const std::string& name : files_.names_in(directory))
      if (host::lower(name).ends_with(ending)) files.push_back(directory + "/" + name);
    return files;
  }

  Paths loader_configurations() const {
    Paths directories;
    for (const std::string& partition : partitions_) directories.push_back(partition + "/loader");
    return files_named(directories, {"loader.conf"});
  }

  LoaderDefaults loader_defaults() {
    LoaderDefaults defaults;
    for (const std::string& file : loader_configurations())
      parse_loader_conf(files_.text_of(file).value_or(""), defaults);
    const auto variables = host::EfiVariables::at_mount(files_.root());
    defaults.unknown =
        !variables && (is_saved(defaults.configured) || host::is_efi_boot(files_.root()));
    const auto read = [&](const std::string& name) -> std::string {
      if (!variables) return {};
      auto value = variables->read(name + "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f");
      if (!value) {
        defaults.unknown = defaults.unknown || value.error().code != ENOENT;
        return {};
      }
      std::erase(*value, '\0');  // UTF-16
      return *value;
    };
    defaults.one_shot = read("LoaderEntryOneShot");
    defaults.variable = read("LoaderEntryDefault");
    defaults.last_booted = read("LoaderEntryLastBooted");
    if (const std::string preferred = read("LoaderEntryPreferred"); !preferred.empty())
      defaults.preferred = preferred;
    return defaults;
  }

  BootFiles& files_;
  Paths partitions_, vendors_;
  ShellSettings environment_;  // GRUB's
  bool environment_read_ = true;
  bool grub_lists_ = false;  // GRUB shows the entries of the Boot Loader Specification
  std::vector<BootMenu> menus_;
};

}  // namespace

std::vector<BootMenu> boot_menus(BootFiles& files) {
  return MenuReader(files).read();
}

bool has_grub_menu(BootFiles& files) {
  return !MenuReader(files).grub_menus().empty();
}

}  // namespace verify
