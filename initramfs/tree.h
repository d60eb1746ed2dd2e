// SPDX-License-Identifier: GPL-2.0-or-later
//
// The files that the kernel creates from the entries of an initramfs, in their order: do_name(),
// do_symlink(), maybe_link() and clean_path() in init/initramfs.c. The kernel does not report files
// that it cannot create. For example, a file whose directory does not exist is missing, also here.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "host/budget.h"
#include "initramfs/file.h"

namespace initramfs {

class ImageTree {
 public:
  struct Entry {
    std::string_view path;
    uint32_t mode = 0;
    uint32_t links = 1, inode = 0, major = 0,
             minor = 0;  // these identify hard links to the same file
  };

  // `meter` counts the processor time and the memory of paths.
  explicit ImageTree(host::Meter& meter);

  // The file that gets the entry's content; nullptr: the kernel does not create it. If the entry is
  // a hard link without content, the file keeps its content.
  ImageFile* add_file(const Entry& entry, size_t size);
  void add_link(std::string_view path, std::string_view target);
  // Adds a directory or a device. An entry of an unknown type only removes an existing file.
  void add(const Entry& entry);
  // Hard links do not extend beyond an archive.
  void end_archive() { names_.clear(); }

  // The path, such as "usr/lib/x", of the file that add_file() returned last.
  std::string path_of_last() const;

  // Moves all files to `files`, by path without a leading slash. False: the budget is exceeded.
  [[nodiscard]] bool move_to(ImageFiles& files);

 private:
  static constexpr size_t kNone = SIZE_MAX;
  struct Node {
    ImageFile file;
    std::string name;     // of a directory only, since a file may have several names
    size_t parent = 0;    // the parent of a directory
    bool shared = false;  // it has hard links
    std::map<std::string, size_t, std::less<>> names;
  };
  // A path that was looked up: a name in a directory.
  struct Location {
    size_t directory = kNone;  // kNone: the directory does not exist
    std::string name;          // "": the directory itself
    size_t node = kNone;       // kNone: the file does not exist
    bool slash = false;        // the path ends with a slash
  };
  using Components = std::vector<std::string>;

  enum class Last { kNotFollowed, kFollowed };
  void add_directory(const Entry& entry);
  void add_device(const Entry& entry);
  Location look_up(std::string_view path, Last last) const;
  bool step(const std::string& name, bool follow, Components& open, Location& location) const;
  void clean(const Location& location, std::optional<uint32_t> type);
  size_t make(const Location& location, uint32_t mode);
  enum class Linked { kNo, kYes, kImpossible };
  Linked link_to_earlier(const Entry& entry);

  host::Meter& meter_;
  std::deque<Node> nodes_;
  std::map<std::tuple<uint32_t, uint32_t, uint32_t, uint32_t>, std::string> names_;
  Location last_;
};

}  // namespace initramfs
