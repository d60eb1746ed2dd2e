// SPDX-License-Identifier: GPL-2.0-or-later
//
// enable and disable as the user runs them: on a terminal, in a fake tree that is the root
// directory of the process. Scripts stand for the programs of the distribution.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>

#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "early/enable/commands.h"
#include "early/enable/ledger.h"
#include "host/text.h"
#include "tests/unit/fake_tree.h"

namespace early::enable {
namespace {

namespace fs = std::filesystem;

using Command = int (*)(const host::Root&, const Options&);

constexpr int kNoNamespace = 77;
constexpr const char* kSection = "/etc/vfio-early.conf.d/card.conf";
constexpr const char* kParameter = "/etc/default/grub.d/vfio-early.cfg";

// As root in a user namespace, if the test does not run as root.
bool become_root() {
  if (::geteuid() == 0) return true;
  const std::string map = "0 " + std::to_string(::geteuid()) + " 1";
  if (::unshare(CLONE_NEWUSER) != 0) return false;
  std::ofstream("/proc/self/uid_map") << map;
  return ::geteuid() == 0;
}

class ChangedRootTest : public testing::Test {
 protected:
  ChangedRootTest() {
    tree_.function("0000:00:02.0", "8086:1912", "30000", "i915")
        .function("0000:01:00.0", "10DE:1B81", "30000", "nouveau")
        .function("0000:01:00.1", "10DE:10F0", "40300", "snd_hda_intel")
        .function("0000:02:00.0", "10DE:1C03", "30000", "nouveau");
    tree_.file("/proc/cpuinfo", "vendor_id\t: GenuineIntel\n")
        .file("/proc/cmdline", "root=/dev/a\n")
        .file("/sys/firmware/acpi/tables/DMAR", "DMAR")
        .file("/dev/null", "")
        .file("/run/x", "")
        .file("/var/lib/x", "")
        .file("/etc/os-release", "ID=debian\n")
        .file("/etc/default/grub", "GRUB_CMDLINE_LINUX=\"\"\n");
    install_shell();
    for (const char* name : {"update-initramfs", "mkinitramfs", "update-grub"}) install(name);
    original_ = files();
  }

  void install_shell() {
    FILE* pipe = ::popen("ldd /bin/sh", "r");
    std::string text = " /bin/sh ";
    for (int c = 0; (c = std::fgetc(pipe)) != EOF;) text += static_cast<char>(c);
    ::pclose(pipe);
    for (const std::string_view word : host::split(text)) {
      if (!word.starts_with('/')) continue;
      const fs::path target = tree_.directory() / word.substr(1);
      fs::create_directories(target.parent_path());
      fs::copy_file(word, target, fs::copy_options::overwrite_existing);
    }
  }

  // A program that only notes that it runs, unless let() says what else it does.
  void install(const std::string& name) {
    const std::string path = "/usr/sbin/" + name;
    tree_.file(path, "#!/bin/sh\necho ${0##*/} >>/ran\n[ ! -e /do/${0##*/} ] || . /do/${0##*/}\n");
    fs::permissions(tree_.directory() / path.substr(1), fs::perms::owner_all);
  }
  void let(const std::string& name, const std::string& script) {
    tree_.file("/do/" + name, script + "\n");
  }
  void remove(const std::string& path) { fs::remove_all(tree_.directory() / path.substr(1)); }

  // All below /etc and of vfio-early, with their texts; "" of a directory.
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> all;
    for (const char* top : {"etc", "var"})
      for (const auto& entry : fs::recursive_directory_iterator(tree_.directory() / top)) {
        const std::string path = entry.path().string().substr(tree_.directory().string().size());
        all[path] = entry.is_regular_file() ? tree_.text(path) : "";
      }
    return all;
  }
  bool exists(const std::string& path) const { return tree_.root().exists(path); }

  // The programs that ran since the last call.
  std::string ran() {
    const std::string names = host::join(lines_of("/ran"), " ");
    remove("/ran");
    return names;
  }
  std::vector<std::string> lines_of(const std::string& file) const {
    const std::string text = tree_.text(file);
    std::vector<std::string> lines;
    for (const std::string_view line : host::split(text, "\n")) lines.emplace_back(line);
    return lines;
  }

  // The exit status, or -1 for a signal. `output_` is what the terminal shows.
  int run(Command command, const std::string& argument, const std::string& answer,
          Options options = {}) {
    options.argument = argument;
    const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT_TRUE(terminal >= 0 && ::grantpt(terminal) == 0 && ::unlockpt(terminal) == 0);
    const int inside = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY);
    (void)std::fflush(nullptr);
    const pid_t pid = ::fork();
    if (pid == 0) run_inside(command, options, inside);
    ::close(inside);
    if (!answer.empty()) (void)!::write(terminal, (answer + "\n").c_str(), answer.size() + 1);
    output_.clear();
    char buffer[4096];
    for (ssize_t got = 0; (got = ::read(terminal, buffer, sizeof(buffer))) > 0;)
      output_.append(buffer, static_cast<size_t>(got));
    ::close(terminal);
    std::erase(output_, '\r');
    int status = 0;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  int enable(const std::string& card, const std::string& answer = "y", Options options = {}) {
    return run(run_enable, card, answer, std::move(options));
  }
  int disable(const std::string& card = "", const std::string& answer = "y", Options options = {}) {
    return run(run_disable, card, answer, std::move(options));
  }

  [[noreturn]] void run_inside(Command command, const Options& options, int terminal) const {
    ::setsid();
    ::ioctl(terminal, TIOCSCTTY, 0);
    for (int fd = 0; fd < 3; ++fd) ::dup2(terminal, fd);
    ::close(terminal);
    if (!become_root() || ::chroot(tree_.directory().c_str()) != 0 || ::chdir("/") != 0)
      ::_exit(kNoNamespace);
    const auto root = host::Root::open();
    const int status = root ? command(*root, options) : 1;
    (void)std::fflush(nullptr);
    ::_exit(status);
  }

  void SetUp() override {
    const int status = run([](const host::Root&, const Options&) { return 0; }, "", "");
    if (status == kNoNamespace) GTEST_SKIP() << "user namespaces are not allowed here";
  }

  bool printed(const std::string& words) const { return output_.find(words) != std::string::npos; }

  static Options keep_edited() {
    Options options;
    options.keep_edited = true;
    return options;
  }

  FakeTree tree_;
  std::map<std::string, std::string> original_;
  std::string output_;
};

TEST_F(ChangedRootTest, EnableAndDisable) {
  ASSERT_EQ(enable("01:00"), 0) << output_;
  EXPECT_TRUE(printed("0000:01:00 is enabled as [card].\nNext step: reboot;")) << output_;
  EXPECT_TRUE(printed("The images are not checked: vfio-verify is not installed.\n"));
  EXPECT_EQ(ran(), "update-initramfs update-grub");
  EXPECT_TRUE(exists(kSection) && exists(kParameter) && exists(kLedgerFile));
  ASSERT_EQ(disable("10DE:1B81"), 0) << output_;
  EXPECT_TRUE(printed("The changes are undone. Next step: reboot.\n")) << output_;
  EXPECT_EQ(ran(), "update-initramfs update-grub");
  EXPECT_EQ(files(), original_);
}

TEST_F(ChangedRootTest, NoMeansNo) {
  for (const char* answer : {"n", "N", "", "\x04"}) {
    EXPECT_EQ(enable("01:00", std::string(answer) + "\n"), 1) << output_;
    EXPECT_TRUE(printed("Continue? [y/N]") && printed("Nothing was changed.\n")) << output_;
    EXPECT_EQ(files(), original_);
  }
  ASSERT_EQ(enable("01:00", "yes"), 0);
  const auto enabled = files();
  (void)ran();
  EXPECT_EQ(disable("", "n"), 1);
  EXPECT_TRUE(printed("Nothing was changed.\n")) << output_;
  EXPECT_EQ(files(), enabled);
  EXPECT_EQ(ran(), "");
}

TEST_F(ChangedRootTest, EditedLineStaysUntilItMayBeForgotten) {
  ASSERT_EQ(enable("01:00"), 0);
  const std::string edited = "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX intel_iommu=on quiet\"\n";
  tree_.file(kParameter, edited);
  EXPECT_EQ(disable(), 1);
  EXPECT_TRUE(printed(std::string(kParameter) + " was edited since, and stays as it is.\n"));
  EXPECT_TRUE(printed("vfio-early: not undone: intel_iommu=on: " + std::string(kParameter) +
                      " was changed by the user or by another program.\n"
                      "To undo it by hand:\n--- " +
                      kParameter))
      << output_;
  EXPECT_TRUE(printed("not all changes are undone.\n  Remedy: ")) << output_;
  EXPECT_FALSE(exists(kSection));
  EXPECT_EQ(enable("01:00"), 1);
  EXPECT_TRUE(printed("some changes of the last run could not be undone")) << output_;
  EXPECT_EQ(disable("", "y", keep_edited()), 0) << output_;
  EXPECT_EQ(tree_.text(kParameter), edited);
  EXPECT_FALSE(exists(kLedgerDirectory));
}

TEST_F(ChangedRootTest, EditedFileLosesOurLines) {
  ASSERT_EQ(enable("01:00"), 0);
  tree_.file(kParameter, tree_.text(kParameter) + "GRUB_TIMEOUT=1\n");
  EXPECT_EQ(disable(), 0) << output_;
  EXPECT_TRUE(
      printed("-GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX intel_iommu=on\"\n GRUB_TIMEOUT=1\n"));
  EXPECT_TRUE(printed("was edited since: only the lines of `vfio-early enable` were undone.\n"));
  EXPECT_EQ(tree_.text(kParameter), "GRUB_TIMEOUT=1\n");
  EXPECT_FALSE(exists(kLedgerDirectory));
}

TEST_F(ChangedRootTest, WrongImageUndoesAll) {
  install("vfio-verify");
  let("vfio-verify", "echo initrd.img lacks vfio-early; exit 1");
  EXPECT_EQ(enable("01:00"), 1);
  EXPECT_TRUE(printed("initrd.img lacks vfio-early\n")) << output_;
  EXPECT_TRUE(
      printed("a boot from the new images would not bind the card. All changes were "
              "undone: the machine is as it was.\n"))
      << output_;
  EXPECT_EQ(ran(), "update-initramfs update-grub vfio-verify update-initramfs update-grub");
  EXPECT_EQ(files(), original_);
  let("vfio-verify", "exit 2");
  EXPECT_EQ(enable("01:00"), 0);
  EXPECT_TRUE(printed("The check of the images is inconclusive")) << output_;
}

TEST_F(ChangedRootTest, FailedRebuildUndoesAll) {
  let("update-grub", "echo no space >&2; exit 1");
  EXPECT_EQ(enable("01:00"), 1);
  EXPECT_TRUE(
      printed("run /usr/sbin/update-grub: exit status 1: no space. Not all changes could "
              "be undone.\n  Remedy: correct the cause, and run `vfio-early disable`.\n"))
      << output_;
  EXPECT_TRUE(printed("not undone: the images: run /usr/sbin/update-grub")) << output_;
  remove("/do/update-grub");
  EXPECT_EQ(disable(), 0) << output_;
  EXPECT_EQ(files(), original_);
}

TEST_F(ChangedRootTest, UnfinishedRunIsUndoneFirst) {
  for (const Command command : {run_enable, run_disable}) {
    let("update-initramfs", "kill -KILL $PPID");
    EXPECT_EQ(enable("01:00"), -1);
    EXPECT_TRUE(exists(kSection));
    remove("/do/update-initramfs");
    EXPECT_EQ(run(command, command == run_enable ? "01:00" : "", "y"), 0) << output_;
    EXPECT_TRUE(printed("The last run did not finish. Its changes are undone first.\n"));
    if (command == run_disable) {
      EXPECT_TRUE(printed("The changes of the last run are undone. Next step: reboot.\n"));
    } else {
      EXPECT_TRUE(printed("is enabled as [card]")) << output_;
      EXPECT_EQ(disable("card"), 0) << output_;
    }
    EXPECT_EQ(files(), original_);
  }
}

TEST_F(ChangedRootTest, InterruptionIsAnsweredAtOnce) {
  let("update-initramfs", "kill -INT $PPID; echo end >>/ran; : >/do/update-initramfs");
  EXPECT_EQ(enable("01:00"), 1);
  EXPECT_TRUE(
      printed("\nvfio-early: waiting for update-initramfs to end; then all changes are undone.\n"))
      << output_;
  EXPECT_TRUE(printed("interrupted by the user. All changes were undone")) << output_;
  EXPECT_EQ(ran(), "update-initramfs end update-initramfs update-grub");
  EXPECT_EQ(files(), original_);
}

TEST_F(ChangedRootTest, SectionOfTheUserKeepsTheParameter) {
  ASSERT_EQ(enable("01:00"), 0);
  tree_.file("/etc/vfio-early.conf", "[mine]\naddress = 02:00\n");
  EXPECT_EQ(disable(), 0) << output_;
  EXPECT_TRUE(printed("intel_iommu=on stays: /etc/vfio-early.conf:2 needs it.\n")) << output_;
  EXPECT_FALSE(exists(kSection));
  EXPECT_TRUE(exists(kParameter));
  EXPECT_EQ(disable(), 0);
  EXPECT_TRUE(printed("No card is enabled: nothing is left to undo.\n")) << output_;
  remove("/etc/vfio-early.conf");
  EXPECT_EQ(disable(), 0) << output_;
  EXPECT_EQ(files(), original_);
}

TEST_F(ChangedRootTest, SectionThatWasRemovedByHandIsNoObstacle) {
  ASSERT_EQ(enable("01:00"), 0);
  remove(kSection);
  EXPECT_EQ(enable("02:00"), 0) << output_;
  EXPECT_TRUE(printed("0000:02:00 is enabled as [card].")) << output_;
  EXPECT_EQ(disable("02:00"), 0) << output_;
  EXPECT_EQ(files(), original_);
}

TEST_F(ChangedRootTest, GeneratorMayBeReplaced) {
  ASSERT_EQ(enable("01:00"), 0);
  remove("/usr/sbin/update-initramfs");
  remove("/usr/sbin/mkinitramfs");
  install("dracut");
  (void)ran();
  EXPECT_EQ(disable(), 0) << output_;
  EXPECT_EQ(ran(), "dracut update-grub");
  EXPECT_EQ(files(), original_);
}

TEST_F(ChangedRootTest, WithoutAGeneratorTheUserBuildsTheImages) {
  ASSERT_EQ(enable("01:00"), 0);
  remove("/usr/sbin/update-initramfs");
  remove("/usr/sbin/mkinitramfs");
  EXPECT_EQ(disable(), 1);
  EXPECT_TRUE(
      printed("vfio-early: the images were not built again: update-initramfs is not "
              "installed any more, and "))
      << output_;
  EXPECT_TRUE(printed("\n  Remedy: build the initramfs of all kernels")) << output_;
  EXPECT_FALSE(printed("not all changes are undone")) << output_;
  EXPECT_EQ(files(), original_);
}

}  // namespace
}  // namespace early::enable
