// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes the indexes in which libkmod looks modules up: modules.dep.bin, modules.alias.bin and so
// on, which depmod makes for a whole module tree. The form is described in kmod's
// libkmod/libkmod-index.c: a trie whose nodes refer to their children by offset, all numbers
// big-endian.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace initramfs {

class ModuleIndex {
 public:
  // `key` is ASCII: a module's name, or an alias with wildcards. A key of more than kMaxKey bytes
  // is left out: each byte is a level of the trie, and depmod's longest keys have about 200.
  static constexpr size_t kMaxKey = 1000;
  void add(const std::string& key, const std::string& value);

  std::string bytes() const;

 private:
  struct Node {
    std::map<unsigned char, Node> children;
    std::vector<std::string> values;
  };
  static uint32_t write(const Node& node, std::string& out);

  Node root_;
};

}  // namespace initramfs
