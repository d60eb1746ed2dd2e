// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/image_contents.h"

#include <algorithm>
#include <climits>
#include <memory>
#include <optional>
#include <set>

#include <archive.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "host/text.h"
#include "verify/budget.h"
#include "verify/image_parts.h"

namespace verify {
namespace {

constexpr std::string_view kUsr = "usr/";
constexpr size_t kHeader = 110;

struct Close {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, Close>;

std::string normal(std::string_view path) {
  while (path.starts_with("/") || path.starts_with("./"))
    path.remove_prefix(path[0] == '/' ? 1 : 2);
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

std::string_view name_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// Programs and modules: their first bytes tell whether a kernel would take them.
bool has_head(std::string_view path) {
  const std::string_view name = name_of(path);
  return name == "vfio-early" || name.find(".ko") != name.npos;
}

// Those whose text says how the image starts and what it loads.
bool is_kept(std::string_view path) {
  if (path.starts_with("vfio-early.d/")) path.remove_prefix(sizeof("vfio-early.d/") - 1);
  if (path.starts_with(kUsr)) path.remove_prefix(kUsr.size());
  for (const std::string_view whole : {"init", "config", "conf/modules", "buildconfig"})
    if (path == whole) return true;
  for (const std::string_view start : {"etc/vfio-early.conf",
                                       "etc/modules-load.d/",
                                       "lib/modules-load.d/",
                                       "etc/cmdline.d/",
                                       "scripts/init-top/",
                                       "hooks/",
                                       "lib/dracut/hooks/",
                                       "var/lib/dracut/hooks/",
                                       "etc/systemd/system.control/vfio-",
                                       "etc/systemd/system.attached/vfio-",
                                       "local/lib/systemd/system/vfio-",
                                       "etc/systemd/system/service.d/",
                                       "lib/systemd/system/service.d/",
                                       "etc/systemd/system/vfio-",
                                       "lib/systemd/system/vfio-",
                                       "etc/dracut/hooks/",
                                       "scripts/init-bottom/",
                                       "scripts/local-premount/",
                                       "conf/conf.d/",
                                       "conf/initramfs.conf",
                                       "lib/dracut-lib.sh",
                                       "etc/conf.d/",
                                       "etc/modprobe.d/",
                                       "lib/modprobe.d/"})
    if (path.starts_with(start)) return true;
  if (path.starts_with("lib/modules/") && name_of(path).starts_with("vfio")) return true;
  for (const std::string_view list : {"modules.dep", "modules.builtin", "modules.builtin.modinfo"})
    if (path.starts_with("lib/modules/") && path.ends_with(list)) return true;
  return false;
}

int without_filter(archive*) {
  return ARCHIVE_OK;
}

// By ImagePart::compression, what libarchive unpacks by itself: for lzo it would start a program.
constexpr struct {
  std::string_view compression;
  int (*support)(archive*);
} kFilters[] = {{"none", without_filter},
                {"gzip", archive_read_support_filter_gzip},
                {"xz", archive_read_support_filter_xz},
                {"zstd", archive_read_support_filter_zstd},
                {"lz4", archive_read_support_filter_lz4},
                {"lzma", archive_read_support_filter_lzma},
                {"bzip2", archive_read_support_filter_bzip2}};

// The bytes of one part, unpacked. The archive in them is read here and not by libarchive, which
// would make room for whatever length a header claims.
class Stream {
 public:
  Stream(std::string_view packed, std::string_view compression, Meter& meter)
      : reader_(archive_read_new()), meter_(meter) {
    fault_ = open(packed, compression);
    ended_ = !fault_.empty();
  }

  // False: there is not that much, and nothing is to be had any more.
  bool take(char* to, size_t size) {
    for (size_t done = 0; done < size && !ended_;) {
      const la_ssize_t count = archive_read_data(reader_.get(), to + done, size - done);
      if (count < 0) fault_ = words();
      ended_ = count <= 0;
      if (count > 0) place_ += static_cast<size_t>(count), done += static_cast<size_t>(count);
      if (count > 0 && !meter_.unpack(static_cast<size_t>(count))) {
        fault_ = meter_.excess();
        ended_ = true;
      }
    }
    return !ended_;
  }

  bool skip(size_t size) {
    char scratch[16384];
    for (size_t piece; size > 0; size -= piece)
      if (!take(scratch, piece = std::min(size, sizeof scratch))) return false;
    return true;
  }

  bool align() { return skip((4 - place_ % 4) % 4); }

  std::optional<std::string> text(size_t size) {
    std::string text(size, '\0');
    if (!take(text.data(), size)) return std::nullopt;
    return text;
  }

  // All that is left; nothing where that is more, or damaged.
  std::optional<std::string> rest(size_t limit) {
    std::string text(limit + 1, '\0');
    const bool more = take(text.data(), text.size());
    if (more || !fault_.empty()) return std::nullopt;
    text.resize(place_);
    return text;
  }

  std::string error() const { return fault_.empty() ? "it is cut off" : fault_; }

 private:
  // "", or why there is nothing to read.
  std::string open(std::string_view packed, std::string_view compression) {
    const auto* filter = std::find_if(std::begin(kFilters), std::end(kFilters), [&](auto& known) {
      return known.compression == compression;
    });
    if (filter == std::end(kFilters)) return "vfio-verify can't unpack this compression";
    archive_entry* entry = nullptr;
    archive* reader = reader_.get();
    filter->support(reader);
    archive_read_support_format_raw(reader);
    if (archive_read_open_memory(reader, packed.data(), packed.size()) != ARCHIVE_OK ||
        archive_read_next_header(reader, &entry) != ARCHIVE_OK)
      return words();
    // libarchive unpacks what it unpacked again; the kernel does not. The last one is "none".
    const int expected = filter->support == without_filter ? 1 : 2;
    const int filters = archive_filter_count(reader);
    if (filters > expected) return "it is compressed more than once";
    return filters < expected ? fmt::format("it is not compressed with {}", compression) : "";
  }

  std::string words() const {
    const char* words = archive_error_string(reader_.get());
    return words ? words : "it can't be unpacked";
  }

  Reader reader_;
  Meter& meter_;
  size_t place_ = 0;
  bool ended_ = false;
  std::string fault_;
};

struct Header {
  uint32_t mode = 0, size = 0, name_size = 0;
};

// "newc", see early/cpio.h.
std::optional<Header> parse_header(std::string_view text) {
  const auto field = [&](size_t number) {
    return host::parse_number(text.substr(6 + 8 * number, 8), 16);
  };
  const auto mode = field(1), size = field(6), name_size = field(11);
  if (!text.starts_with("07070") || !mode || !size || !name_size) return std::nullopt;
  return Header{*mode, *size, *name_size};
}

class PartReader {
 public:
  PartReader(ImageContents& contents, Meter& meter, std::string_view bytes,
             std::string_view compression)
      : contents_(contents), meter_(meter), stream_(bytes, compression, meter) {}

  // "", or what went wrong. Several archives may follow each other.
  std::string read() {
    char header[kHeader];
    for (;;) {
      header[0] = '\0';
      while (header[0] == '\0')
        if (!stream_.take(header, 1)) return entries == 0 ? stream_.error() : "";
      if (!stream_.take(header + 1, kHeader - 1)) return stream_.error();
      const auto parsed = parse_header({header, kHeader});
      if (!parsed) return "it is no cpio archive of the kind that the kernel takes";
      if (parsed->name_size == 0 || parsed->name_size > PATH_MAX)
        return "a name has no sane length";
      if (!add(*parsed)) return meter_.excess().empty() ? stream_.error() : meter_.excess();
    }
  }

  size_t entries = 0;

 private:
  // A later archive's file takes the place of an earlier one's. False: the stream is over.
  bool add(const Header& header) {
    const auto raw = stream_.text(header.name_size);
    if (!raw || !stream_.align()) return false;
    const std::string name = normal(raw->c_str());
    if (name == "TRAILER!!!") return true;
    if (!meter_.enter(name)) return false;
    ImageFile file{.directory = S_ISDIR(header.mode),
                   .regular = S_ISREG(header.mode),
                   .permissions = header.mode & 07777,
                   .size = header.size,
                   .link = {},
                   .text = {},
                   .head = {}};
    const bool link = S_ISLNK(header.mode) && header.size <= PATH_MAX;
    const bool wanted = S_ISREG(header.mode) && is_kept(name);
    const bool kept = wanted && header.size <= meter_.budget().text;
    if (wanted && !kept)
      contents_.faults.push_back(
          fmt::format("{} is not read: it has more than {} MiB", name, meter_.budget().text >> 20));
    if (link || kept) {
      if (!meter_.keep(header.size)) return false;
      const auto content = stream_.text(header.size);
      if (!content) return false;
      (link ? file.link : file.text) = *content;
      if (has_head(name)) file.head = content->substr(0, kImageHead);
    } else {
      const size_t head =
          file.regular && has_head(name) ? std::min<size_t>(header.size, kImageHead) : 0;
      const auto start = stream_.text(head);
      if (!start || !stream_.skip(header.size - head)) return false;
      file.head = *start;
    }
    ++entries;
    if (!name.empty()) contents_.files[name] = std::move(file);
    return stream_.align();
  }

  ImageContents& contents_;
  Meter& meter_;
  Stream stream_;
};

// With usr/ in front, or without.
std::string sibling(std::string_view path) {
  if (path.starts_with(kUsr)) return std::string(path.substr(kUsr.size()));
  return std::string(kUsr) + std::string(path);
}

}  // namespace

const ImageFile* ImageContents::find(std::string_view path) const {
  auto found = files.find(path);
  if (found == files.end()) found = files.find(sibling(path));
  return found == files.end() ? nullptr : &found->second;
}

const ImageFile* ImageContents::resolve(std::string_view path) const {
  constexpr int kMostLinks = 40;        // as the kernel (MAXSYMLINKS, include/linux/namei.h)
  std::vector<std::string> open, done;  // components: still to go, last one first; gone
  const auto push = [&](std::string_view way) {
    const auto hops = host::split(way, "/");
    open.insert(open.end(), hops.rbegin(), hops.rend());
  };
  push(path);
  const ImageFile* file = nullptr;
  for (int links = 0; !open.empty();) {
    const std::string part = std::move(open.back());
    open.pop_back();
    if (part == "..") {
      if (!done.empty()) done.pop_back();
      continue;
    }
    if (part == ".") continue;
    done.push_back(part);
    file = find(host::join(done, "/"));
    if (!file) {
      if (open.empty()) return nullptr;  // a directory may stand for itself in its files' names
      continue;
    }
    if (file->link.empty()) continue;
    if (++links > kMostLinks) return nullptr;
    done.pop_back();
    if (file->link.starts_with('/')) done.clear();
    push(file->link);
    file = nullptr;
  }
  return file;
}

std::string ImageContents::text(std::string_view path) const {
  const ImageFile* file = find(path);
  return file ? file->text : "";
}

std::vector<std::string> ImageContents::list(std::string_view directory) const {
  std::set<std::string> names;
  for (const std::string& spelling : {std::string(directory), sibling(directory)}) {
    const std::string start = spelling + "/";
    for (auto at = files.lower_bound(start); at != files.end() && at->first.starts_with(start);
         ++at) {
      const std::string_view rest = std::string_view(at->first).substr(start.size());
      names.emplace(rest.substr(0, rest.find('/')));
    }
  }
  return {names.begin(), names.end()};
}

std::optional<std::string> unpack(std::string_view packed, std::string_view compression,
                                  size_t limit) {
  if (compression == "none") return std::string(packed);
  Meter meter(kImageBudget);
  return Stream(packed, compression, meter).rest(limit);
}

ImageContents read_image(std::string_view image) {
  ImageContents contents;
  Meter meter(kImageBudget);
  const ImageParts cut = cut_image(image, meter);
  for (const ImagePart& part : cut.parts) {
    PartReader reader(contents, meter, image.substr(part.offset, part.length), part.compression);
    const std::string fault = reader.read();
    contents.parts.push_back(fmt::format("{} ({} files)", part.compression, reader.entries));
    if (!fault.empty())
      contents.faults.push_back(fmt::format("the archive at byte {} (compression: {}): {}",
                                            part.offset, part.compression, fault));
  }
  if (!cut.fault.empty()) contents.faults.push_back(cut.fault);
  return contents;
}

}  // namespace verify
