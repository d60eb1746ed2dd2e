// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/cpio_reader.h"

#include <climits>
#include <iterator>

#include <elf.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "host/text.h"
#include "initramfs/kept_files.h"

namespace initramfs {
namespace {

constexpr size_t kHeader = 110;
constexpr const char* kWrongField =
    "a header field of its cpio archive is not a hexadecimal number";

}  // namespace

// Kernel versions treat a field that is not hexadecimal differently, so it is a fault here.
std::string CpioReader::parse(std::string_view text, Header& header) {
  if (!text.starts_with("070701") && !text.starts_with("070702"))
    return "it is not a cpio archive in the format \"newc\", which the kernel needs";
  uint32_t fields[13];
  for (size_t i = 0; i < std::size(fields); ++i) {
    const auto field = host::parse_number(text.substr(6 + 8 * i, 8), 16);
    if (!field) return kWrongField;
    fields[i] = *field;
  }
  constexpr uint32_t kModeBits = 0xffff;  // umode_t
  header = {
      fields[0],  fields[1] & kModeBits,     fields[4], fields[6], fields[7], fields[8], fields[11],
      fields[12], text.starts_with("070702")};
  if (header.name_size == 0 || header.name_size > PATH_MAX)
    return "the length of a name is 0, or exceeds PATH_MAX";
  const bool content_lost =
      S_ISLNK(header.mode) ? header.size > PATH_MAX : header.size > 0 && !S_ISREG(header.mode);
  if (content_lost) return "an entry has content that its type does not allow";
  return {};
}

std::string CpioReader::truncation_fault() const {
  return meter_.exceeded_limit().empty() ? "it is truncated" : meter_.exceeded_limit();
}

std::string CpioReader::read(ByteStream& stream, bool compressed) {
  if (compressed && fresh_ && stream.peek() == 0) return "zeros precede its first entry";
  for (;;) {
    while (stream.peek() == 0) (void)stream.skip(1);
    const int next = stream.peek();
    if (next >= 0 && stream.offset() % 4 != 0) return "the data after an entry is not aligned";
    if (next != '0') {
      if (next >= 0 && compressed)
        return "its archives are followed by data that is not an archive";
      if (!meter_.exceeded_limit().empty()) return meter_.exceeded_limit();
      // An archive with only TRAILER!!! is complete, and so is an empty stream after an archive.
      return closed_ && !fresh_ ? "" : "it is empty, or the entry TRAILER!!! is missing";
    }
    fresh_ = false;
    if (std::string fault = read_entry(stream); !fault.empty()) return fault;
  }
}

std::string CpioReader::read_entry(ByteStream& stream) {
  std::string text;
  Header header = {};
  if (!stream.take(text, kHeader)) return truncation_fault();
  if (std::string fault = parse(text, header); !fault.empty()) return fault;
  if (!stream.take(text, header.name_size) || !stream.align()) return truncation_fault();
  if (text.back() != '\0') return "a name is not terminated";
  const std::string name = text.substr(0, text.find('\0'));
  closed_ = name == "TRAILER!!!" && !S_ISLNK(header.mode);
  if (!closed_) ++entries;
  std::string fault;
  if (closed_) {
    tree_.end_archive();
    if (!stream.skip(header.size)) return truncation_fault();
  } else if (!meter_.enter(name)) {
    return meter_.exceeded_limit();
  } else if (S_ISLNK(header.mode)) {
    fault = read_link(header, name, stream);
  } else {
    fault = read_file(header, name, stream);
  }
  // The last entry of a file may lack the padding.
  if (fault.empty()) (void)stream.align();
  return fault;
}

std::string CpioReader::read_link(const Header& header, const std::string& name,
                                  ByteStream& stream) {
  std::string target;
  if (!stream.take(target, header.size)) return truncation_fault();
  if (!meter_.keep(target.size())) return meter_.exceeded_limit();
  tree_.add_link(name, target.c_str());
  return {};
}

std::string CpioReader::read_file(const Header& header, const std::string& name,
                                  ByteStream& stream) {
  const ImageTree::Entry entry = {.path = name,
                                  .mode = header.mode,
                                  .links = header.links,
                                  .inode = header.inode,
                                  .major = header.major,
                                  .minor = header.minor};
  if (!S_ISREG(header.mode)) return tree_.add(entry), "";
  ImageFile* const file = tree_.add_file(entry, header.size);
  if (!file) return stream.skip(header.size) ? "" : truncation_fault();
  const std::string path = tree_.path_of_last();
  Kept keep = kept(path, header.size);
  if (keep == Kept::kYes && header.size > meter_.budget().text) {
    unread.push_back(
        fmt::format("{} is not read: it has more than {} MiB", path, meter_.budget().text >> 20));
    keep = Kept::kNo;
  }
  uint32_t sum = 0;
  for (size_t left = header.size; left > 0;) {
    const std::string_view some = stream.take_some(left);
    if (some.empty()) return truncation_fault();
    left -= some.size();
    if (header.has_sum)
      for (const char c : some) sum += static_cast<unsigned char>(c);
    if (file->head.size() < kImageHead)
      file->head += some.substr(0, kImageHead - file->head.size());
    if (keep == Kept::kIfText && file->head.starts_with(ELFMAG)) keep = Kept::kNo;
    if (keep != Kept::kNo) file->text += some;
    if (!meter_.keep(keep != Kept::kNo ? some.size() : 0)) return meter_.exceeded_limit();
  }
  if (keep == Kept::kNo) file->text.clear();
  if (header.has_sum && sum != header.sum) return "the checksum of " + path + " is wrong";
  return {};
}

}  // namespace initramfs
