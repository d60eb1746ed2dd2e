// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/image/inits.h"

#include <algorithm>

#include <fmt/format.h>

#include "host/text.h"
#include "initramfs/elf.h"
#include "verify/inspect/image/shipped_files.h"
#include "verify/inspect/shell/script.h"
#include "verify/inspect/shell/text.h"

namespace verify {
namespace {

void differs(const std::string& path, Startup& startup) {
  startup.undecided.push_back(
      {path + " differs from the file of this version of vfio-early", kUpdateFiles});
}

// For a file whose text is not kept: it is too large, or it is a link to such a file.
void unread(const std::string& path, Startup& startup) {
  startup.undecided.push_back({path + " cannot be read", kReinstall});
}

// Why init cannot read or run the file; "": it can.
std::string fault_of_file(const initramfs::ImageFile* file) {
  if (!file) return "is missing, or is a dangling link";
  if (!file->regular) return "is not a regular file";
  if (file->size == 0) return "is empty";
  return {};
}

bool is_program(const initramfs::ImageFile& file) {
  return file.regular &&
         initramfs::is_elf_of_this_processor(file.head, initramfs::ElfKind::kProgram);
}

}  // namespace

void judge_starter(const initramfs::ImageContents& image, const std::string& path,
                   std::string_view shipped, Startup& startup) {
  if (const std::string fault = fault_of_file(image.resolve(path)); !fault.empty())
    return startup.broken.push_back({path + " " + fault, kReinstall});
  const std::string text = image.text(path);
  if (text == shipped_text(shipped)) return;
  if (text.empty()) return unread(path, startup);
  bool called = true;
  for (const std::string_view command : {"gate", "bind"}) {
    if (calls(text, "vfio-early", command)) continue;
    called = false;
    startup.broken.push_back(
        {fmt::format("{} does not call vfio-early {}", path, command), kReinstall});
  }
  if (called) differs(path, startup);
}

void judge_companion(const initramfs::ImageContents& image, const std::string& path,
                     std::string_view shipped, Startup& startup) {
  if (const std::string fault = fault_of_file(image.resolve(path)); !fault.empty())
    return startup.undecided.push_back({path + " " + fault, kUpdateFiles});
  if (image.text(path) != shipped_text(shipped)) differs(path, startup);
}

std::string fault_of_script(const initramfs::ImageContents& image, const std::string& path) {
  const initramfs::ImageFile* file = image.resolve(path);
  if (std::string fault = fault_of_file(file); !fault.empty()) return fault;
  if ((file->permissions & 0111) == 0) return "is not executable";
  if (is_program(*file))
    return initramfs::is_truncated(file->head, file->size) ? "is truncated" : "";
  if (!file->head.starts_with("#!")) return "is neither a program for this processor nor a script";
  const std::string_view text = file->text.empty() ? file->head : file->text;
  const auto words = host::split(text.substr(2, text.find('\n') - 2));
  if (words.empty()) return "names no interpreter";
  const initramfs::ImageFile* interpreter = image.resolve(words.front());
  if (!interpreter || !is_program(*interpreter) || (interpreter->permissions & 0111) == 0)
    return fmt::format("cannot be run: its interpreter {} is not in the image", words.front());
  if (initramfs::is_truncated(interpreter->head, interpreter->size))
    return fmt::format("cannot be run: its interpreter {} is truncated", words.front());
  return {};
}

void judge_sourced_before(const initramfs::ImageContents& image, const std::string& path,
                          Startup& startup) {
  const initramfs::ImageFile* file = image.resolve(path);
  if (file && file->size > 0 && file->text.empty()) return unread(path, startup);
  if (may_end_shell(image.text(path)))
    startup.undecided.push_back(
        {path + " is sourced before vfio-early is started, and may end init's shell", kReinstall});
}

void judge_settings_before(const initramfs::ImageContents& image, const std::string& path,
                           Startup& startup) {
  judge_sourced_before(image, path, startup);
  const ShellScript script = parse_shell_script(image.text(path));
  if (!script.complete)
    startup.undecided.push_back({path + " has unknown shell syntax", kReinstall});
  if (std::any_of(script.commands.begin(), script.commands.end(),
                  [](const ShellCommand& command) { return !command.defines.empty(); }))
    startup.undecided.push_back(
        {path + " is sourced before vfio-early is started, and defines a function", kReinstall});
  if (loads_modules(image.text(path)))
    startup.before.push_back(
        {path + " is sourced before vfio-early is started, and loads drivers", kReinstall});
}

}  // namespace verify
