// SPDX-License-Identifier: GPL-2.0-or-later
//
// A capture keeps vfio-early's own messages in the record and in the kernel log: each of their
// words is in the vocabulary. The messages are the string literals of the sources.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "host/text.h"
#include "verify/capture/messages.h"

namespace verify::capture {
namespace {

// The messages of these files go to a terminal, and are neither recorded nor logged.
constexpr const char* kTerminalOnlyFiles[] = {
    "early/boot_loader.cc", "early/enable/status_json.cc", "early/image.cc", "early/main.cc",
    "early/options.cc", "early/print_modules.cc", "early/print_plan.cc", "host/budget.cc",
    // the reader, which vfio-early does not have
    "initramfs/byte_stream.cc", "initramfs/contents.cc", "initramfs/cpio_reader.cc",
    "initramfs/decoder.cc", "initramfs/decoder_xz.cc", "initramfs/elf.cc",
    "initramfs/kept_files.cc", "initramfs/module_file.cc", "initramfs/tree.cc",
    "host/user_file.cc"};

// The string literals of a source; adjacent literals are joined.
std::vector<std::string> literals_of(std::string_view source) {
  std::vector<std::string> found;
  bool joins = false;
  for (size_t at = 0; at < source.size(); ++at) {
    const char c = source[at];
    if (c == '#' || source.substr(at, 2) == "//") {  // #include "…", and comments
      at = std::min(source.find('\n', at), source.size());
    } else if (c == '\'' && source.substr(at + 1, 1) == "\\") {
      at += 3;
    } else if (c == '\'' && source.substr(at + 2, 1) == "'") {
      at += 2;
    } else if (c == '"') {
      if (!joins) found.emplace_back();
      for (++at; at < source.size() && source[at] != '"'; ++at) {
        const bool escaped = source[at] == '\\';
        if (escaped) ++at;
        const bool is_blank = source[at] == 'n' || source[at] == 'r' || source[at] == 't';
        found.back() += escaped && is_blank ? ' ' : source[at];
      }
      joins = true;
    } else if (c != ' ' && c != '\n') {
      joins = false;
    }
  }
  return found;
}

std::string text_of(const std::filesystem::path& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

// Words of `message` that a capture would replace.
std::string missing_words(const std::string& message) {
  std::string missing;
  for (const std::string_view word : host::split(message, " /=()[]{}<>'\"`,;|!?*@#%&+~^$\\.:-"))
    if (!is_plain_message(word)) missing += " " + std::string(word);
  return missing;
}

TEST(Vocabulary, ContainsEveryWordOfMessages) {
  size_t messages = 0;
  for (const std::string directory : {"config", "early", "early/enable", "early/hand_over",
                                      "early/holders", "host", "initramfs", "plan", "record"})
    for (const auto& entry :
         std::filesystem::directory_iterator(VFIO_EARLY_SOURCE "/" + directory)) {
      const std::string name = directory + "/" + entry.path().filename().string();
      if (!name.ends_with(".cc") ||
          std::find(std::begin(kTerminalOnlyFiles), std::end(kTerminalOnlyFiles), name) !=
              std::end(kTerminalOnlyFiles))
        continue;
      const std::string source = text_of(entry.path());
      for (const std::string& text : literals_of(source)) {
        if (host::trim(text).find(' ') == std::string_view::npos && host::trim(text) == text)
          continue;  // a name
        ++messages;
        EXPECT_TRUE(is_plain_message(text))
            << name << ": \"" << text << "\" has:" << missing_words(text);
      }
    }
  EXPECT_GT(messages, 300u);
}

TEST(Vocabulary, LacksOtherWords) {
  EXPECT_FALSE(is_plain_message("0000:01:00.0 is bound to alice"));
  EXPECT_EQ(missing_words("it is bound to alices-card"), " alices");
}

}  // namespace
}  // namespace verify::capture
