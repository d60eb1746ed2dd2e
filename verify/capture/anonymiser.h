// SPDX-License-Identifier: GPL-2.0-or-later
//
// Replaces in texts what names a machine or its owner: each secret becomes the same stand-in
// wherever it is found. Secrets are known because a caller hides them, because learn() found them
// in a text, or by their form (secret_forms.h).
//
// A known secret is replaced at any position, also within a word, and in upper or lower case. One
// that is shorter than kWithinWords, or a part of a known word or parameter ("inte" of "intel"), is
// replaced only as a whole word; a known word itself, an address, an id or a short number never is.
// Of secrets shorter than kShortest, only the name of a host is replaced. If such a name looks like
// a number ("beef"), only free_text() replaces it.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

namespace verify::capture {

class Anonymiser {
 public:
  static constexpr size_t kShortest = 3;     // characters
  static constexpr size_t kWithinWords = 6;  // characters

  // `kind` is for the stand-in, "hostname-1", and for the counts.
  void hide(const std::string& secret, const std::string& kind);
  // As hide(), but not if `secret` has only lower-case letters: it may be a word of a sentence.
  void hide_odd(const std::string& secret, const std::string& kind);
  // Hides each part of `text` that has the form of a secret.
  void learn(std::string_view text);
  // Replaces `path` in texts by `other`, for a file that gets another name.
  void rename(const std::string& path, const std::string& other);

  // Keeps the name of a driver that the machine has: it is part of the kernel.
  void keep_driver(const std::string& name) { drivers_.insert(name); }
  // `name` if such a driver has it or if it consists of known words, else its stand-in. An empty
  // name stays empty.
  std::string driver(const std::string& name);

  bool is_stand_in(std::string_view text) const { return made_.contains(text); }

  // The stand-in of `secret`, always the same. Case is ignored, except in names for which the
  // configuration distinguishes it.
  std::string stand_in(const std::string& kind, const std::string& secret);

  // Replaces known secrets.
  std::string replace_known(std::string_view text) { return replaced(text, /*forms=*/false); }
  // Replaces known secrets, and what has the form of a secret. The time grows with the length of
  // the text and with the number of different lengths of secrets, not with the number of secrets.
  std::string text(std::string_view text) { return replaced(text, /*forms=*/true); }

  // As text(), for a text that people wrote: the name of a host that looks like a number is
  // replaced there, too, as a whole word.
  std::string free_text(std::string_view text);

  // How many different secrets of each kind were replaced.
  std::map<std::string, size_t> counts() const;

 private:
  struct Known {
    std::string secret;  // in lower case
    std::string kind;
    bool word = false;  // only as a whole word
    std::string other;  // instead of a stand-in
  };
  void add(const Known& known);
  // The longest known secret at `at` of `lower`.
  const Known* find(std::string_view lower, size_t at) const;
  // The same of a secret of less than kShortest characters, which is a whole word.
  const Known* find_short(std::string_view lower, size_t at) const;
  std::string replaced(std::string_view text, bool forms);

  std::unordered_map<std::string, Known> known_;  // by secret
  // By the first kShortest characters: how long the secrets are that begin so, the longest first.
  std::unordered_map<std::string, std::set<size_t, std::greater<>>> sizes_;
  std::map<std::string, std::map<std::string, std::string>> stand_ins_;  // by kind, secret
  std::set<std::string, std::less<>> made_;                              // the stand-ins
  std::set<std::string> drivers_;
  std::set<std::string> number_names_;  // of hosts
};

}  // namespace verify::capture
