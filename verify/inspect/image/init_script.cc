// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/image/init_script.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "host/text.h"
#include "verify/inspect/shell/script.h"

namespace verify {
namespace {

using Words = std::vector<std::string>;

bool is_one_of(std::string_view text, const auto& some) {
  return std::find(std::begin(some), std::end(some), text) != std::end(some);
}

// Commands that prepare files, mounts and variables. They do not change the flow of the script.
constexpr std::string_view kUsual[] = {
    ":",     "[",     "[[",     "test",   "true",  "break",    "cat",     "clear", "command",
    "cp",    "echo",  "export", "for",    "kmod",  "ln",       "local",   "mkdir", "mkfifo",
    "mknod", "mount", "mv",     "printf", "read",  "readlink", "rm",      "set",   "shift",
    "sleep", "trap",  "type",   "umask",  "unset", "umount",   "continue"};
constexpr std::string_view kLoaders[] = {"modprobe", "insmod",        "load_modules",
                                         "udevadm",  "systemd-udevd", "udevd"};
constexpr std::string_view kEnders[] = {"exit", "return", "reboot",      "poweroff",
                                        "halt", "kexec",  "switch_root", "run-init"};
// Functions of the libraries for a boot that has failed, or that the user interrupts.
constexpr std::string_view kFailures[] = {"emergency_shell", "die", "panic",
                                          "launch_interactive_shell"};
// Builtins of the shell that a library must not replace.
constexpr std::string_view kBuiltins[] = {".", "[", "exit", "local", "shift", "unset", "source"};

// Before dracut 054: "[ ! -d /sys/kernel ] && mount …", and then "if [ "$?" != "0" ]".
constexpr std::string_view kFailed = "[ $? != 0 ]";

// "exit 1" after a mount that failed.
bool is_failed_mount(const ShellCommand& command, bool status_is_of_mount) {
  const std::string& guard = command.guard;
  return command.conditional &&
         (guard.starts_with("! mount ") || guard.starts_with("! ismounted ") ||
          (guard == kFailed && status_is_of_mount));
}

// May the command change files of vfio-early or of hooks?
bool may_change_vfio_early(const Words& words) {
  constexpr std::string_view kReaders[] = {"[",      "[[",     "test",  "echo",
                                           "printf", "export", "unset", "for"};
  if (is_one_of(words[0], kReaders)) return false;
  return std::any_of(words.begin() + 1, words.end(), [](const std::string& word) {
    for (const char* ours : {"vfio", "/hooks", "hookdir", "/scripts"})
      if (word.find(ours) != word.npos) return true;
    return false;
  });
}

bool starts_with(const Words& words, const auto& call) {
  return words.size() >= call.size() && std::equal(call.begin(), call.end(), words.begin());
}

std::string text_of(const std::vector<ShellCommand>& body) {
  std::string text;
  for (const ShellCommand& command : body)
    text += (command.conditional ? "?" : "") + host::join(command.words, " ") + "\n";
  return text;
}

class Judge {
 public:
  Judge(const initramfs::ImageContents& image, const InitScript& script, Startup& startup)
      : image_(image), script_(script), startup_(startup) {
    for (const std::string_view word : script.call)
      call_ += (call_.empty() ? "" : " ") + std::string(word);
  }

  void judge() {
    const std::string text = image_.text("init");
    if (text.empty()) return undecided("init cannot be read");
    const ShellScript init = parse_shell_script(text);
    if (!init.complete) return undecided("init has unknown shell syntax");
    const auto call =
        std::find_if(init.commands.begin(), init.commands.end(),
                     [&](const auto& command) { return starts_with(command.words, script_.call); });
    if (call == init.commands.end())
      return undecided(fmt::format("init does not have the command `{}`", call_));
    if (!call->function.empty())
      return undecided(
          fmt::format("init has the command `{}` only in the function {}", call_, call->function));
    if (call->conditional) return undecided(fmt::format("init runs `{}` on a condition", call_));
    judge_library();
    std::set<std::string> called;
    for (auto command = init.commands.begin(); command != call; ++command)
      if (!judge_command("init", *command, called)) return;
    judge_called(called);
    judge_functions(std::string(script_.call.front()));
  }

 private:
  void undecided(const std::string& what) { startup_.undecided.push_back({what, script_.remedy}); }
  bool doubt(const std::string& file, const std::string& what) {
    undecided(fmt::format("{} may not reach `{}`: {} precedes it", file, call_, what));
    return false;
  }

  void judge_library() {
    const std::string path(script_.library);
    const std::string text = image_.text(path);
    if (text.empty()) return undecided(path + " is missing, or cannot be read");
    const ShellScript library = parse_shell_script(text);
    if (!library.complete) return undecided(path + " has unknown shell syntax");
    collect_bodies(path, library);
    std::set<std::string> called;
    for (const ShellCommand& command : library.commands)
      if (command.defines.empty() && command.function.empty() &&
          !judge_command(path, command, called))
        return;
    judge_called(called);
  }

  // If a function is defined twice, the last definition is used.
  void collect_bodies(const std::string& path, const ShellScript& library) {
    for (const ShellCommand& command : library.commands) {
      if (!command.defines.empty() && command.function.empty()) bodies_[command.defines].clear();
      if (is_one_of(command.defines, kBuiltins))
        undecided(fmt::format("{} replaces the command {}", path, command.defines));
      if (command.defines.empty() && !command.function.empty())
        bodies_[command.function].push_back(command);
    }
  }

  // False: the effect of the command is unknown, so the rest is not judged.
  bool judge_command(const std::string& file, const ShellCommand& command,
                     std::set<std::string>& called) {
    if (!command.function.empty() && command.words.empty()) return true;
    if (!command.defines.empty())
      return doubt(file, fmt::format("the function {}", command.defines));
    if (!command.function.empty()) return true;
    if (command.assigns) return judge_assignments(file, command.words);
    if (is_one_of(host::join(command.words, " "), script_.commands)) return true;
    const std::string name(host::file_name(command.words.front()));
    if (host::join(command.words, " ") == kFailed) status_is_of_mount_ = last_ == "mount";
    last_ = name;
    if (is_one_of(name, kLoaders)) {
      startup_.before.push_back({fmt::format("{} loads drivers before vfio-early is started: {}",
                                             file, host::join(command.words, " ")),
                                 script_.remedy});
      return true;
    }
    if (name == "." || name == "source") return judge_source(file, command);
    if (may_change_vfio_early(command.words))
      return doubt(file, fmt::format("`{}`", host::join(command.words, " ")));
    if (is_one_of(name, kUsual)) return true;
    if (name == "exec") return command.words.size() == 1 || doubt(file, "`exec`");
    if (name == "exit")
      return is_failed_mount(command, status_is_of_mount_) || doubt(file, "`exit`");
    if (is_one_of(name, kFailures))
      return command.conditional || doubt(file, fmt::format("`{}`", name));
    called.insert(name);
    return is_one_of(name, script_.commands) ||
           doubt(file, fmt::format("the unknown command `{}`", command.words.front()));
  }

  bool judge_assignments(const std::string& file, const Words& words) {
    for (const std::string& word : words)
      if (const std::string name = word.substr(0, word.find_first_of("=+"));
          name == "IFS" || is_one_of(name, script_.variables))
        return doubt(file, fmt::format("the assignment of {}", name));
    return true;
  }

  bool judge_source(const std::string& file, const ShellCommand& command) {
    return (command.words.size() == 2 && is_one_of(command.words[1], script_.sources)) ||
           doubt(file, fmt::format("`{}`", host::join(command.words, " ")));
  }

  // Judges the functions that were called, and the functions that these call.
  void judge_called(std::set<std::string> open) {
    std::set<std::string> known;
    while (!open.empty()) {
      const std::string name = *open.begin();
      open.erase(open.begin());
      const auto body = bodies_.find(name);
      if (body == bodies_.end() || !known.insert(name).second) continue;
      for (const ShellCommand& command : body->second) {
        const std::string inner(host::file_name(command.words.front()));
        const bool ends = inner != "return" && (is_one_of(inner, kEnders) ||
                                                (inner == "exec" && command.words.size() > 1));
        if (ends)
          return (void)doubt("init", fmt::format("the function {}, which has `{}`,", name, inner));
        if (is_one_of(inner, kLoaders) && !command.conditional)
          startup_.before.push_back(
              {fmt::format("the function {} loads drivers before vfio-early is started", name),
               script_.remedy});
        if (!is_one_of(inner, kFailures)) open.insert(inner);
      }
    }
  }

  // Judges the function of the call, and the functions of the library that it uses: each must have
  // a known body.
  void judge_functions(const std::string& name) {
    const auto body = bodies_.find(name);
    if (body == bodies_.end())
      return undecided(fmt::format("{} does not define the function {}", script_.library, name));
    const std::string text = text_of(body->second);
    const bool known = std::any_of(
        script_.functions.begin(), script_.functions.end(),
        [&](const auto& function) { return function.name == name && function.body == text; });
    if (!known)
      return undecided(fmt::format("the function {} of {} is unknown", name, script_.library));
    for (const auto& function : script_.functions)
      if (function.name != name && text.find(function.name) != text.npos)
        judge_functions(std::string(function.name));
  }

  const initramfs::ImageContents& image_;
  const InitScript& script_;
  Startup& startup_;
  std::string call_;
  std::map<std::string, std::vector<ShellCommand>, std::less<>> bodies_;
  std::string last_;                 // the name of the last command
  bool status_is_of_mount_ = false;  // is kFailed about a mount?
};

}  // namespace

void judge_init_script(const initramfs::ImageContents& image, const InitScript& script,
                       Startup& startup) {
  Judge(image, script, startup).judge();
}

}  // namespace verify
