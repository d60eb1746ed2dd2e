// SPDX-License-Identifier: GPL-2.0-or-later
//
// An access control list as the kernel returns it: an entry decides, or the access is unknown.
#include "tests/fuzz/target.h"
#include "verify/inspect/guest/account.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  // Version 2, then a tag, permissions and an id each: the owner, a user, the group, mask, others.
  return {
      std::string("\2\0\0\0"
                  "\1\0\6\0\xff\xff\xff\xff"
                  "\2\0\6\0\xe8\3\0\0"
                  "\4\0\4\0\xff\xff\xff\xff"
                  "\10\0\7\0\x6c\0\0\0"
                  "\x10\0\6\0\xff\xff\xff\xff"
                  "\x20\0\0\0\xff\xff\xff\xff",
                  52)};
}

void parse(std::string_view bytes) {
  const verify::guest::Account root{.name = "root", .uid = 0},
      user{.name = "user", .uid = 1000, .groups = {1000, 108}};
  const verify::guest::Node node{.path = "/dev/vfio/4", .mode = 0660, .acl = std::string(bytes)};
  require(verify::guest::may_open(node, root) == true);
  const auto answer = verify::guest::may_open(node, user);
  if (!bytes.empty() && bytes.size() % 8 != 4) require(!answer);
}

const Target kTarget("acl", samples, parse);

}  // namespace
}  // namespace fuzz
