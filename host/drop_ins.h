// SPDX-License-Identifier: GPL-2.0-or-later
//
// Drop-ins: the files of several directories that are read as one configuration, such as those of
// modprobe.d(5) and of udev(7), and the lines of such files.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/root.h"

namespace host {

// Rules of packages have some hundred kilobytes. A larger file is not read.
inline constexpr size_t kMaxDropIn = size_t{1} << 20;
// All drop-ins of one call together.
inline constexpr size_t kMaxAllDropIns = size_t{32} << 20;

struct DropIn {
  std::string path;  // "/etc/modprobe.d/vfio.conf"
  std::string text;
};

// The files that `accepts` by name, in the order of `directories` and of their names. A file hides
// those of the same name in later directories. The paths that cannot be read, or exceed a limit,
// are added to `unread`, unless it is null: these may have any content.
std::vector<DropIn> read_drop_ins(const Root& root, std::span<const char* const> directories,
                                  bool (*accepts)(std::string_view name),
                                  std::vector<std::string>* unread = nullptr);

// The paths of the files in `directory` whose names have this ending, in the order of their names.
std::vector<std::string> files_in(const Root& root, const std::string& directory,
                                  std::string_view ending);

// Does a backslash at the end of a comment continue it on the next line?
enum class Comment {
  kIsContinued,  // modprobe.d: libkmod joins the lines first (shared/util.c)
  kIsOneLine,    // udev, shells and units, also between two lines that are joined
};

// Calls `use` with each line and its number, from 1. A line that ends in a backslash continues on
// the next one; its number is that of its first line. Empty lines and comments are left out.
void each_joined_line(std::string_view text, Comment comment,
                      const std::function<void(std::string_view line, int number)>& use);

}  // namespace host
