// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes a cpio archive in the form that the kernel unpacks, "newc"
// (Documentation/driver-api/early-userspace/buffer-format.rst). It has no times and no owners: the
// same content gives the same archive.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace initramfs {

class Cpio {
 public:
  // Paths have no leading slash. Missing directories above `path` are added.
  void directory(const std::string& path, unsigned mode = 0755);
  void file(const std::string& path, std::string_view text, unsigned mode = 0644);
  void character_device(const std::string& path, unsigned major, unsigned minor);

  // Closes the archive and pads it to whole sectors: an archive that the boot loader puts after it
  // begins at a multiple of four, as the kernel requires.
  std::string finish() &&;

 private:
  struct Node {
    unsigned mode = 0;
    unsigned major = 0, minor = 0;  // of a device
  };
  void add_parents(const std::string& path);
  void add(const std::string& path, const Node& node, std::string_view text);

  std::string archive_;
  std::set<std::string> directories_;
  unsigned inode_ = 0;
};

// `archive` as a gzip file with stored blocks (RFC 1951, 3.2.4), padded as above. The kernel
// accepts an archive that is not compressed only at multiples of four (unpack_to_rootfs in
// init/initramfs.c panics otherwise), a compressed one anywhere. The file begins with four zero
// bytes: the kernel skips them everywhere, and they end an lz4 archive before it, which has no end
// mark (lib/decompress_unlz4.c).
std::string stored_gzip(std::string_view archive);

}  // namespace initramfs
