// SPDX-License-Identifier: GPL-2.0-or-later
//
// A directory that looks like a machine to host::Root. It does not react to writes.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "host/machine.h"
#include "host/root.h"

class FakeTree {
 public:
  FakeTree() {
    std::string name = testing::TempDir() + "fake-tree-XXXXXX";
    directory_ = ::mkdtemp(name.data());
    std::filesystem::create_directories(directory_ / "sys/bus/pci/devices");
  }
  ~FakeTree() { std::filesystem::remove_all(directory_); }
  FakeTree(const FakeTree&) = delete;
  FakeTree& operator=(const FakeTree&) = delete;

  host::Root root() const { return std::move(*host::Root::open_tree(directory_)); }
  host::Machine machine() const { return *host::read_machine(root()); }
  const std::filesystem::path& directory() const { return directory_; }

  FakeTree& file(const std::string& path, const std::string& text) {
    const auto full = directory_ / path.substr(1);
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full) << text;
    return *this;
  }

  FakeTree& link(const std::string& path, const std::string& target) {
    const auto full = directory_ / path.substr(1);
    std::filesystem::create_directories(full.parent_path());
    std::filesystem::create_symlink(target, full);
    return *this;
  }

  // `id` as "10DE:1B81", `class_code` as "30000", both as the kernel's uevent writes them.
  FakeTree& function(const std::string& address, const std::string& id,
                     const std::string& class_code, const std::string& driver = "",
                     const std::string& subsystem = "1AF4:1100") {
    const std::string device = "/sys/bus/pci/devices/" + address;
    std::string uevent = driver.empty() ? "" : "DRIVER=" + driver + "\n";
    uevent += "PCI_CLASS=" + class_code + "\nPCI_ID=" + id + "\nPCI_SUBSYS_ID=" + subsystem +
              "\nPCI_SLOT_NAME=" + address + "\n";
    file(device + "/uevent", uevent);
    file(device + "/driver_override", "(null)\n");
    if (!driver.empty()) link(device + "/driver", "../../../../bus/pci/drivers/" + driver);
    return *this;
  }

  // Moves the function to its place in sysfs: `parent` is the path to it,
  // "pci0000:00/0000:00:01.0".
  FakeTree& below(const std::string& parent, const std::string& address) {
    const auto link = directory_ / "sys/bus/pci/devices" / address;
    const auto destination = directory_ / "sys/devices" / parent;
    std::filesystem::create_directories(destination);
    std::filesystem::rename(link, destination / address);
    std::filesystem::create_symlink("../../../devices/" + parent + "/" + address, link);
    return *this;
  }

  FakeTree& iommu() { return file("/sys/class/iommu/dmar0/intel-iommu/version", "1:0\n"); }

  FakeTree& group(int number, std::initializer_list<std::string> addresses) {
    const std::string group = "/sys/kernel/iommu_groups/" + std::to_string(number);
    file(group + "/type", "DMA-FQ\n");
    for (const std::string& address : addresses) {
      link(group + "/devices/" + address, "../../../../bus/pci/devices/" + address);
      link("/sys/bus/pci/devices/" + address + "/iommu_group", "../../../.." + group);
    }
    return *this;
  }

  std::string text(const std::string& path) const {
    std::stringstream text;
    text << std::ifstream(directory_ / path.substr(1)).rdbuf();
    return text.str();
  }

 private:
  std::filesystem::path directory_;
};
