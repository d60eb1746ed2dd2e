// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/tree.h"

#include <algorithm>
#include <climits>
#include <utility>

#include <sys/stat.h>

#include "host/text.h"
#include "host/walk.h"

namespace initramfs {
namespace {

constexpr size_t kRoot = 0;

uint32_t type_of(const ImageFile& file) {
  if (file.directory) return S_IFDIR;
  if (file.regular) return S_IFREG;
  return file.link.empty() ? S_IFCHR : S_IFLNK;
}

}  // namespace

// Adds the files of the kernel's built-in initramfs (usr/default_cpio_list), which are unpacked
// first.
ImageTree::ImageTree(host::Meter& meter) : meter_(meter), nodes_(1) {
  nodes_[kRoot].file = {.directory = true, .permissions = 0755};
  add({.path = "dev", .mode = S_IFDIR | 0755});
  add({.path = "dev/console", .mode = S_IFCHR | 0600});
  add({.path = "root", .mode = S_IFDIR | 0700});
}

// Looks up one component of a path. False: the path cannot exist.
bool ImageTree::step(const std::string& name, bool follow, Components& open,
                     Location& location) const {
  if (location.node == kNone || !nodes_[location.node].file.directory) return false;
  if (name.size() > NAME_MAX) return false;
  const Node& directory = nodes_[location.node];
  if (name == "." || name == "..") {
    if (name == "..") location.node = directory.parent;
    location.directory = location.node;
    location.name.clear();
    return true;
  }
  const auto found = directory.names.find(name);
  location.directory = location.node;
  location.name = name;
  location.node = found == directory.names.end() ? kNone : found->second;
  if (location.node == kNone || nodes_[location.node].file.link.empty() || !follow) return true;
  const std::string& target = nodes_[location.node].file.link;
  location.node = target.starts_with('/') ? kRoot : location.directory;
  location.directory = location.node;
  location.name.clear();
  const auto hops = host::split(target, "/");
  open.insert(open.end(), hops.rbegin(), hops.rend());
  return true;
}

ImageTree::Location ImageTree::look_up(std::string_view path, Last last) const {
  if (path.empty()) return {};
  const auto parts = host::split(path, "/");
  Components open(parts.rbegin(), parts.rend());  // remaining names, the next one last
  Location location{.directory = kRoot, .name = {}, .node = kRoot, .slash = path.ends_with('/')};
  const bool follow_last = last == Last::kFollowed || location.slash;
  for (int links = 0; !open.empty();) {
    const std::string name = std::move(open.back());
    open.pop_back();
    const size_t before = open.size();
    if (!step(name, !open.empty() || follow_last, open, location)) return {};
    if (open.size() > before && (++links > host::kMaxLinks || !meter_.in_time())) return {};
  }
  return location;
}

// clean_path(): removes an existing file unless its type is `type`; nullopt: always. A directory is
// removed only if it is empty.
void ImageTree::clean(const Location& location, std::optional<uint32_t> type) {
  if (location.node == kNone || location.name.empty()) return;
  const Node& node = nodes_[location.node];
  if (type_of(node.file) == type) return;
  if (node.file.directory ? !node.names.empty() : location.slash) return;
  nodes_[location.directory].names.erase(location.name);
}

size_t ImageTree::make(const Location& location, uint32_t mode) {
  if (location.directory == kNone || location.node != kNone || location.name.empty()) return kNone;
  if (location.slash && !S_ISDIR(mode)) return kNone;
  const size_t node = nodes_.size();
  nodes_.push_back({.file = {.directory = S_ISDIR(mode),
                             .regular = S_ISREG(mode),
                             .permissions = mode & 07777,
                             .size = 0,
                             .link = {},
                             .text = {},
                             .head = {}},
                    .name = S_ISDIR(mode) ? location.name : std::string(),
                    .parent = location.directory,
                    .names = {}});
  nodes_[location.directory].names[location.name] = node;
  return node;
}

// maybe_link(): a later entry with the same inode is a hard link to the earlier one.
ImageTree::Linked ImageTree::link_to_earlier(const Entry& entry) {
  if (entry.links < 2) return Linked::kNo;
  const auto [earlier, first] =
      names_.try_emplace({entry.inode, entry.major, entry.minor, entry.mode & S_IFMT}, entry.path);
  if (first) return Linked::kNo;
  clean(look_up(entry.path, Last::kNotFollowed), {});
  const Location from = look_up(earlier->second, Last::kNotFollowed);
  const Location to = look_up(entry.path, Last::kNotFollowed);
  if (from.node == kNone || nodes_[from.node].file.directory || to.directory == kNone ||
      to.node != kNone || to.name.empty() || to.slash)
    return Linked::kImpossible;
  nodes_[from.node].shared = true;
  nodes_[to.directory].names[to.name] = from.node;
  return Linked::kYes;
}

ImageFile* ImageTree::add_file(const Entry& entry, size_t size) {
  clean(look_up(entry.path, Last::kNotFollowed), entry.mode & S_IFMT);
  const Linked linked = link_to_earlier(entry);
  if (linked == Linked::kImpossible) return nullptr;
  last_ = look_up(entry.path, Last::kFollowed);
  if (last_.node == kNone) last_.node = make(last_, entry.mode);
  if (last_.node == kNone || last_.slash) return nullptr;
  ImageFile& file = nodes_[last_.node].file;
  if (!file.regular) return nullptr;
  file.permissions = entry.mode & 07777;
  if (linked == Linked::kNo || size > 0) {
    file.size = size;
    file.text.clear();
    file.head.clear();
  }
  return &file;
}

void ImageTree::add_link(std::string_view path, std::string_view target) {
  clean(look_up(path, Last::kNotFollowed), {});
  if (target.empty() || target.size() >= PATH_MAX) return;
  const size_t node = make(look_up(path, Last::kNotFollowed), S_IFLNK | 0777);
  if (node != kNone) nodes_[node].file.link = target;
}

void ImageTree::add(const Entry& entry) {
  const bool device =
      S_ISCHR(entry.mode) || S_ISBLK(entry.mode) || S_ISFIFO(entry.mode) || S_ISSOCK(entry.mode);
  if (S_ISDIR(entry.mode)) return add_directory(entry);
  if (device) return add_device(entry);
  clean(look_up(entry.path, Last::kNotFollowed), {});
}

void ImageTree::add_directory(const Entry& entry) {
  std::string_view bare = entry.path;
  while (bare.ends_with('/')) bare.remove_suffix(1);
  const Location named = look_up(bare, Last::kNotFollowed);
  // If x is a link, "x/" is its target, which mkdir() does not create.
  const bool link = named.node != kNone && !nodes_[named.node].file.link.empty();
  if (!link || bare.size() == entry.path.size()) {
    clean(named, S_IFDIR);
    (void)make(look_up(bare, Last::kNotFollowed), entry.mode);
  }
  const Location made = look_up(entry.path, Last::kFollowed);
  if (made.node != kNone) nodes_[made.node].file.permissions = entry.mode & 07777;
}

void ImageTree::add_device(const Entry& entry) {
  clean(look_up(entry.path, Last::kNotFollowed), S_IFCHR);
  if (link_to_earlier(entry) != Linked::kNo) return;
  (void)make(look_up(entry.path, Last::kNotFollowed), entry.mode);
}

std::string ImageTree::path_of_last() const {
  std::vector<std::string> parts = {last_.name};
  for (size_t node = last_.directory; node != kRoot; node = nodes_[node].parent)
    parts.push_back(nodes_[node].name);
  std::reverse(parts.begin(), parts.end());
  return host::join(parts, "/");
}

// A file with hard links is copied for each name.
bool ImageTree::move_to(ImageFiles& files) {
  std::vector<std::pair<size_t, std::string>> open = {{kRoot, ""}};  // directory, path "usr/lib/"
  while (!open.empty()) {
    const auto [directory, start] = std::move(open.back());
    open.pop_back();
    for (const auto& [name, number] : nodes_[directory].names) {
      Node& node = nodes_[number];
      const std::string path = start + name;
      const size_t copied = node.shared ? node.file.text.size() : 0;
      if (!meter_.keep(path.size() + copied) || !meter_.in_time()) return false;
      if (node.file.directory) open.emplace_back(number, path + "/");
      ImageFile& file = files[path];
      if (node.shared)
        file = node.file;
      else
        file = std::move(node.file);
    }
  }
  return true;
}

}  // namespace initramfs
