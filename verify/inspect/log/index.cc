// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/log/index.h"

#include <algorithm>
#include <cctype>

#include "verify/inspect/log/requester.h"

namespace verify {
namespace {

// Calls `use` with each part of the line that may be an address: of one of these lengths, with "."
// before its last character.
template <typename Use>
void each_candidate(std::string_view line, const std::set<size_t>& lengths, Use use) {
  for (size_t dot = line.find('.'); dot != line.npos; dot = line.find('.', dot + 1))
    for (const size_t length : lengths)
      if (dot + 2 <= line.size() && dot + 2 >= length) use(line.substr(dot + 2 - length, length));
}

// Is `part` of the line a short name, and not the end of a whole address or of a longer number?
// "Request device [01:00.0]" and "device=01:00.0" have one.
bool is_short_name(std::string_view line, std::string_view part) {
  const auto at = static_cast<size_t>(part.data() - line.data());
  return at > 0 && (line[at - 1] == '[' || line[at - 1] == '=');
}

}  // namespace

bool is_complete(const std::vector<host::LogLine>& log) {
  uint64_t expected = 0;
  for (const host::LogLine& line : log)
    if (line.sequence != expected++) return false;
  return !log.empty();
}

LogIndex::LogIndex(const std::vector<host::LogLine>& log, const std::set<std::string>& addresses,
                   const Names& short_names)
    : is_complete_(verify::is_complete(log)), first_(log.data()), lines_(log.size()) {
  std::set<size_t> lengths;
  for (const std::string& address : addresses) {
    about_[address];
    lengths.insert(address.size());
  }
  for (const auto& [name, address] : short_names) lengths.insert(name.size());
  const auto whole = [&](std::string_view line, std::string_view part) -> std::string_view {
    // "10000:01:00.0", behind Intel's VMD, ends with the address of another function.
    const auto at = static_cast<size_t>(part.data() - line.data());
    if (at > 0 && std::isxdigit(static_cast<unsigned char>(line[at - 1])) != 0) return {};
    const auto name = is_short_name(line, part) ? short_names.find(part) : short_names.end();
    return name == short_names.end() ? part : std::string_view(name->second);
  };
  for (size_t i = 0; i < log.size(); ++i) {
    const host::LogLine& line = log[i];
    newest_ = std::max(newest_, line.microseconds);
    const auto add = [&](std::string_view address) {
      const auto known = about_.find(address);
      if (known != about_.end() && (known->second.empty() || known->second.back() != &line))
        known->second.push_back(&line);
    };
    each_candidate(line.text, lengths, [&](std::string_view part) { add(whole(line.text, part)); });
    const std::string_view next = i + 1 < log.size() ? log[i + 1].text : std::string_view();
    if (const auto requester = requester_in(line.text, next))
      if (const auto name = short_names.find(*requester); name != short_names.end())
        add(name->second);
  }
}

const LogIndex::Lines& LogIndex::about(std::string_view address) const {
  static const Lines kNone;
  const auto found = about_.find(address);
  return found == about_.end() ? kNone : found->second;
}

}  // namespace verify
