// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/module_index.h"

namespace initramfs {
namespace {

constexpr uint32_t kMagic = 0xB007F457;
constexpr uint32_t kVersion = 0x00020001;
// The fields that a node has: flags in the offset that refers to it.
constexpr uint32_t kHasValues = 0x40000000;
constexpr uint32_t kHasChildren = 0x20000000;

std::string big_endian(uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

}  // namespace

void ModuleIndex::add(const std::string& key, const std::string& value) {
  if (key.size() > kMaxKey) return;
  Node* node = &root_;
  for (const char c : key) node = &node->children[static_cast<unsigned char>(c & 0x7f)];
  node->values.push_back(value);
}

// Writes the children first, since a node has their offsets.
uint32_t ModuleIndex::write(const Node& node, std::string& out) {
  std::string text;
  uint32_t flags = 0;
  if (!node.children.empty()) {
    flags |= kHasChildren;
    const unsigned char first = node.children.begin()->first, last = node.children.rbegin()->first;
    text += static_cast<char>(first);
    text += static_cast<char>(last);
    for (unsigned c = first; c <= last; ++c) {
      const auto child = node.children.find(static_cast<unsigned char>(c));
      text += big_endian(child == node.children.end() ? 0 : write(child->second, out));
    }
  }
  if (!node.values.empty()) {
    flags |= kHasValues;
    text += big_endian(static_cast<uint32_t>(node.values.size()));
    for (const std::string& value : node.values) text += big_endian(0) + value + '\0';
  }
  const auto offset = static_cast<uint32_t>(out.size());
  out += text;
  return offset | flags;
}

std::string ModuleIndex::bytes() const {
  std::string out = big_endian(kMagic) + big_endian(kVersion) + big_endian(0);
  const uint32_t root = write(root_, out);
  out.replace(8, 4, big_endian(root));
  return out;
}

}  // namespace initramfs
