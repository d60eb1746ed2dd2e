// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/capture/collect.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include <fmt/format.h>
#include <fnmatch.h>

#include "config/configuration.h"
#include "host/kernel_log.h"
#include "host/module_directory.h"
#include "host/pci_function.h"
#include "host/running_kernel.h"
#include "host/text.h"
#include "host/walk.h"
#include "record/record.h"
#include "verify/capture/file_names.h"
#include "verify/capture/firmware_descriptor.h"
#include "verify/capture/log_lines.h"
#include "verify/capture/own_files.h"
#include "verify/capture/serials.h"
#include "verify/capture/sources.h"
#include "verify/capture/system_files.h"

namespace verify::capture {
namespace {

constexpr size_t kMaxFile = size_t{64} << 20;

class Collector {
 public:
  Collector(const host::Root& root, Anonymiser& anonymiser)
      : root_(root), anonymiser_(anonymiser), log_(host::read_kernel_log(root)) {}

  // The first pass: finds the secrets.
  void learn() {
    const std::string name = root_.read_line("/proc/sys/kernel/hostname");
    anonymiser_.hide(name, "hostname");
    anonymiser_.hide(name.substr(0, name.find('.')), "hostname");
    anonymiser_.hide(root_.read_line("/proc/sys/kernel/domainname"), "hostname");
    anonymiser_.hide(root_.read_line("/etc/machine-id"), "machine-id");
    for (const host::PciFunction& function :
         host::read_pci_functions(root_).value_or(std::vector<host::PciFunction>()))
      anonymiser_.keep_driver(function.driver);
    for (const char* serial : {"board_serial", "chassis_serial", "product_serial", "product_uuid",
                               "board_asset_tag", "chassis_asset_tag"})
      anonymiser_.hide(root_.read_line(std::string("/sys/class/dmi/id/") + serial), serial);
    for (const Source& source : sources())
      if (source.learn)
        for (const std::string& path : expand(source.pattern)) {
          const std::string text = root_.read(path, kMaxFile).value_or("");
          source.learn(text, anonymiser_);
          anonymiser_.learn(text);
        }
    anonymiser_.learn(root_.read(record::kRecordFile, kMaxFile).value_or(""));
    if (log_)
      for (const host::LogLine& line : *log_) anonymiser_.learn(line.text);
  }

  Collection take() {
    name_files();
    for (const Source& source : sources())
      for (const std::string& path : expand(source.pattern)) take(path, source);
    take_aliases();
    take_log();
    take_record();
    return std::move(collection_);
  }

 private:
  void name_files() {
    names_.add_group(root_, {"/etc/vfio-early.conf.d"}, anonymiser_);
    names_.add_group(root_, {"/boot/loader/entries", "/efi/loader/entries"}, anonymiser_);
    names_.add_group(root_, {"/etc/qemu/firmware", "/usr/share/qemu/firmware"}, anonymiser_);
    names_.add_group(root_,
                     {"/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d",
                      "/usr/lib/modprobe.d", "/lib/modprobe.d"},
                     anonymiser_, [&](const std::string& path) {
                       return !kept_modprobe(root_.read(path).value_or(""), anonymiser_).empty();
                     });
  }

  void take(const std::string& path, const Source& source) {
    using enum Source::Kind;
    if (names_.kept(path).empty()) return;
    if (source.kind == kLink) return take_link(path);
    if (source.kind == kEmptyDirectory) return add(path, {Entry::Kind::kDirectory, ""});
    if (source.kind == kEmptyFile) return add(path, {Entry::Kind::kFile, ""});
    if (source.kind == kConfigSpace && is_in_d3cold(path))
      return collection_.unreadable.push_back(path + ": the function sleeps, and is not woken");
    const auto bytes = root_.read(path, kMaxFile);
    if (!bytes) return note_unreadable(bytes.error());
    if (source.kind == kFirmware) return take_firmware(path, *bytes);
    if (source.kind == kConfigSpace)
      return add(path, {Entry::Kind::kFile, without_serials(*bytes, anonymiser_)});
    add(path, {Entry::Kind::kFile, source.keep ? source.keep(*bytes, anonymiser_) : *bytes});
  }

  // Not an error: a pattern may match a directory, and a file may be missing.
  void note_unreadable(const host::Error& error) {
    if (error.code != EISDIR && error.code != ENOENT)
      collection_.unreadable.push_back(anonymiser_.text(host::describe(error)));
  }

  void take_firmware(const std::string& path, const std::string& text) {
    const FirmwareDescriptor descriptor = kept_firmware(text, anonymiser_);
    add(path, {Entry::Kind::kFile, descriptor.text});
    if (!descriptor.image.empty() && root_.exists(descriptor.image))
      add(descriptor.kept_image, {Entry::Kind::kFile, ""});
  }

  void take_aliases() {
    const std::string release = host::running_release(root_);
    const auto text =
        root_.read(host::find_module_directory(root_, release) + "/modules.alias", kMaxFile);
    if (!text) return note_unreadable(text.error());
    // Wherever the machine has it: programs look there first.
    add("/lib/modules/" + kept_release(release, anonymiser_) + "/modules.alias",
        {Entry::Kind::kFile, kept_aliases(*text, anonymiser_)});
  }

  void take_log() {
    if (!log_) return collection_.unreadable.push_back(host::describe(log_.error()));
    std::string text;
    for (const host::LogLine& line : *log_)
      text += fmt::format("6,{},{},-;{}\n", line.sequence, line.microseconds,
                          anonymiser_.text(kept_log_line(line.text, anonymiser_)));
    add("/dev/kmsg", {Entry::Kind::kFile, text});
  }

  // The record contains the hash of the configuration, which must have been taken before.
  void take_record() {
    const auto text = root_.read(record::kRecordFile, kMaxFile);
    if (!text) return note_unreadable(text.error());
    const auto record = record::record_from_json(*text);
    const std::string hash = record ? record->configuration_hash : "";
    const auto configuration = config::read_configuration(root_, config::kConfigurationFile);
    const std::string now = config::hash_text(configuration.hash);
    const std::string kept = hash == now    ? hash_of_kept(configuration)
                             : hash.empty() ? ""
                                            : std::string(now.size(), '0');
    add(record::kRecordFile, {Entry::Kind::kFile, kept_record(*text, kept, anonymiser_)});
  }

  // The hash of the configuration as the capture keeps it.
  std::string hash_of_kept(const config::Configuration& configuration) const {
    const auto text_of = [&](const std::string& path) {
      const auto entry = collection_.entries.find(names_.kept(path));
      return entry == collection_.entries.end() ? std::string() : entry->second.content;
    };
    config::Configuration kept;
    for (const std::string& file : configuration.files)
      if (file.starts_with('/')) config::parse_configuration(text_of(file), file, kept);
    config::parse_command_line(host::CommandLine::parse(text_of("/proc/cmdline")), kept);
    return config::hash_text(kept.hash);
  }

  // The firmware chooses the names of slots, and a driver the names of mediated device types: only
  // known words of them are kept.
  std::string without_chosen_names(const std::string& path) {
    for (const std::string_view before : {"/sys/bus/pci/slots/", "/mdev_supported_types/"}) {
      const size_t found = path.find(before);
      if (found == path.npos) continue;
      const size_t start = found + before.size(),
                   end = std::min(path.find('/', start), path.size());
      return path.substr(0, start) + kept_name(path.substr(start, end - start), anonymiser_) +
             path.substr(end);
    }
    return path;
  }

  // Below /sys, an entry is added at its path with all links resolved. Elsewhere it keeps its path:
  // the target of a link there may have a name that a user chose.
  void add(const std::string& path, Entry entry) {
    const std::string kept =
        path.starts_with("/sys/") ? without_chosen_names(resolved_path(path)) : names_.kept(path);
    collection_.entries.insert_or_assign(kept, std::move(entry));
  }

  void take_link(const std::string& path) {
    const std::string target = root_.link_target(path);
    if (target.empty()) return;
    const std::string resolved =
        resolved_path(path.substr(0, path.rfind('/'))) + path.substr(path.rfind('/'));
    collection_.entries[resolved] = {Entry::Kind::kLink, target};
    if (const std::string end = resolved_path(path); root_.exists(end))
      collection_.entries.try_emplace(end, Entry{Entry::Kind::kDirectory, ""});
  }

  // Reading the configuration space would wake a function in D3cold.
  bool is_in_d3cold(const std::string& config) const {
    return root_.read_line(config.substr(0, config.rfind('/')) + "/power_state") == "D3cold";
  }

  // Resolves all links in `path`, and adds each of them to the collection.
  std::string resolved_path(const std::string& path, int links = 0) {
    if (path.empty()) return "";
    const size_t slash = path.rfind('/');
    const std::string name = path.substr(slash + 1);
    std::string parent = resolved_path(path.substr(0, slash), links);
    if (name == "." || name.empty()) return parent;
    if (name == "..") return parent.substr(0, parent.rfind('/'));
    const std::string here = parent + "/" + name;
    const auto known = resolved_.find(here);
    if (known != resolved_.end()) return known->second;
    const std::string target = links < host::kMaxLinks ? root_.link_target(here) : "";
    if (target.empty()) return resolved_[here] = here;
    collection_.entries[here] = {Entry::Kind::kLink, target};
    const std::string end =
        resolved_path(target.front() == '/' ? target : parent + "/" + target, links + 1);
    return resolved_[here] = end;
  }

  // The existing paths that match `pattern`. A wildcard matches within one part of a path.
  std::vector<std::string> expand(std::string_view pattern) const {
    std::vector<std::string> found = {""};
    for (const std::string_view part : host::split(pattern, "/")) {
      std::vector<std::string> next;
      for (const std::string& directory : found) {
        if (part.find_first_of("*?") == part.npos) {
          next.push_back(directory + "/" + std::string(part));
          continue;
        }
        for (const std::string& name : root_.list(directory).value_or({}))
          if (::fnmatch(std::string(part).c_str(), name.c_str(), 0) == 0)
            next.push_back(directory + "/" + name);
      }
      found = std::move(next);
    }
    std::erase_if(found, [&](const std::string& path) {
      return root_.link_target(path).empty() && !root_.exists(path);
    });
    return found;
  }

  const host::Root& root_;
  Anonymiser& anonymiser_;
  host::Result<std::vector<host::LogLine>> log_;
  FileNames names_;
  Collection collection_;
  std::map<std::string, std::string> resolved_;
};

}  // namespace

Collection collect(const host::Root& root, Anonymiser& anonymiser) {
  Collector collector(root, anonymiser);
  collector.learn();
  return collector.take();
}

}  // namespace verify::capture
