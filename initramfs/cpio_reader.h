// SPDX-License-Identifier: GPL-2.0-or-later
//
// The cpio archives of an initramfs, format "newc"
// (Documentation/driver-api/early-userspace/buffer-format.rst), read by the same rules as in
// init/initramfs.c. If the kernel stops because of a fault, all later files are missing after the
// boot.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/budget.h"
#include "initramfs/byte_stream.h"
#include "initramfs/tree.h"

namespace initramfs {

class CpioReader {
 public:
  CpioReader(ImageTree& tree, host::Meter& meter) : tree_(tree), meter_(meter) {}

  // Reads archives to the end of the stream; in an uncompressed file, to the first byte that does
  // not belong to an archive. Returns the fault at which the kernel stops, "" without one.
  std::string read(ByteStream& stream, bool compressed);

  size_t entries = 0;               // of all archives so far
  std::vector<std::string> unread;  // why needed files are not kept: they are too large
 private:
  struct Header {
    uint32_t inode, mode, links, size, major, minor, name_size, sum;
    bool has_sum;
  };
  static std::string parse(std::string_view text, Header& header);
  std::string read_entry(ByteStream& stream);
  std::string read_link(const Header& header, const std::string& name, ByteStream& stream);
  std::string read_file(const Header& header, const std::string& name, ByteStream& stream);
  std::string truncation_fault() const;

  ImageTree& tree_;
  host::Meter& meter_;
  bool fresh_ = true;   // nothing was read yet
  bool closed_ = true;  // the last entry was TRAILER!!!
};

}  // namespace initramfs
