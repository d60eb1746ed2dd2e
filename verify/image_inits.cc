// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/image_inits.h"

#include <algorithm>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/elf.h"
#include "verify/shell_script.h"
#include "verify/shell_text.h"
#include "verify/shipped_files.h"

namespace verify {
namespace {

void differs(const std::string& path, Wiring& wiring) {
  wiring.undecided.push_back(
      {path + " differs from the file of this version of vfio-early", kOfAnotherVersion});
}

// For a file whose text is not kept: it is too large, or it is a link to such a file.
void unread(const std::string& path, Wiring& wiring) {
  wiring.undecided.push_back({path + " cannot be read", kReinstall});
}

// Why init cannot read or run the file; "": it can.
std::string fault_of_file(const ImageFile* file) {
  if (!file) return "is missing, or is a dangling link";
  if (!file->regular) return "is not a regular file";
  if (file->size == 0) return "is empty";
  return {};
}

bool is_program(const ImageFile& file) {
  return file.regular && is_elf_of_this_processor(file.head, ElfKind::kProgram);
}

}  // namespace

void judge_starter(const ImageContents& image, const std::string& path, std::string_view shipped,
                   Wiring& wiring) {
  if (const std::string fault = fault_of_file(image.resolve(path)); !fault.empty())
    return wiring.broken.push_back({path + " " + fault, kReinstall});
  const std::string text = image.text(path);
  if (text == shipped_text(shipped)) return;
  if (text.empty()) return unread(path, wiring);
  bool called = true;
  for (const std::string_view command : {"gate", "bind"}) {
    if (calls(text, "vfio-early", command)) continue;
    called = false;
    wiring.broken.push_back(
        {fmt::format("{} does not call vfio-early {}", path, command), kReinstall});
  }
  if (called) differs(path, wiring);
}

void judge_companion(const ImageContents& image, const std::string& path, std::string_view shipped,
                     Wiring& wiring) {
  if (const std::string fault = fault_of_file(image.resolve(path)); !fault.empty())
    return wiring.undecided.push_back({path + " " + fault, kOfAnotherVersion});
  if (image.text(path) != shipped_text(shipped)) differs(path, wiring);
}

std::string fault_of_script(const ImageContents& image, const std::string& path) {
  const ImageFile* file = image.resolve(path);
  if (std::string fault = fault_of_file(file); !fault.empty()) return fault;
  if ((file->permissions & 0111) == 0) return "is not executable";
  if (is_program(*file)) return is_cut_off(file->head, file->size) ? "is truncated" : "";
  if (!file->head.starts_with("#!")) return "is neither a program for this processor nor a script";
  const std::string_view text = file->text.empty() ? file->head : file->text;
  const auto words = host::split(text.substr(2, text.find('\n') - 2));
  if (words.empty()) return "names no interpreter";
  const ImageFile* interpreter = image.resolve(words.front());
  if (!interpreter || !is_program(*interpreter) || (interpreter->permissions & 0111) == 0)
    return fmt::format("cannot be run: its interpreter {} is not in the image", words.front());
  if (is_cut_off(interpreter->head, interpreter->size))
    return fmt::format("cannot be run: its interpreter {} is truncated", words.front());
  return {};
}

void judge_sourced_before(const ImageContents& image, const std::string& path, Wiring& wiring) {
  const ImageFile* file = image.resolve(path);
  if (file && file->size > 0 && file->text.empty()) return unread(path, wiring);
  if (may_end_shell(image.text(path)))
    wiring.undecided.push_back(
        {path + " is sourced before vfio-early is started, and may end init's shell", kReinstall});
}

void judge_settings_before(const ImageContents& image, const std::string& path, Wiring& wiring) {
  judge_sourced_before(image, path, wiring);
  const ShellScript script = parse_shell_script(image.text(path));
  if (!script.complete)
    wiring.undecided.push_back({path + " has unknown shell syntax", kReinstall});
  if (std::any_of(script.commands.begin(), script.commands.end(),
                  [](const ShellCommand& command) { return !command.defines.empty(); }))
    wiring.undecided.push_back(
        {path + " is sourced before vfio-early is started, and defines a function", kReinstall});
  if (loads_modules(image.text(path)))
    wiring.before.push_back(
        {path + " is sourced before vfio-early is started, and loads drivers", kReinstall});
}

}  // namespace verify
