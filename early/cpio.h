// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writing a cpio archive in the form that the kernel unpacks: "newc"
// (Documentation/driver-api/early-userspace/buffer-format.rst). No times and no owners: the same
// content is the same archive.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace early {

class Cpio {
 public:
  // Paths without a leading slash. The directories above `path` are added where they are missing.
  void directory(const std::string& path, unsigned mode = 0755);
  void file(const std::string& path, std::string_view text, unsigned mode = 0644);
  void character_device(const std::string& path, unsigned major, unsigned minor);

  // The archive, closed, and padded to whole sectors: what a boot loader puts behind it then begins
  // where the kernel wants an archive to begin, at a multiple of four.
  std::string finish() &&;

 private:
  struct Node {
    unsigned mode = 0;
    unsigned major = 0, minor = 0;  // of a device
  };
  void above(const std::string& path);
  void add(const std::string& path, const Node& node, std::string_view text);

  std::string archive_;
  std::set<std::string> directories_;
  unsigned inode_ = 0;
};

// `archive` as a gzip file whose blocks are stored, not packed (RFC 1951, 3.2.4), and padded as
// above. The kernel takes an archive that is not compressed at multiples of four only
// (unpack_to_rootfs in init/initramfs.c panics over any other), a compressed one anywhere. The four
// zeros in front of it are passed over everywhere, and end an lz4 archive before it, which has no
// end of its own (lib/decompress_unlz4.c).
std::string stored_gzip(std::string_view archive);

}  // namespace early
