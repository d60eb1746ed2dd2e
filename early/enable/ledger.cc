// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/enable/ledger.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <concepts>
#include <iterator>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "config/configuration.h"
#include "early/enable/text_file.h"
#include "host/text.h"
#include "record/json_depth.h"
#include "record/json_writer.h"

namespace early::enable {
namespace {

using host::Command;
using host::Error;
using host::Result;
using host::Root;
using nlohmann::ordered_json;

// The number of the JSON form. It becomes larger with every change: an older vfio-early must not
// take back half of what a newer one changed.
constexpr int kFormat = 1;

constexpr size_t kMaxLedger = size_t{1024} * 1024;

constexpr const char* kBeforeDirectory = "/var/lib/vfio-early/enable/before";
constexpr const char* kAfterDirectory = "/var/lib/vfio-early/enable/after";
constexpr const char* kUnfinishedLedger = ".ledger.json.";  // Root::replace()

constexpr const char* kStateNames[] = {"enabling", "enabled", "disabling"};
constexpr const char* kKindNames[] = {"file", "commands"};

template <class T, class Structure>
concept Either = std::same_as<std::remove_const_t<T>, Structure>;

// The members of the JSON form, in their order, for Writer and Reader.
void visit_members(auto& visit, Either<Entry> auto& entry) {
  visit("number", entry.number);
  visit("card", entry.card);
  visit("settled", entry.settled);
  visit("kind", entry.kind, kKindNames);
  visit("words", entry.words);
  visit("file", entry.file);
  visit("before", entry.before);
  visit("after", entry.after);
  visit("mode", entry.mode);
  visit("added", entry.added);
  visit("is_command_line", entry.is_command_line);
  visit("undo", entry.undo);
  visit("began", entry.began);
}

void visit_members(auto& visit, Either<Ledger> auto& ledger) {
  visit("state", ledger.state, kStateNames);
  visit("rebuild_began", ledger.rebuild_began);
  visit("rebuild", ledger.rebuild);
  visit("directories", ledger.directories);
  visit("changes", ledger.entries);
}

class Writer {
 public:
  explicit Writer(record::JsonWriter& json) : json_(json) {}

  void operator()(const char* key, const std::string& text) { json_.member(key, text); }
  void operator()(const char* key, int number) { json_.member(key, number); }
  void operator()(const char* key, bool flag) { json_.member(key, flag); }
  template <class Enum, size_t N>
  void operator()(const char* key, Enum value, const char* const (&names)[N]) {
    json_.member(key, names[static_cast<size_t>(value)]);
  }
  template <class Element>
  void operator()(const char* key, const std::vector<Element>& all) {
    json_.open_array(key);
    for (const Element& one : all) element(one);
    json_.close_array();
  }

 private:
  void element(const std::string& text) { json_.element(text); }
  void element(const Command& command) {
    json_.open_array();
    for (const std::string& word : command) json_.element(word);
    json_.close_array();
  }
  void element(const Entry& entry) {
    json_.open_object();
    visit_members(*this, entry);
    json_.close_object();
  }

  record::JsonWriter& json_;
};

// Fills a structure from one object. The first member that is missing or has another type makes
// all of it invalid.
class Reader {
 public:
  explicit Reader(const ordered_json& object) : object_(object) {}

  // "": all members are valid.
  const std::string& invalid_member() const { return invalid_; }

  void operator()(const char* key, std::string& text) { read(key, find(key), text); }
  void operator()(const char* key, int& number) {
    const ordered_json* found = find(key);
    const bool valid = found && found->is_number_unsigned() && found->get<uint64_t>() <= INT_MAX;
    if (!valid) return refuse(key);
    number = found->get<int>();
  }
  void operator()(const char* key, bool& flag) {
    const ordered_json* found = find(key);
    if (!found || !found->is_boolean()) return refuse(key);
    flag = found->get<bool>();
  }
  template <class Enum, size_t N>
  void operator()(const char* key, Enum& value, const char* const (&names)[N]) {
    std::string name;
    read(key, find(key), name);
    const auto* found = std::find(std::begin(names), std::end(names), name);
    if (found == std::end(names)) return refuse(key);
    value = static_cast<Enum>(found - std::begin(names));
  }
  template <class Element>
  void operator()(const char* key, std::vector<Element>& all) {
    read(key, find(key), all);
  }

 private:
  const ordered_json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }

  void refuse(const std::string& key) {
    if (invalid_.empty()) invalid_ = key;
  }

  void read(const char* key, const ordered_json* found, std::string& text) {
    if (!found || !found->is_string()) return refuse(key);
    text = found->get<std::string>();
  }
  void read(const char* key, const ordered_json* found, Entry& entry) {
    if (!found->is_object()) return refuse(key);
    Reader members(*found);
    visit_members(members, entry);
    if (!members.invalid_.empty()) refuse(members.invalid_);
  }
  template <class Element>
  void read(const char* key, const ordered_json* found, std::vector<Element>& all) {
    if (!found || !found->is_array()) return refuse(key);
    for (const ordered_json& one : *found) read(key, &one, all.emplace_back());
  }

  const ordered_json& object_;
  std::string invalid_;
};

Error damaged(const std::string& why) {
  return {0, std::string(kLedgerFile) + " is damaged: " + why};
}

bool has_empty(const std::vector<host::Command>& commands) {
  return std::any_of(commands.begin(), commands.end(),
                     [](const host::Command& command) { return command.empty(); });
}

// What would make enable or disable act on a wrong file, or run no program.
std::string inconsistency(const Ledger& ledger) {
  if (has_empty(ledger.rebuild)) return "a command is empty";
  int last = 0;
  for (const Entry& entry : ledger.entries) {
    if (entry.number <= last) return "the numbers of the changes do not ascend";
    last = entry.number;
    if (entry.kind == Kind::kFile && !entry.file.starts_with('/'))
      return "the path of a file is not absolute";
    if (has_empty(entry.undo)) return "a command is empty";
  }
  return {};
}

// The number, and the name for a reader.
std::string copy_name(const Entry& entry) {
  return std::to_string(entry.number) + "-" + std::string(host::file_name(entry.file));
}

// The names in a directory of ours; none if it does not exist.
Result<std::vector<std::string>> names_in(const Root& root, const std::string& directory) {
  auto names = root.list(directory);
  if (!names && names.error().code == ENOENT) return std::vector<std::string>();
  return names;
}

Result<void> remove_other_files(const Root& root, const std::string& directory,
                                const std::vector<std::string>& kept) {
  const auto names = names_in(root, directory);
  if (!names) return names.error();
  for (const std::string& name : *names) {
    const std::string file = directory + "/" + name;
    if (host::contains(kept, file)) continue;
    if (auto removed = remove_text_file(root, file); !removed) return removed;
  }
  return {};
}

Result<void> remove_unfinished_ledgers(const Root& root) {
  const auto names = names_in(root, kLedgerDirectory);
  if (!names) return names.error();
  for (const std::string& name : *names) {
    if (!name.starts_with(kUnfinishedLedger)) continue;
    auto removed = remove_text_file(root, std::string(kLedgerDirectory) + "/" + name);
    if (!removed) return removed;
  }
  return {};
}

}  // namespace

std::string Entry::before_copy() const {
  return std::string(kBeforeDirectory) + "/" + copy_name(*this);
}

std::string Entry::after_copy() const {
  return std::string(kAfterDirectory) + "/" + copy_name(*this);
}

std::string hash_of(const std::optional<std::string>& text) {
  if (!text) return {};
  uint64_t hash = config::kEmptyHash;
  config::add_to_hash(*text, hash);
  return config::hash_text(hash);
}

std::string to_json(const Ledger& ledger) {
  record::JsonWriter json;
  json.open_object();
  json.member("format", kFormat);
  Writer writer(json);
  visit_members(writer, ledger);
  json.close_object();
  return json.finish();
}

Result<Ledger> ledger_from_json(const std::string& text) {
  if (record::nests_too_deep(text)) return damaged("nested too deep");
  const ordered_json parsed = ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) return damaged("not a JSON object");
  const auto format = parsed.find("format");
  if (format == parsed.end() || !format->is_number_integer())
    return damaged("'format' is missing or invalid");
  if (const auto number = format->get<int64_t>(); number != kFormat)
    return Error{0, std::string(kLedgerFile) + " has format " + std::to_string(number) +
                        "; this version of vfio-early supports only format " +
                        std::to_string(kFormat)};
  Ledger ledger;
  Reader reader(parsed);
  visit_members(reader, ledger);
  if (!reader.invalid_member().empty())
    return damaged("'" + reader.invalid_member() + "' is missing or invalid");
  if (const std::string why = inconsistency(ledger); !why.empty()) return damaged(why);
  return ledger;
}

Result<std::optional<Ledger>> read_ledger(const Root& root) {
  const auto text = root.read(kLedgerFile, kMaxLedger);
  if (!text && text.error().code == ENOENT) return std::optional<Ledger>();
  if (!text) return text.error();
  auto ledger = ledger_from_json(*text);
  if (!ledger) return ledger.error();
  return std::optional(std::move(*ledger));
}

Result<void> write_ledger(const Root& root, const Ledger& ledger) {
  const std::string text = to_json(ledger);
  // JSON is UTF-8 text, but a path may hold any bytes. What cannot be read back is not written.
  const auto again = ledger_from_json(text);
  if (!again || *again != ledger || text.size() > kMaxLedger)
    return Error{0,
                 std::string("write ") + kLedgerFile +
                     ": a file or a command has characters that are not UTF-8, or it is too large"};
  if (auto made = make_missing_directories(root, kLedgerFile); !made) return made;
  if (auto written = root.replace(kLedgerFile, text, 0600); !written) return written;
  return sync_directory(root, kLedgerDirectory);
}

Result<void> remove_unused_copies(const Root& root, const Ledger& ledger) {
  std::vector<std::string> kept;
  for (const Entry& entry : ledger.entries) {
    kept.push_back(entry.before_copy());
    kept.push_back(entry.after_copy());
  }
  for (const char* directory : {kBeforeDirectory, kAfterDirectory})
    if (auto removed = remove_other_files(root, directory, kept); !removed) return removed;
  return remove_unfinished_ledgers(root);
}

// The ledger first: without it, only copies are left, which nothing reads. The directory of
// vfio-early may hold files of vfio-verify.
Result<void> remove_ledger(const Root& root) {
  if (auto removed = remove_text_file(root, kLedgerFile); !removed) return removed;
  if (auto removed = remove_unused_copies(root, {}); !removed) return removed;
  for (const char* directory :
       {kBeforeDirectory, kAfterDirectory, kLedgerDirectory, "/var/lib/vfio-early"}) {
    auto removed = remove_directory(root, directory);
    if (!removed && removed.error().code != ENOTEMPTY) return removed;
  }
  return {};
}

}  // namespace early::enable
