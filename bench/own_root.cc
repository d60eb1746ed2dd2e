// SPDX-License-Identifier: GPL-2.0-or-later
#include "bench/own_root.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>

#include <fmt/format.h>
#include <sys/utsname.h>

#include "bench/files.h"
#include "bench/guest/init_files.h"
#include "host/text.h"
#include "initramfs/cpio_writer.h"

namespace bench {
namespace {

namespace fs = std::filesystem;

// Where distributions install the kernel of a release: Debian and openSUSE, then Fedora and Arch.
constexpr const char* kKernels[] = {"/boot/vmlinuz-{}", "/usr/lib/modules/{}/vmlinuz",
                                    "/lib/modules/{}/vmlinuz"};

std::string running_release() {
  utsname name = {};
  ::uname(&name);
  return name.release;
}

std::string file_name(const std::string& path) {
  return fs::path(path).filename().string();
}

// The modules that mount a 9p share on virtio, and their dependencies.
host::Result<std::vector<std::string>> first_modules(const OwnRoot& own) {
  const auto root = host::Root::open();
  const auto modprobe = root ? host::find_program(*root, "modprobe") : root.error();
  if (!modprobe)
    return host::Error{0, host::describe(modprobe.error()) +
                              "; install kmod: modprobe lists the modules that the guest needs"};
  const auto listed = host::output_of(
      {.command = {*modprobe, "-C", "/dev/null", "-d", own.modules + "/../../..", "-S",
                   own.release(), "--show-depends", "-a", "virtio_pci", "9pnet_virtio", "9p"},
       .limit = std::chrono::seconds(30)});
  if (!listed)
    return host::Error{
        0,
        fmt::format(
            "the guest cannot read this machine's root: 9p, 9pnet_virtio or virtio_pci is missing in {}: {}",
            own.modules, host::describe(listed.error()))};
  return files_to_load(*listed);
}

host::Result<void> add_to_archive(initramfs::Cpio& archive, const std::string& from,
                                  const std::string& to) {
  const std::string content = read_file(from);
  if (content.empty()) return host::Error{errno, "read " + from};
  archive.file(to, content, 0755);
  return {};
}

}  // namespace

std::string OwnRoot::release() const {
  return file_name(modules);
}

host::Command OwnRoot::shares() const {
  host::Command arguments;
  const auto share = [&](const char* tag, const std::string& path) {
    // remap: the guest sees all file systems of the root as one, so their inode numbers must not
    // collide.
    arguments.insert(
        arguments.end(),
        {"-fsdev",
         fmt::format("local,id={},path={},security_model=none,readonly=on,multidevs=remap", tag,
                     path),
         "-device", fmt::format("virtio-9p-pci,fsdev={0},mount_tag={0}", tag)});
  };
  share(kRootTag, "/");
  share(kModulesTag, modules);
  return arguments;
}

host::Result<OwnRoot> find_own_root(const host::Root& root, OwnRoot wanted) {
  if (wanted.modules.empty()) wanted.modules = "/lib/modules/" + running_release();
  while (wanted.modules.ends_with('/')) wanted.modules.pop_back();
  if (!fs::exists(wanted.modules + "/modules.dep"))
    return host::Error{
        0,
        fmt::format(
            "{} does not contain the modules of a kernel; use --modules for their directory, and --kernel",
            wanted.modules)};
  wanted.modules = fs::canonical(wanted.modules).string();
  if (!wanted.kernel.empty()) return wanted;
  std::vector<std::string> tried;
  for (const char* location : kKernels) {
    wanted.kernel = fmt::format(fmt::runtime(location), wanted.release());
    if (root.exists(wanted.kernel)) return wanted;
    tried.push_back(wanted.kernel);
  }
  return host::Error{0, fmt::format("the kernel {} was not found at {}; name it with --kernel",
                                    wanted.release(), host::join(tried, ", "))};
}

std::vector<std::string> files_to_load(std::string_view text) {
  std::vector<std::string> files;
  for (const std::string_view line : host::split(text, "\n")) {
    const auto words =
        host::split(line);  // "insmod /lib/modules/…/9p.ko.xz ", "builtin virtio_pci"
    if (words.size() < 2 || words[0] != "insmod") continue;
    const std::string file(words[1]);
    if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
  }
  return files;
}

host::Result<void> write_initramfs(const OwnRoot& own, const std::string& init,
                                   const std::vector<Job>& jobs, const std::string& file) {
  const auto modules = first_modules(own);
  if (!modules) return modules.error();
  initramfs::Cpio archive;
  std::string list, job_list;
  for (const std::string& module : *modules) {
    const std::string location = "modules/" + file_name(module);
    if (const auto added_file = add_to_archive(archive, module, location); !added_file)
      return added_file.error();
    list += "/" + location + "\n";
  }
  for (const Job& job : jobs) {
    const std::string name = file_name(job.front());
    if (const auto added_file = add_to_archive(archive, job.front(), "jobs/" + name); !added_file)
      return added_file.error();
    job_list += name + "\t" + host::join({job.begin() + 1, job.end()}, "\t") + "\n";
  }
  if (const auto added_file = add_to_archive(archive, init, "init"); !added_file)
    return added_file.error();
  archive.file(kModuleList + 1, list);
  archive.file(kJobList + 1, job_list);
  archive.directory("dev");
  archive.character_device("dev/console", 5, 1);
  if (!write_file(file, std::move(archive).finish())) return host::Error{errno, "write " + file};
  return {};
}

}  // namespace bench
