// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/cpio_writer.h"

#include <cstdint>
#include <cstdio>

#include <sys/stat.h>
#include <zlib.h>

namespace initramfs {
namespace {

constexpr size_t kSector = 512;
constexpr size_t kStoredBlock = 65535;

void pad(std::string& text, size_t unit) {
  text.resize((text.size() + unit - 1) / unit * unit, '\0');
}

void put_little(std::string& text, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
}

}  // namespace

void Cpio::add_parents(const std::string& path) {
  for (size_t slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1))
    directory(path.substr(0, slash));
}

void Cpio::directory(const std::string& path, unsigned mode) {
  if (directories_.contains(path)) return;
  add_parents(path);
  directories_.insert(path);
  add(path, {S_IFDIR | mode}, {});
}

void Cpio::file(const std::string& path, std::string_view text, unsigned mode) {
  add_parents(path);
  add(path, {S_IFREG | mode}, text);
}

void Cpio::character_device(const std::string& path, unsigned major, unsigned minor) {
  add_parents(path);
  add(path, {S_IFCHR | 0600, major, minor}, {});
}

void Cpio::add(const std::string& path, const Node& node, std::string_view text) {
  char header[111];
  std::snprintf(header, sizeof header, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
                ++inode_, node.mode, 0U, 0U, 1U, 0U, static_cast<unsigned>(text.size()), 0U, 0U,
                node.major, node.minor, static_cast<unsigned>(path.size() + 1), 0U);
  archive_ += header;
  archive_ += path;
  archive_ += '\0';
  pad(archive_, 4);
  archive_ += text;
  pad(archive_, 4);
}

std::string Cpio::finish() && {
  add("TRAILER!!!", {}, {});
  pad(archive_, kSector);
  return std::move(archive_);
}

std::string stored_gzip(std::string_view archive) {
  std::string gzip(4, '\0');
  // Magic, deflate, no flags, no time, no hints, Unix: RFC 1952, 2.3.
  gzip.append("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
  for (std::string_view rest = archive;;) {
    const auto block = rest.substr(0, kStoredBlock);
    rest.remove_prefix(block.size());
    gzip += rest.empty() ? '\1' : '\0';
    put_little(gzip, static_cast<uint32_t>(block.size()), 2);
    put_little(gzip, ~static_cast<uint32_t>(block.size()), 2);
    gzip += block;
    if (rest.empty()) break;
  }
  const auto sum =
      ::crc32(0, reinterpret_cast<const Bytef*>(archive.data()), static_cast<uInt>(archive.size()));
  put_little(gzip, static_cast<uint32_t>(sum), 4);
  put_little(gzip, static_cast<uint32_t>(archive.size()), 4);
  pad(gzip, kSector);
  return gzip;
}

}  // namespace initramfs
