// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/capture/boot_files.h"

#include <functional>
#include <vector>

#include "host/text.h"
#include "verify/capture/parameters.h"

namespace verify::capture {
namespace {

// Joins lines that end with a backslash, as a shell does.
std::string joined(std::string_view text) {
  std::string whole;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at).starts_with("\\\n"))
      ++at;
    else
      whole += text[at];
  }
  return whole;
}

std::string with_quotes(std::string_view text, bool escaped) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    if (escaped && text[at] == '"') out += '\\';
    if (!escaped && text.substr(at).starts_with("\\\"")) continue;
    out += text[at];
  }
  return out;
}

// The name and the unquoted value of a line like GRUB_CMDLINE_LINUX_DEFAULT="quiet".
struct Assignment {
  std::string name;
  std::string value;
};

std::vector<Assignment> assignments_in(std::string_view text) {
  std::vector<Assignment> found;
  for (const std::string_view raw : host::split(text, "\n")) {
    const std::string_view line = host::trim(raw);
    const size_t equals = line.find('=');
    if (!line.starts_with("GRUB_CMDLINE_") || equals == line.npos) continue;
    const std::string_view name = line.substr(0, equals);
    if (name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_+") != name.npos) continue;
    std::string_view value = line.substr(equals + 1);
    const char quote = value.empty() ? '\0' : value.front();
    const bool quotes = quote == '"' || quote == '\'';
    if (quotes) value.remove_prefix(1);
    size_t end = 0;
    while (end < value.size() && value[end] != (quotes ? quote : '#') &&
           (quotes || value[end] != ' '))
      end += quote == '"' && value[end] == '\\' ? 2 : 1;
    value = value.substr(0, end);
    found.push_back(
        {std::string(name), quote == '"' ? with_quotes(value, false) : std::string(value)});
  }
  return found;
}

// Calls `read` for the value of each "options" line.
void for_each_options(std::string_view text, const std::function<void(std::string_view)>& read) {
  for (const std::string_view raw : host::split(text, "\n")) {
    const std::string_view line = host::trim(raw);
    const size_t end = line.find_first_of(" \t");
    if (line.substr(0, end) == "options" && end != line.npos) read(line.substr(end));
  }
}

bool is_comment(std::string_view line) {
  return host::trim(line).starts_with('#');
}

}  // namespace

std::string kept_command_line(std::string_view text, Anonymiser& anonymiser) {
  std::string kept;
  for (const std::string_view line : host::split(text, "\n"))
    if (!is_comment(line)) kept += kept_parameters(line, anonymiser) + "\n";
  return anonymiser.text(kept);
}

std::string kept_grub(std::string_view text, Anonymiser& anonymiser) {
  std::string kept;
  for (const auto& [name, value] : assignments_in(joined(text)))
    kept +=
        std::string(name) + "=\"" + with_quotes(kept_parameters(value, anonymiser), true) + "\"\n";
  return anonymiser.text(kept);
}

// The keys "linux", "uki" and "efi" are kept, without their paths: a boot loader ignores an entry
// that has none of them.
std::string kept_boot_entry(std::string_view text, Anonymiser& anonymiser) {
  std::string kept;
  for (const std::string_view line : host::split(text, "\n"))
    if (const auto words = host::split(line);
        words.size() > 1 && (words[0] == "linux" || words[0] == "uki" || words[0] == "efi"))
      kept += std::string(words[0]) + "\n";
  for_each_options(text, [&](std::string_view options) {
    kept += "options " + kept_parameters(options, anonymiser) + "\n";
  });
  return anonymiser.text(kept);
}

void learn_command_line(std::string_view text, Anonymiser& anonymiser) {
  for (const std::string_view line : host::split(text, "\n"))
    if (!is_comment(line)) learn_parameters(line, anonymiser);
}

void learn_grub(std::string_view text, Anonymiser& anonymiser) {
  for (const Assignment& assignment : assignments_in(joined(text)))
    learn_parameters(assignment.value, anonymiser);
}

void learn_boot_entry(std::string_view text, Anonymiser& anonymiser) {
  for_each_options(text, [&](std::string_view options) { learn_parameters(options, anonymiser); });
}

std::string kept_loader(std::string_view bytes, Anonymiser&) {
  constexpr size_t kAttributes = 4;  // before the value (efivarfs)
  std::string name(bytes);
  std::erase(name, '\0');
  for (const char* known : {"systemd-boot", "rEFInd", "GRUB"})
    if (name.find(known) != name.npos) return std::string(bytes.substr(0, kAttributes)) + known;
  return std::string(bytes.substr(0, kAttributes));
}

}  // namespace verify::capture
