// SPDX-License-Identifier: GPL-2.0-or-later
//
// The files that the kernel makes from the entries of an initramfs, in their order: do_name(),
// do_symlink(), maybe_link() and clean_path() in init/initramfs.c. The kernel says nothing when it
// cannot make one: a file whose directory does not exist is missing, and so it is here.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "verify/budget.h"
#include "verify/image_file.h"

namespace verify {

class ImageTree {
 public:
  struct Entry {
    std::string_view path;
    uint32_t mode = 0;
    uint32_t links = 1, inode = 0, major = 0,
             minor = 0;  // these identify other names of the same file
  };

  // `meter`: for the time that it takes, and for the memory of paths.
  explicit ImageTree(Meter& meter);

  // The file that an entry's content goes to; nullptr: the kernel does not make it. The
  // content is unchanged if this is one more name of it and the entry has no content.
  ImageFile* add_file(const Entry& entry, size_t size);
  void add_link(std::string_view path, std::string_view target);
  // A directory or a device. An entry of an unknown type makes nothing, but removes what is there.
  void add(const Entry& entry);
  // The kernel forgets the names of files with several.
  void end_archive() { names_.clear(); }

  // "usr/lib/x" for the file `file`, which add_file() returned last.
  std::string path_of_last() const;

  // All of it by path, without a leading slash. False: more than the budget.
  [[nodiscard]] bool move_to(ImageFiles& files);

 private:
  static constexpr size_t kNone = SIZE_MAX;
  struct Node {
    ImageFile file;
    std::string name;     // a directory's; a file may have several
    size_t above = 0;     // a directory's
    bool shared = false;  // several names lead to it
    std::map<std::string, size_t, std::less<>> names;
  };
  // Where a path leads: a name in a directory, which need not exist.
  struct Place {
    size_t directory = kNone;  // kNone: not even that exists
    std::string name;          // "": the directory itself
    size_t node = kNone;
    bool slash = false;  // at the path's end
  };
  using Components = std::vector<std::string>;

  enum class Last { kAsItIs, kFollowed };
  void add_directory(const Entry& entry);
  void add_device(const Entry& entry);
  Place look_up(std::string_view path, Last last) const;
  bool step(const std::string& name, bool follow, Components& open, Place& place) const;
  void clean(const Place& place, std::optional<uint32_t> type);
  size_t make(const Place& place, uint32_t mode);
  enum class Linked { kNo, kYes, kImpossible };
  Linked link_to_earlier(const Entry& entry);

  Meter& meter_;
  std::deque<Node> nodes_;
  std::map<std::tuple<uint32_t, uint32_t, uint32_t, uint32_t>, std::string> names_;
  Place last_;
};

}  // namespace verify
