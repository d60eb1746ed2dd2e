// SPDX-License-Identifier: GPL-2.0-or-later
//
// A fake tree with device nodes, and with processes that have them open.
#pragma once

#include <string>

#include "tests/unit/fake_tree.h"

class UsedTree : public FakeTree {
 public:
  // Of the device in a directory of sysfs; `name` as below /dev: "dri/card0".
  void node(const std::string& directory, const std::string& name) {
    file(directory + "/dev", "226:0\n");
    file(directory + "/uevent", "MAJOR=226\nMINOR=0\nDEVNAME=" + name + "\n");
  }

  void process(int pid, const std::string& name, const std::string& open,
               const std::string& cgroup = "/user.slice/user-1000.slice/session-2.scope") {
    const std::string directory = "/proc/" + std::to_string(pid);
    file(directory + "/comm", name + "\n").file(directory + "/cgroup", "0::" + cgroup + "\n");
    link(directory + "/fd/0", "/dev/null").link(directory + "/fd/3", open);
  }
};
