// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/parameter_edits.h"

#include <algorithm>

#include "host/platform/platforms.h"
#include "host/text.h"

namespace early::enable {
namespace {

bool is_comment(std::string_view line) {
  line = host::trim(line);
  return line.empty() || line.front() == '#';
}

// "GRUB_CMDLINE_LINUX" of an extension, which may have += instead of =.
std::string_view variable_of(std::string_view extension) {
  return extension.substr(0, extension.find_first_of("+="));
}

bool is_name_character(char c) {
  return std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
             .find(c) != std::string_view::npos;
}

// Does the line have "VARIABLE=" or "VARIABLE+="?
bool sets(std::string_view line, std::string_view variable) {
  if (is_comment(line)) return false;
  for (size_t at = line.find(variable); at != line.npos; at = line.find(variable, at + 1)) {
    const std::string_view rest = line.substr(at + variable.size());
    const bool whole = at == 0 || !is_name_character(line[at - 1]);
    if (whole && (rest.starts_with('=') || rest.starts_with("+="))) return true;
  }
  return false;
}

// Where the quote ends that begins at `line[begin]`; npos: not in this line.
size_t end_of_quote(std::string_view line, size_t begin) {
  const char quote = line[begin];
  for (size_t at = begin + 1; at < line.size(); ++at) {
    if (line[at] == quote) return at;
    if (quote == '"' && line[at] == '\\') ++at;
  }
  return line.npos;
}

// Blanks, and a comment after them.
bool ends_here(std::string_view rest) {
  const size_t first = rest.find_first_not_of(" \t\n");
  return first == rest.npos || (first > 0 && rest[first] == '#');
}

// The line `VARIABLE="value"` with more parameters; nullopt: it has another form.
std::optional<std::string> with_longer_value(std::string_view line, std::string_view variable,
                                             std::string_view parameters) {
  if (!line.starts_with(variable)) return std::nullopt;
  const size_t begin = line.find_first_of("\"'", variable.size());
  if (begin == line.npos) return std::nullopt;
  const std::string_view sign = line.substr(variable.size(), begin - variable.size());
  if (sign != "=" && sign != "+=") return std::nullopt;
  const size_t end = end_of_quote(line, begin);
  if (end == line.npos || !ends_here(line.substr(end + 1))) return std::nullopt;
  return std::string(line.substr(0, begin + 1)) +
         add_to_line(line.substr(begin + 1, end - begin - 1), parameters) +
         std::string(line.substr(end));
}

std::string with_end(std::string_view text) {
  return std::string(text) + (text.empty() || text.ends_with('\n') ? "" : "\n");
}

// A text that ends so is continued by the next line: a backslash, or a quote without an end.
bool ends_within_line(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\\')) return true;
  for (size_t at = 0; at < text.size(); ++at) {
    const bool starts_word =
        at == 0 || std::string_view(" \t\n;&|(").find(text[at - 1]) != std::string_view::npos;
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '#' && starts_word) {
      at = std::min(text.find('\n', at), text.size());
    } else if (text[at] == '"' || text[at] == '\'') {
      at = end_of_quote(text, at);
      if (at == text.npos) return true;
    }
  }
  return false;
}

}  // namespace

bool has_word(std::string_view line, std::string_view parameter) {
  for (const std::string_view word : host::split(line, " \t\r\n\"'")) {
    if (word == parameter) return true;
    // VARIABLE=parameter, without quotes
    if (word.ends_with(parameter) && word[word.size() - parameter.size() - 1] == '=') return true;
  }
  return false;
}

std::string add_to_line(std::string_view line, std::string_view parameters) {
  const auto words = host::split(line);
  const auto separator = std::find(words.begin(), words.end(), "--");
  if (separator != words.end()) {
    const auto at = static_cast<size_t>(separator->data() - line.data());
    return std::string(line.substr(0, at)) + std::string(parameters) + " " +
           std::string(line.substr(at));
  }
  const size_t end = line.find_last_not_of(" \t\r\n") + 1;  // npos + 1 is 0
  return std::string(line.substr(0, end)) + (end == 0 ? "" : " ") + std::string(parameters) +
         std::string(line.substr(end));
}

bool sets_variable(std::string_view line, std::string_view extension) {
  return sets(line, variable_of(extension));
}

std::string value_set_by(std::string_view line) {
  std::string value;
  for (size_t at = std::min(line.find('='), line.size() - 1) + 1; at < line.size(); ++at) {
    if (std::string_view(" \t\n;").find(line[at]) != std::string_view::npos) break;
    if (line[at] == '"' || line[at] == '\'') {
      const size_t end = std::min(end_of_quote(line, at), line.size());
      value += line.substr(at + 1, end - at - 1);
      at = end;
    } else {
      value += line[at];
    }
  }
  return value;
}

std::vector<std::string_view> settings_in(std::string_view text, std::string_view extension) {
  std::vector<std::string_view> settings;
  for (const std::string_view line : host::whole_lines(text))
    if (sets(line, variable_of(extension))) settings.push_back(line);
  return settings;
}

std::optional<std::string> extend_variable(std::string_view text, std::string_view extension,
                                           std::string_view parameters) {
  if (ends_within_line(text)) return std::nullopt;
  const auto settings = settings_in(text, extension);
  if (settings.size() == 1) {
    const std::string_view old = settings.front();
    const auto at = static_cast<size_t>(old.data() - text.data());
    const bool continues = at >= 2 && text.substr(at - 2, 2) == "\\\n";
    const auto fresh = with_longer_value(old, variable_of(extension), parameters);
    if (fresh && !continues)
      return std::string(text.substr(0, at)) + *fresh + std::string(text.substr(at + old.size()));
  }
  return with_end(text) + host::with_parameters(extension, parameters) + "\n";
}

std::string extend_command_line(std::string_view text, std::string_view parameters) {
  std::string_view last;
  for (const std::string_view line : host::whole_lines(text))
    if (!is_comment(line)) last = line;
  if (last.empty()) return with_end(text) + std::string(parameters) + "\n";
  const auto at = static_cast<size_t>(last.data() - text.data());
  return std::string(text.substr(0, at)) + add_to_line(last, parameters) +
         std::string(text.substr(at + last.size()));
}

std::string permanent_parameters(std::string_view command_line) {
  std::vector<std::string> words;
  for (const std::string_view word : host::split(command_line))
    if (!word.starts_with("BOOT_IMAGE=") && !word.starts_with("initrd=") &&
        word != "vfio_early=off")
      words.emplace_back(word);
  return host::join(words, " ");
}

}  // namespace early::enable
