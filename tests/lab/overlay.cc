// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/lab/overlay.h"

#include "initramfs/contents.h"
#include "initramfs/cpio_writer.h"
#include "tests/lab/qemu.h"

namespace lab {
namespace {

namespace fs = std::filesystem;

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

std::string archive(const Initramfs& initramfs, const fs::path& image, bool for_root) {
  initramfs::Cpio archive;
  if (!initramfs.configuration.empty())
    archive.file("etc/vfio-early.conf", initramfs.configuration);
  initramfs::ImageContents contents;
  if (!initramfs.overlays.empty()) contents = initramfs::read_image(read_file(image));
  for (const Overlay& overlay : initramfs.overlays) {
    if (for_root && overlay.image_only) continue;
    const std::string path = path_in_image(contents, overlay.path);
    if (overlay.directory)
      archive.directory(path);
    else if (overlay.console)
      archive.character_device(path, 5, 1);
    else
      archive.file(path, overlay.text, overlay.executable ? 0755 : 0644);
  }
  return std::move(archive).finish();
}

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
  return archive(initramfs, image, /*for_root=*/false);
}

std::string root_archive(const Initramfs& initramfs, const fs::path& image) {
  return archive(initramfs, image, /*for_root=*/true);
}

}  // namespace lab
