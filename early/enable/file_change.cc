// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/file_change.h"

#include <cerrno>

#include "early/enable/diff.h"
#include "early/enable/text_file.h"

namespace early::enable {
namespace {

using host::Error;
using host::Result;
using host::Root;

std::optional<std::string> text_of(const std::optional<TextFile>& file) {
  return file ? std::optional(file->text) : std::nullopt;
}

Error changed_by_other(const std::string& file) {
  return {0, file + " was changed by the user or by another program"};
}

// Copies must be complete: a damaged one is never restored.
Result<TextFile> read_copy(const Root& root, const std::string& copy, const std::string& hash,
                           const std::string& file) {
  auto read = read_text_file(root, copy);
  if (!read) return read.error();
  if (!*read) return Error{ENOENT, "read " + copy + ", the saved text of " + file};
  if (hash_of((*read)->text) != hash)
    return Error{0, copy + " is damaged: it is not the saved text of " + file};
  return std::move(**read);
}

Result<std::optional<std::string>> read_copied_text(const Root& root, const std::string& copy,
                                                    const std::string& hash,
                                                    const std::string& file) {
  if (hash.empty()) return std::optional<std::string>();
  auto read = read_copy(root, copy, hash, file);
  if (!read) return read.error();
  return std::optional(std::move(read->text));
}

Result<void> restore(const Root& root, const Entry& entry) {
  if (entry.before.empty()) return remove_text_file(root, entry.file);
  const auto copy = read_copy(root, entry.before_copy(), entry.before, entry.file);
  if (!copy) return copy.error();
  const auto current = read_text_file(root, entry.file);
  if (!current) return current.error();
  return write_text_file(root, entry.file, copy->text,
                         *current ? (*current)->attributes : copy->attributes);
}

}  // namespace

Result<Entry> propose_file(const Root& root, const FileChange& change) {
  if (!change.file.starts_with('/'))
    return Error{EINVAL, "change '" + change.file + "', whose path is not absolute"};
  auto file = follow_links(root, change.file);
  if (!file) return file.error();
  const auto current = read_text_file(root, *file);
  if (!current) return current.error();
  if (text_of(*current) != change.before) return changed_by_other(*file);
  if (const std::string fresh = unfinished_file(*file); root.exists(fresh))
    return Error{EEXIST, "create " + fresh};
  Entry entry;
  entry.card = change.card;
  entry.file = std::move(*file);
  entry.before = hash_of(change.before);
  entry.after = hash_of(change.after);
  entry.mode = static_cast<int>(change.mode);
  return entry;
}

Result<void> save_copies(const Root& root, const Entry& entry,
                         const std::optional<std::string>& after) {
  for (const std::string& copy : {entry.before_copy(), entry.after_copy()})
    if (auto made = make_missing_directories(root, copy); !made) return made;
  const auto current = read_text_file(root, entry.file);
  if (!current) return current.error();
  if (*current) {
    const TextFile& file = **current;
    auto written = write_text_file(root, entry.before_copy(), file.text, file.attributes);
    if (!written) return written;
  }
  if (!after) return {};
  return write_text_file(root, entry.after_copy(), *after, {.mode = 0600});
}

Result<Content> content_of(const Root& root, const Entry& entry) {
  const auto current = read_text_file(root, entry.file);
  if (!current) return current.error();
  const std::string hash = hash_of(text_of(*current));
  if (hash == entry.before) return Content::kBefore;
  return hash == entry.after ? Content::kAfter : Content::kOther;
}

Result<void> apply_file(const Root& root, const Entry& entry,
                        const std::optional<std::string>& after) {
  const auto content = content_of(root, entry);
  if (!content) return content.error();
  if (*content == Content::kAfter) return {};
  if (*content == Content::kOther) return changed_by_other(entry.file);
  if (!after) return remove_text_file(root, entry.file);
  const auto current = read_text_file(root, entry.file);
  if (!current) return current.error();
  if (auto made = make_missing_directories(root, entry.file); !made) return made;
  return write_text_file(
      root, entry.file, *after,
      *current ? (*current)->attributes : Attributes{.mode = static_cast<unsigned>(entry.mode)});
}

Result<void> undo_file(const Root& root, const Entry& entry) {
  // A process that was killed may have left it.
  if (auto removed = remove_text_file(root, unfinished_file(entry.file)); !removed) return removed;
  const auto content = content_of(root, entry);
  if (!content) return content.error();
  if (*content == Content::kBefore) return {};
  if (*content == Content::kOther) return changed_by_other(entry.file);
  return restore(root, entry);
}

std::string diff_to_undo(const Root& root, const Entry& entry) {
  const auto after = read_copied_text(root, entry.after_copy(), entry.after, entry.file);
  const auto before = read_copied_text(root, entry.before_copy(), entry.before, entry.file);
  return after && before ? unified_diff(entry.file, *after, *before) : "";
}

}  // namespace early::enable
