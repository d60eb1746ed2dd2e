// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who is to start the guest, and which device nodes the kernel would let them open: by owner and
// mode, and by an access control list where the node has one (acl(5)).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/result.h"
#include "host/root.h"

namespace verify::guest {

struct Account {
  std::string name;
  uint32_t uid = 0;
  std::vector<uint32_t> groups;
  std::vector<std::string> group_names;
  bool calling = false;  // it is who runs this

  bool is_in(uint32_t group) const;
};

// `name` "": who runs this, with the groups of this very process. ENOENT: there is no such user.
host::Result<Account> find_account(const std::string& name);

struct Node {
  std::string path;
  uint32_t uid = 0;
  uint32_t gid = 0;
  uint32_t mode = 0;  // the lowest nine bits
  std::string acl;    // "" it has none; else as the kernel hands it out
  std::optional<host::Error> acl_unreadable;

  std::string str() const;  // "/dev/vfio/4 (0:107, 0660)"
};

host::Result<Node> read_node(const host::Root& root, const std::string& path);

// For reading and writing; nothing: can't be told.
std::optional<bool> may_open(const Node& node, const Account& account);

}  // namespace verify::guest
