// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/guest/account.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace verify::guest {
namespace {

constexpr uint32_t kReadWrite = 6;

std::vector<uint32_t> own_groups() {
  std::vector<gid_t> groups(static_cast<size_t>(std::max(::getgroups(0, nullptr), 0)));
  const int number = ::getgroups(static_cast<int>(groups.size()), groups.data());
  groups.resize(static_cast<size_t>(std::max(number, 0)));
  groups.push_back(::getegid());
  return {groups.begin(), groups.end()};
}

std::vector<uint32_t> groups_of(const passwd& entry) {
  int number = 64;
  std::vector<gid_t> groups(static_cast<size_t>(number));
  while (::getgrouplist(entry.pw_name, entry.pw_gid, groups.data(), &number) < 0)
    groups.resize(static_cast<size_t>(number));
  groups.resize(static_cast<size_t>(number));
  return {groups.begin(), groups.end()};
}

uint32_t little_endian(const std::string& bytes, size_t at, size_t size) {
  uint32_t value = 0;
  for (size_t i = 0; i < size; ++i)
    value |= uint32_t{static_cast<unsigned char>(bytes[at + i])} << 8 * i;
  return value;
}

struct Entry {
  uint32_t tag, permissions, id;
};

// A header of four bytes with the version, then eight for each entry (linux/posix_acl_xattr.h).
std::optional<std::vector<Entry>> parse_acl(const std::string& bytes) {
  if (bytes.size() < 4 || bytes.size() % 8 != 4 ||
      little_endian(bytes, 0, 4) != POSIX_ACL_XATTR_VERSION)
    return std::nullopt;
  std::vector<Entry> entries;
  for (size_t at = 4; at < bytes.size(); at += 8)
    entries.push_back({little_endian(bytes, at, 2), little_endian(bytes, at + 2, 2),
                       little_endian(bytes, at + 4, 4)});
  return entries;
}

bool grants(uint32_t permissions) {
  return (permissions & kReadWrite) == kReadWrite;
}

// acl(5), "Access check algorithm".
bool acl_grants(const std::vector<Entry>& entries, const Node& node, const Account& account) {
  uint32_t mask = 7, other = 0;
  for (const Entry& entry : entries) {
    if (entry.tag == ACL_MASK) mask = entry.permissions;
    if (entry.tag == ACL_OTHER) other = entry.permissions;
  }
  for (const Entry& entry : entries) {
    if (entry.tag == ACL_USER_OBJ && node.uid == account.uid) return grants(entry.permissions);
    if (entry.tag == ACL_USER && entry.id == account.uid) return grants(entry.permissions & mask);
  }
  bool in_some_group = false;
  for (const Entry& entry : entries) {
    const bool owning = entry.tag == ACL_GROUP_OBJ && account.is_in(node.gid);
    if (!owning && !(entry.tag == ACL_GROUP && account.is_in(entry.id))) continue;
    if (grants(entry.permissions & mask)) return true;
    in_some_group = true;
  }
  return !in_some_group && grants(other);
}

}  // namespace

bool Account::is_in(uint32_t group) const {
  return std::find(groups.begin(), groups.end(), group) != groups.end();
}

host::Result<Account> find_account(const std::string& name) {
  errno = 0;
  const passwd* entry = name.empty() ? ::getpwuid(::geteuid()) : ::getpwnam(name.c_str());
  if (!entry && !name.empty()) return host::Error{ENOENT, "look up the user " + name};
  Account account;
  account.uid = entry ? entry->pw_uid : ::geteuid();
  account.name = entry ? entry->pw_name : std::to_string(account.uid);
  account.is_current_user = account.uid == ::geteuid();
  account.groups = account.is_current_user || !entry ? own_groups() : groups_of(*entry);
  for (const uint32_t group : account.groups)
    if (const struct group* found = ::getgrgid(group))
      account.group_names.push_back(found->gr_name);
  return account;
}

std::string Node::str() const {
  return fmt::format("{} ({}:{}, {:04o}{})", path, uid, gid, mode,
                     acl.empty() ? "" : ", with an ACL");
}

host::Result<Node> read_node(const host::Root& root, const std::string& path) {
  const auto fd = root.open_file(path, O_PATH);
  if (!fd) return fd.error();
  struct stat status = {};
  if (::fstat(fd->get(), &status) != 0) return host::Error{errno, "stat " + path};
  Node node{.path = path,
            .uid = status.st_uid,
            .gid = status.st_gid,
            .mode = status.st_mode & 0777,
            .acl = {},
            .acl_unreadable = {}};
  // fgetxattr() does not work with an O_PATH descriptor; its link in /proc leads to the node.
  const std::string self = "/proc/self/fd/" + std::to_string(fd->get());
  std::array<char, 4096> bytes = {};
  const ssize_t size =
      ::getxattr(self.c_str(), "system.posix_acl_access", bytes.data(), bytes.size());
  if (size >= 0)
    node.acl.assign(bytes.data(), static_cast<size_t>(size));
  else if (errno != ENODATA && errno != ENOTSUP)
    node.acl_unreadable = host::Error{errno, "read the access control list of " + path};
  return node;
}

std::optional<bool> may_open(const Node& node, const Account& account) {
  if (account.uid == 0) return true;
  if (node.acl_unreadable) return std::nullopt;
  if (!node.acl.empty()) {
    const auto entries = parse_acl(node.acl);
    if (!entries) return std::nullopt;
    return acl_grants(*entries, node, account);
  }
  if (node.uid == account.uid) return grants(node.mode >> 6);
  return grants(account.is_in(node.gid) ? node.mode >> 3 : node.mode);
}

}  // namespace verify::guest
