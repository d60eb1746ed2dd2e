// SPDX-License-Identifier: GPL-2.0-or-later
//
// A fake machine with the files of a boot loader and an image, programs that change them, and
// changes of every form.
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

#include "early/enable/transaction.h"
#include "tests/unit/fake_tree.h"

namespace early::enable {

// Trees of this test are in memory: each machine is written with some hundred fsync(2), which take
// seconds on a disk.
class InMemoryTest : public testing::Test {
 protected:
  InMemoryTest() {
    if (::access("/dev/shm", W_OK) == 0) ::setenv("TEST_TMPDIR", "/dev/shm", 1);
  }
  ~InMemoryTest() override { ::unsetenv("TEST_TMPDIR"); }
};

// All below the tree: type, mode, owner, and the text or the link's target.
using Snapshot = std::map<std::string, std::string>;

class ChangedMachine {
 public:
  ChangedMachine() {
    std::filesystem::create_directories(tree_.directory() / "var/lib");
    tree_.file(kGrub, kGrubText).file("/boot/initrd.img", "").file("/boot/kernel-options", "quiet");
    tree_.file(kOld, "blacklist old\n").file(kLinked, "HOOKS=(base udev)\n");
    tree_.link(kLink, "mkinitcpio.d/default.conf");
    set_mode(kGrub, 0640);
    set_mode(kOld, 0600);
    set_mode(kLinked, 0444);
    if (::geteuid() == 0) {
      EXPECT_EQ(::chown((tree_.directory() / (kGrub + 1)).c_str(), 1234, 5678), 0);
    }
    (void)run({"build-image"});
  }

  FakeTree& tree() { return tree_; }
  host::Root root() const { return tree_.root(); }
  std::string text(const std::string& path) const { return tree_.text(path); }
  bool exists(const std::string& path) const {
    return std::filesystem::exists(tree_.directory() / path.substr(1));
  }
  unsigned mode(const std::string& path) const { return about(path).st_mode & 07777; }
  struct stat about(const std::string& path) const {
    struct stat found = {};
    EXPECT_EQ(::lstat((tree_.directory() / path.substr(1)).c_str(), &found), 0) << path;
    return found;
  }
  void set_mode(const std::string& path, unsigned mode) const {
    EXPECT_EQ(::chmod((tree_.directory() / path.substr(1)).c_str(), mode), 0) << path;
  }

  Snapshot snapshot() const {
    Snapshot all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(tree_.directory())) {
      const std::string path = entry.path().string().substr(tree_.directory().string().size());
      const struct stat found = about(path);
      std::string state = std::to_string(found.st_mode) + " " + std::to_string(found.st_uid) + ":" +
                          std::to_string(found.st_gid) + " ";
      if (entry.is_symlink())
        state += std::filesystem::read_symlink(entry.path()).string();
      else if (entry.is_regular_file())
        state += text(path);
      all[path] = state;
    }
    return all;
  }

  // The programs of this machine. Like real ones, they may be killed in the middle.
  host::Result<void> run(const host::Command& command) {
    ran_.push_back(command.front());
    if (command.front() == failing_ && --runs_before_failure_ < 0)
      return host::Error{0, "run " + failing_ + ": exit status 1"};
    if (command.front() == "build-image") return build_image();
    if (command.front() == "add-option") return set_options("quiet intel_iommu=on");
    if (command.front() == "remove-option") return set_options("quiet");
    return host::Error{ENOENT, "run " + command.front()};
  }

  Actions actions() {
    return {.run = [this](const host::Command& command) { return run(command); },
            .judge = [this]() -> host::Result<void> {
              if (image_is_wrong_) return host::Error{0, "the image lacks vfio-early"};
              return {};
            },
            .interrupted = [this] { return ran_.size() >= interrupted_after_; }};
  }

  // `program` fails, after that many runs that succeed.
  void let_fail(const std::string& program, int runs_before = 0) {
    failing_ = program;
    runs_before_failure_ = runs_before;
  }
  void let_image_be_wrong() { image_is_wrong_ = true; }
  void interrupt_after(size_t programs) { interrupted_after_ = programs; }
  const std::vector<std::string>& ran() const { return ran_; }
  void forget_runs() { ran_.clear(); }

  // Changes that all cards share: every form.
  static std::vector<Change> shared() {
    return {
        FileChange{"", kGrub, kGrubText, kGrubText + "GRUB_CMDLINE_LINUX=iommu=pt\n"},
        FileChange{"", kDropIn, {}, "GRUB_TIMEOUT=5\n"},
        FileChange{"", kOld, "blacklist old\n", {}},
        FileChange{"", kLink, "HOOKS=(base udev)\n", "HOOKS=(base vfio-early udev)\n"},
        CommandChange{"", "add intel_iommu=on", {{"add-option"}}, {{"remove-option"}}},
    };
  }
  static Change section(const std::string& card) {
    return FileChange{card, section_file(card), {}, "[" + card + "]\n", 0600};
  }
  static std::string section_file(const std::string& card) {
    return "/etc/vfio-early.conf.d/" + card + ".conf";
  }
  static Proposal first_card() {
    Proposal proposal{shared(), {{"build-image"}}};
    proposal.changes.push_back(section("gaming"));
    return proposal;
  }
  static Proposal second_card() { return {{section("video")}, {{"build-image"}}}; }

  static constexpr const char* kGrub = "/etc/default/grub";
  static constexpr const char* kDropIn = "/etc/default/grub.d/local/vfio-early.cfg";
  static constexpr const char* kOld = "/etc/modprobe.d/old.conf";
  static constexpr const char* kLink = "/etc/mkinitcpio.conf";
  static constexpr const char* kLinked = "/etc/mkinitcpio.d/default.conf";
  static inline const std::string kGrubText = "GRUB_DEFAULT=0\n";

 private:
  // The image depends on all configuration. It is not replaced atomically.
  host::Result<void> build_image() const {
    const std::filesystem::path image = tree_.directory() / "boot/initrd.img";
    std::ofstream out(image, std::ios::trunc);
    out << "image of" << std::flush;
    for (const std::string& file :
         {std::string(kGrub), std::string(kDropIn), std::string(kOld), std::string(kLinked),
          section_file("gaming"), section_file("video")})
      out << "\n" << file << ":\n" << text(file) << std::flush;
    if (!out) return host::Error{ENOSPC, "run build-image"};
    return {};
  }

  host::Result<void> set_options(const std::string& options) const {
    std::ofstream out(tree_.directory() / "boot/kernel-options", std::ios::trunc);
    out << options << std::flush;
    if (!out) return host::Error{ENOSPC, "run the program that sets options"};
    return {};
  }

  FakeTree tree_;
  std::vector<std::string> ran_;
  std::string failing_;
  int runs_before_failure_ = 0;
  bool image_is_wrong_ = false;
  size_t interrupted_after_ = SIZE_MAX;
};

}  // namespace early::enable
