// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/output/terminal.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>
#include <string_view>

#include <sys/ioctl.h>
#include <unistd.h>

#include "verify/output/wrapped.h"

namespace verify {
namespace {

constexpr size_t kLeast = 40, kMost = 120;

// The name of the character set: "de_DE.UTF-8", "C.utf8".
bool is_utf8(std::string_view locale) {
  std::string letters;
  for (const char c : locale.substr(std::min(locale.find('.'), locale.size())))
    if (std::isalnum(static_cast<unsigned char>(c)))
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return letters.starts_with("utf8");
}

// The first that is set and not empty decides (POSIX.1-2017, XBD 8.2).
const char* locale_of_characters() {
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (const char* value = std::getenv(variable); value && *value) return value;
  return nullptr;
}

}  // namespace

bool is_terminal(int fd) {
  return ::isatty(fd) != 0;
}

size_t columns_of(int fd) {
  winsize size = {};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kWidth;
  return std::clamp(static_cast<size_t>(size.ws_col), kLeast, kMost);
}

bool wants_symbols(bool terminal, const char* term, const char* locale) {
  const std::string_view type = term ? term : "";
  return terminal && !type.empty() && type != "dumb" && type != "linux" && locale &&
         is_utf8(locale);
}

bool wants_symbols() {
  return wants_symbols(is_terminal(STDOUT_FILENO), std::getenv("TERM"), locale_of_characters());
}

}  // namespace verify
