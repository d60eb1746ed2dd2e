// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/inspect/log/index.h"

#include <algorithm>

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

}  // namespace

LogIndex::LogIndex(const std::vector<host::LogLine>& log, const std::set<std::string>& addresses)
    : is_complete_(!log.empty()), first_(log.data()), lines_(log.size()) {
  std::set<size_t> lengths;
  for (const std::string& address : addresses) {
    about_[address];
    lengths.insert(address.size());
  }
  uint64_t expected = 0;
  for (const host::LogLine& line : log) {
    is_complete_ = is_complete_ && line.sequence == expected++;
    newest_ = std::max(newest_, line.microseconds);
    each_candidate(line.text, lengths, [&](std::string_view address) {
      const auto known = about_.find(address);
      if (known != about_.end() && (known->second.empty() || known->second.back() != &line))
        known->second.push_back(&line);
    });
  }
}

const LogIndex::Lines& LogIndex::about(std::string_view address) const {
  static const Lines kNone;
  const auto found = about_.find(address);
  return found == about_.end() ? kNone : found->second;
}

}  // namespace verify
