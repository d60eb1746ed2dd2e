// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/boot/files.h"

#include <cerrno>

#include <fcntl.h>

namespace verify {

void BootFiles::remember_error(const host::Error& error) {
  // Boot loaders do not read a directory, a FIFO or a loop of links instead of a file either.
  for (const int code : {ENOENT, ENOTDIR, EISDIR, EINVAL, ELOOP})
    if (error.code == code) return;
  if (!first_error_) first_error_ = error;
}

std::optional<std::string> BootFiles::text_of(const std::string& file) {
  if (!meter_.enter(file)) return std::nullopt;
  auto text = root_.read(file, meter_.budget().kept);
  const bool too_large = !text && text.error().code == EFBIG;
  if (!text && !too_large) remember_error(text.error());
  if (!meter_.keep(text ? text->size() : too_large ? meter_.budget().kept + 1 : 0) || !text)
    return std::nullopt;
  return std::move(*text);
}

bool BootFiles::exists(const std::string& path) {
  const auto file = root_.open_file(path, O_PATH);
  if (!file) remember_error(file.error());
  return file.has_value();
}

std::vector<std::string> BootFiles::names_in(const std::string& directory) {
  auto names = root_.list(directory);
  if (names) return std::move(*names);
  remember_error(names.error());
  return {};
}

std::vector<std::string> BootFiles::files_in(const std::string& directory,
                                             std::string_view ending) {
  std::vector<std::string> files;
  for (const std::string& name : names_in(directory))
    if (name.ends_with(ending)) files.push_back(directory + "/" + name);
  return files;
}

std::optional<Unread> BootFiles::unread() const {
  if (const std::string& exceeded_limit = meter_.exceeded_limit(); !exceeded_limit.empty())
    return Unread{exceeded_limit, kRemoveFiles};
  if (!first_error_) return std::nullopt;
  const bool closed = first_error_->code == EACCES || first_error_->code == EPERM;
  return Unread{host::describe(*first_error_),
                closed ? "run vfio-verify as root" : "check the file system and its disk"};
}

}  // namespace verify
