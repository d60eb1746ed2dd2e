// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/output/listed.h"

#include "host/text.h"

namespace verify {

std::string listed(const std::vector<std::string>& words) {
  if (words.empty()) return {};
  const bool cut = words.size() > kMostListed;
  const size_t before = cut ? kMostListed : words.size() - 1;  // the words before "and"
  const std::vector<std::string> first(words.begin(), words.begin() + static_cast<long>(before));
  const std::string last =
      cut ? std::to_string(words.size() - kMostListed) + " more" : words.back();
  return first.empty() ? last : host::join(first, ", ") + " and " + last;
}

}  // namespace verify
