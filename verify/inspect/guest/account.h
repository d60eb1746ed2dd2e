// SPDX-License-Identifier: GPL-2.0-or-later
//
// The user account that starts the guest, and whether it may open a device node: by the node's
// owner and mode, or by its access control list if it has one (acl(5)).
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
  bool is_current_user = false;  // it runs this process

  bool is_in(uint32_t group) const;
};

// `name` "": the user that runs this process. That user has the groups of this process. ENOENT: the
// user does not exist.
host::Result<Account> find_account(const std::string& name);

struct Node {
  std::string path;
  uint32_t uid = 0;
  uint32_t gid = 0;
  uint32_t mode = 0;  // the lowest nine bits
  std::string acl;    // the attribute system.posix_acl_access; "": none
  std::optional<host::Error> acl_unreadable;

  std::string str() const;  // "/dev/vfio/4 (0:107, 0660)"
};

host::Result<Node> read_node(const host::Root& root, const std::string& path);

// May `account` open the node for reading and writing? Nothing: unknown.
std::optional<bool> may_open(const Node& node, const Account& account);

}  // namespace verify::guest
