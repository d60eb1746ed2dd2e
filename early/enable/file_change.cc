// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/file_change.h"

#include <algorithm>
#include <cerrno>

#include "early/enable/diff.h"
#include "early/enable/edited_text.h"
#include "early/enable/text_file.h"
#include "host/text.h"

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

Content content_of(const Entry& entry, const std::optional<std::string>& text) {
  const std::string hash = hash_of(text);
  if (hash == entry.before) return Content::kBefore;
  return hash == entry.after ? Content::kAfter : Content::kOther;
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

Result<void> restore(const Root& root, const Entry& entry, const PlannedUndo& planned) {
  if (!planned.undone) return remove_text_file(root, entry.file);
  const auto current = read_text_file(root, entry.file);
  if (!current) return current.error();
  if (*current) return write_text_file(root, entry.file, *planned.undone, (*current)->attributes);
  const auto copy = read_copy(root, entry.before_copy(), entry.before, entry.file);
  if (!copy) return copy.error();
  return write_text_file(root, entry.file, *planned.undone, copy->attributes);
}

// What an edited file would be without the change. A command line that the user has edited stays,
// without the parameter: the rest of our line is what the machine needs to boot ("root=").
std::optional<std::string> text_without(const Entry& entry,
                                        const std::optional<std::string>& before,
                                        const std::optional<std::string>& after) {
  if (!after || !entry.is_command_line) return before;
  std::string text = *after;
  const size_t at = text.rfind(entry.added);
  if (at == text.npos) return before;
  const size_t blank = at > 0 ? 1 : 0;
  return text.erase(at - blank, entry.added.size() + blank);
}

// What the user added to a section of ours belongs to that section.
bool keeps_part_of_section(const Entry& entry, const UndoneEdit& undone) {
  return undone.found == Found::kLines && !entry.card.empty() && entry.before.empty() &&
         undone.text;
}

// Is the parameter or the hook in a line of another form: with "${VARIABLE}", with "+=", or split
// in two?
bool is_in_another_form(const Entry& entry, const std::string& text) {
  if (entry.added.empty()) return false;
  const auto lines = host::whole_lines(text);
  return std::any_of(lines.begin(), lines.end(), [&](std::string_view line) {
    return !host::trim(line).starts_with('#') && line.find(entry.added) != line.npos;
  });
}

PlannedUndo plan_undo_of_edited(const Root& root, const Entry& entry,
                                const std::optional<std::string>& edited) {
  PlannedUndo planned{Undo::kAmbiguous, edited, edited};
  const auto before = read_copied_text(root, entry.before_copy(), entry.before, entry.file);
  const auto after = read_copied_text(root, entry.after_copy(), entry.after, entry.file);
  if (!before || !after) return planned;
  UndoneEdit undone = undo_in_edited(text_without(entry, *before, *after), *after, edited);
  if (undone.found == Found::kAmbiguous || keeps_part_of_section(entry, undone)) return planned;
  if (undone.found == Found::kNothing && edited && is_in_another_form(entry, *edited))
    return planned;
  planned.how = undone.found == Found::kLines ? Undo::kOurLines : Undo::kGone;
  planned.undone = std::move(undone.text);
  return planned;
}

// Is a link, a directory, a file with several hard links or a large file in its place, or is
// its directory another one's?
bool is_of_another_kind(const Root& root, const Entry& entry) {
  const auto current = read_text_file(root, entry.file);
  if (current) return false;
  const int code = current.error().code;
  return code == 0 || code == ENOTDIR || code == ELOOP || code == EFBIG;
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
  entry.words = change.words;
  entry.added = change.added;
  entry.is_command_line = change.is_command_line;
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
  return content_of(entry, text_of(*current));
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

Result<PlannedUndo> plan_undo(const Root& root, const Entry& entry) {
  const auto current = read_text_file(root, entry.file);
  if (!current) return current.error();
  std::optional<std::string> text = text_of(*current);
  switch (content_of(entry, text)) {
    case Content::kBefore:
      return PlannedUndo{Undo::kNothing, text, text};
    case Content::kOther:
      return plan_undo_of_edited(root, entry, text);
    case Content::kAfter:
      break;
  }
  auto before = read_copied_text(root, entry.before_copy(), entry.before, entry.file);
  if (!before) return before.error();
  return PlannedUndo{Undo::kRestore, std::move(text), std::move(*before)};
}

Result<Undo> undo_file(const Root& root, const Entry& entry, Edited edited) {
  const bool forgotten = edited == Edited::kForget && is_of_another_kind(root, entry);
  // A process that was killed may have left it.
  const auto removed = remove_text_file(root, unfinished_file(entry.file));
  if (forgotten) return Undo::kNothing;
  if (!removed) return removed.error();
  const auto planned = plan_undo(root, entry);
  if (!planned) return planned.error();
  const bool is_edited = planned->how != Undo::kNothing && planned->how != Undo::kRestore;
  if (is_edited && edited == Edited::kForget) return Undo::kNothing;
  if (planned->how == Undo::kAmbiguous) return changed_by_other(entry.file);
  if (planned->text == planned->undone) return planned->how;
  if (auto restored = restore(root, entry, *planned); !restored) return restored.error();
  return planned->how;
}

std::string diff_to_undo(const Root& root, const Entry& entry) {
  const auto after = read_copied_text(root, entry.after_copy(), entry.after, entry.file);
  const auto before = read_copied_text(root, entry.before_copy(), entry.before, entry.file);
  return after && before ? unified_diff(entry.file, *after, text_without(entry, *before, *after))
                         : "";
}

}  // namespace early::enable
