// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/contents.h"

#include <climits>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "host/text.h"
#include "host/walk.h"
#include "initramfs/byte_stream.h"
#include "initramfs/cpio_reader.h"
#include "initramfs/decoder.h"
#include "initramfs/tree.h"

namespace initramfs {
namespace {

// Resolves a path in the image.
class Walk {
 public:
  Walk(const ImageFiles& files, std::string_view path) : files_(files) { push(path); }

  std::optional<std::string> end(bool follow_last) {
    constexpr size_t kMaxSteps = 10000;  // far more than a real path has
    for (int links = 0; !open_.empty();) {
      const std::string_view name = open_.back();
      open_.pop_back();
      if (steps_ > kMaxSteps || path_.size() > PATH_MAX || !step(name)) return std::nullopt;
      const ImageFile* file = found();
      if (!file || file->link.empty() || (open_.empty() && !follow_last)) continue;
      if (++links > host::kMaxLinks) return std::nullopt;
      up();
      if (file->link.starts_with('/')) path_.clear();
      push(file->link);
    }
    return path_;
  }

  // The names in the path and in all links that were followed.
  size_t steps() const { return steps_; }

 private:
  void push(std::string_view path) {
    const auto names = host::split(path, "/");
    open_.insert(open_.end(), names.rbegin(), names.rend());
    steps_ += names.size();
  }
  const ImageFile* found() const {
    const auto file = files_.find(path_);
    return file == files_.end() ? nullptr : &file->second;
  }
  void up() { path_.resize(path_.find('/') == path_.npos ? 0 : path_.rfind('/')); }

  // False: the path so far is not a directory.
  bool step(std::string_view name) {
    const ImageFile* here = found();
    if (!path_.empty() && here && !here->directory) return false;
    if (name == ".") return true;
    if (name == "..") return !path_.empty() && !here ? false : (up(), true);
    if (!path_.empty()) path_ += '/';
    path_ += name;
    return true;
  }

  const ImageFiles& files_;
  std::vector<std::string_view> open_;  // remaining names, the next one last
  std::string path_;
  size_t steps_ = 0;
};

// Works as the kernel's unpack_to_rootfs() in init/initramfs.c.
class Reader {
 public:
  Reader(std::string_view image, host::Meter& meter, ImageContents& contents)
      : image_(image), meter_(meter), contents_(contents), tree_(meter), cpio_(tree_, meter) {}

  void read() {
    while ((at_ = image_.find_first_not_of('\0', at_)) != image_.npos && read_part()) {
    }
    if (!tree_.move_to(contents_.files) && contents_.faults.empty())
      contents_.faults.push_back(meter_.exceeded_limit());
    for (std::string& fault : cpio_.unread) contents_.faults.push_back(std::move(fault));
    if (cpio_.entries == 0)
      contents_.files.clear();  // without entries, only the kernel's default files are in the tree
  }

 private:
  // False: the kernel stops here, and so does this program.
  bool read_part() {
    if (contents_.parts.size() == meter_.budget().archives)
      return stop("", fmt::format("vfio-verify reads at most {} archives", contents_.parts.size()));
    const std::string_view rest = image_.substr(at_);
    const size_t before = cpio_.entries;
    if (rest.front() == '0' && at_ % 4 == 0) {
      ByteStream stream(rest, at_);
      const std::string fault = cpio_.read(stream, false);
      add_part("not compressed", before);
      if (!fault.empty()) return stop("none", fault);
      at_ = stream.offset();
      return true;
    }
    const std::string_view compression = compression_of(rest);
    if (compression.empty())
      return stop("", rest.front() == '0' ? "it is not aligned" : "its format is unknown");
    const auto decoder = make_decoder(compression, rest);
    if (!decoder) return stop(compression, "vfio-verify does not support this compression");
    ByteStream stream(*decoder, meter_);
    std::string fault = cpio_.read(stream, true);
    if (!decoder->fault().empty()) fault = decoder->fault();
    add_part(compression, before);
    if (!fault.empty()) return stop(compression, fault);
    at_ += decoder->consumed();
    return true;
  }

  void add_part(std::string_view compression, size_t before) {
    const size_t files = cpio_.entries - before;
    contents_.parts.push_back(
        fmt::format("{} ({} {})", compression, files, files == 1 ? "file" : "files"));
  }

  bool stop(std::string_view compression, std::string_view why) {
    const std::string kind =
        compression.empty() ? "" : fmt::format(" (compression: {})", compression);
    contents_.faults.push_back(
        fmt::format("the data at byte {}{} cannot be unpacked: {}", at_, kind, why));
    return false;
  }

  std::string_view image_;
  host::Meter& meter_;
  ImageContents& contents_;
  ImageTree tree_;
  CpioReader cpio_;
  size_t at_ = 0;
};

const ImageFile* at(const ImageFiles& files, const std::optional<std::string>& path) {
  const auto file = path ? files.find(*path) : files.end();
  return file == files.end() ? nullptr : &file->second;
}

}  // namespace

bool ImageContents::spend(size_t steps) const {
  if (exhausted()) return false;
  steps_ += steps;
  if (exhausted())
    faults.push_back(fmt::format("the limit of {} look-up steps for {} is exceeded",
                                 host::kImageBudget.steps, host::kImageBudget.what));
  return !exhausted();
}

std::optional<std::string> ImageContents::walk(std::string_view path, Last last) const {
  if (exhausted()) return std::nullopt;
  Walk walk(files, path);
  auto end = walk.end(last == Last::kFollowed);
  return spend(walk.steps()) ? std::move(end) : std::nullopt;
}

const ImageFile* ImageContents::find(std::string_view path) const {
  return at(files, walk(path, Last::kNotFollowed));
}

const ImageFile* ImageContents::resolve(std::string_view path) const {
  return at(files, real_path(path));
}

std::optional<std::string> ImageContents::real_path(std::string_view path) const {
  return walk(path, Last::kFollowed);
}

std::string ImageContents::text(std::string_view path) const {
  constexpr size_t kBytesPerStep = 16;  // some callers use ten times the text's memory
  const ImageFile* file = resolve(path);
  return file && spend(file->text.size() / kBytesPerStep) ? file->text : "";
}

std::vector<std::string> ImageContents::list(std::string_view directory) const {
  const auto path = real_path(directory);
  if (!path) return {};
  std::set<std::string> names;
  const std::string start = *path + "/";
  for (auto file = files.lower_bound(start); file != files.end() && file->first.starts_with(start);
       ++file) {
    if (!spend(1)) return {};
    const std::string_view rest = std::string_view(file->first).substr(start.size());
    names.emplace(rest.substr(0, rest.find('/')));
  }
  return {names.begin(), names.end()};
}

ImageContents read_image(std::string_view image, host::Meter& meter) {
  ImageContents contents;
  Reader(image, meter, contents).read();
  return contents;
}

ImageContents read_image(std::string_view image) {
  host::Meter meter(host::kImageBudget, image.size());
  return read_image(image, meter);
}

}  // namespace initramfs
