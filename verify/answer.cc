// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/answer.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "host/printable.h"
#include "host/user_file.h"
#include "verify/output/colour.h"
#include "verify/output/exit_codes.h"
#include "verify/output/show.h"
#include "verify/output/terminal.h"

namespace verify {

int print(const std::string& text, int exit_code) {
  show(stdout, text);
  return exit_code;
}

int print_error(const std::string& sentence, int exit_code) {
  show(stderr, fmt::format("vfio-verify: {}\n", sentence));
  return exit_code;
}

int print_host_error(const host::Error& error, const Options& options) {
  std::string sentence = host::describe(error);
  if (error.code == EACCES || error.code == EPERM) sentence += "; run vfio-verify as root";
  if (error.code == ENOENT && options.root)
    sentence +=
        "; --root needs a directory tree of a machine, or an archive of 'vfio-verify capture'";
  return print_error(sentence, kExitUnknown);
}

std::string unusable_file(const std::string& file) {
  namespace fs = std::filesystem;
  if (file.empty()) return "the name of the file to write is empty";
  std::error_code unknown;
  const fs::path directory = fs::absolute(file, unknown).parent_path();
  if (!fs::is_directory(directory, unknown)) return "no directory " + directory.string() + " found";
  if (fs::exists(file, unknown) && !fs::is_regular_file(file, unknown))
    return "cannot write " + file + ": it is not a regular file";
  return "";
}

Output output_of(const Options& options) {
  if (options.writes_to_file()) return {};
  return {.terminal = is_terminal(STDOUT_FILENO),
          .colour = wants_colour(),
          .symbols = wants_symbols(),
          .width = columns_of(STDOUT_FILENO)};
}

std::string unusable_output(const Options& options) {
  if (options.format == "html" && output_of(options).terminal)
    return "--format html is a page for a browser: write it to a file with -o FILE";
  return options.writes_to_file() ? unusable_file(*options.output) : "";
}

std::optional<int64_t> expiry_of(const Options& options) {
  if (options.expires_after == 0) return std::nullopt;
  return static_cast<int64_t>(std::time(nullptr)) + static_cast<int64_t>(options.expires_after);
}

int write_report(const std::string& text, int exit_code, const Options& options) {
  if (!options.writes_to_file()) return print(text, exit_code);
  const std::string name = options.format_on(/*terminal=*/false);
  const auto written = host::replace_user_file(*options.output, host::printable(text),
                                               format_named(name).published ? 0644 : 0600);
  if (written) return exit_code;
  return print_error(host::describe(written.error()),
                     exit_code == kExitPass ? kExitUnknown : exit_code);
}

const Format& format_named(const std::string& name) {
  const auto all = formats();
  return *std::find_if(all.begin(), all.end(), [&](const auto& f) { return f.name == name; });
}

}  // namespace verify
