// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lab/overlay.h"

#include <cstdio>
#include <set>

#include "initramfs/contents.h"
#include "tests/lab/qemu.h"

namespace lab {
namespace {

namespace fs = std::filesystem;

constexpr size_t kSector = 512;
constexpr int kMaxSymlinks = 40;  // Linux's limit in one path

constexpr std::string_view kHooks = "usr/lib/dracut/hooks/";
constexpr std::string_view kFirstHooks = "var/lib/dracut/hooks";

// `path`, with its first directory that is a link replaced by the link's target; `path` itself if
// none is a link.
fs::path follow_one_link(const initramfs::ImageContents& image, const fs::path& path) {
  fs::path parent;
  for (auto part = path.begin(); part != path.end() && std::next(part) != path.end();) {
    const fs::path directory = parent / *part++;
    const auto file = image.files.find(directory.string());
    if (file != image.files.end() && !file->second.link.empty()) {
      fs::path rest = (parent / file->second.link).lexically_normal().relative_path();
      for (; part != path.end(); ++part) rest /= *part;
      return rest;
    }
    parent = directory;
  }
  return path;
}

// A header of the "newc" format (Documentation/driver-api/early-userspace/buffer-format.rst).
std::string header(unsigned inode, unsigned mode, size_t size, const std::string& name) {
  const unsigned bytes = static_cast<unsigned>(size);  // its fields have 32 bits
  const unsigned name_bytes = static_cast<unsigned>(name.size() + 1);
  char text[111];
  std::snprintf(text, sizeof text, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
                inode, mode, 0U, 0U, 1U, 0U, bytes, 0U, 0U, 0U, 0U, name_bytes, 0U);
  return text + name;
}

void pad(std::string& archive, size_t unit) {
  archive.resize((archive.size() + unit - 1) / unit * unit, '\0');
}

class Archive {
 public:
  void directory(const std::string& path) {
    if (seen_.insert(path).second) add(path, 0040755, "");
  }
  void file(const std::string& path, const std::string& text, unsigned mode = 0100644) {
    const fs::path full_path(path);
    fs::path parent;
    for (const fs::path& part : full_path.parent_path()) directory(parent = parent / part);
    add(path, mode, text);
  }
  std::string finish() {
    add("TRAILER!!!", 0, "");
    pad(text_, kSector);
    return std::move(text_);
  }

 private:
  void add(const std::string& path, unsigned mode, const std::string& text) {
    text_ += header(++inode_, mode, text.size(), path) + '\0';
    pad(text_, 4);
    text_ += text;
    pad(text_, 4);
  }

  std::string text_;
  std::set<std::string> seen_;
  unsigned inode_ = 0;
};

}  // namespace

std::string path_in_image(const initramfs::ImageContents& image, const std::string& path) {
  fs::path before = path;
  if (path.starts_with(kHooks) && image.has(kFirstHooks))
    before = fs::path(kFirstHooks) / path.substr(kHooks.size());
  for (int i = 0; i < kMaxSymlinks; ++i) {
    const fs::path after = follow_one_link(image, before);
    if (after == before) break;
    before = after;
  }
  return before;
}

std::string overlay_archive(const Initramfs& initramfs, const fs::path& image) {
  Archive archive;
  if (!initramfs.configuration.empty())
    archive.file("etc/vfio-early.conf", initramfs.configuration);
  initramfs::ImageContents contents;
  if (!initramfs.overlays.empty()) contents = initramfs::read_image(read_file(image));
  for (const Overlay& overlay : initramfs.overlays) {
    const std::string path = path_in_image(contents, overlay.path);
    if (overlay.directory)
      archive.directory(path);
    else
      archive.file(path, overlay.text, overlay.executable ? 0100755 : 0100644);
  }
  return archive.finish();
}

}  // namespace lab
