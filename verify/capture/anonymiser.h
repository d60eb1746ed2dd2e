// SPDX-License-Identifier: GPL-2.0-or-later
//
// Replaces secrets in texts: names, numbers and addresses that identify a machine or its owner. A
// secret has the same pseudonym everywhere. A text is a secret if a caller passed it to hide(), if
// learn() found it in a text, or if it has the form of a secret (secret_forms.h).
//
// A known secret is replaced at any position, also within a word, and in upper or lower case, but:
// - A secret that is shorter than kMinLengthWithinWords, or is a part of a known word or parameter
// ("inte"
//   of "intel"), is replaced only as a whole word.
// - A known word, a PCI address, an id or a short number is not replaced.
// - Of secrets shorter than kMinLength, only host names are replaced.
// - A host name that looks like a number ("beef") is replaced only by free_text().
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
  static constexpr size_t kMinLength = 3;             // characters
  static constexpr size_t kMinLengthWithinWords = 6;  // characters

  // `kind` is a part of the pseudonym, "hostname-1", and the key in counts().
  void hide(const std::string& secret, const std::string& kind);
  // As hide(), but not if `secret` has only lower-case letters, spaces and "_-.": it may be a word
  // of a sentence.
  void hide_unless_words(const std::string& secret, const std::string& kind);
  // Hides each part of `text` that has the form of a secret.
  void learn(std::string_view text);
  // Replaces `path` in texts by `replacement`, the path of the file in the capture.
  void rename(const std::string& path, const std::string& replacement);

  // Adds the driver of one of the machine's PCI functions: its name is kept.
  void keep_driver(const std::string& name) { drivers_.insert(name); }
  // Returns `name` if keep_driver() added it or if it consists of known words, otherwise its
  // pseudonym. An empty name stays empty.
  std::string driver(const std::string& name);

  bool is_pseudonym(std::string_view text) const { return all_pseudonyms_.contains(text); }

  // The pseudonym of `secret`, always the same. Case is ignored, except for kinds that are
  // case-sensitive: card, driver, key, value, parameter.
  std::string pseudonym(const std::string& kind, const std::string& secret);

  // Replaces known secrets, and texts that have the form of a secret. The time depends on the
  // length of the text and on the number of different lengths of secrets, not on the number of
  // secrets.
  std::string text(std::string_view text);

  // As text(), for a text that people wrote: also replaces host names that look like numbers, as
  // whole words.
  std::string free_text(std::string_view text);

  // How many different secrets of each kind were replaced.
  std::map<std::string, size_t> counts() const;

 private:
  struct Known {
    std::string secret;  // in lower case
    std::string kind;
    bool word = false;        // only as a whole word
    std::string replacement;  // replaces the secret; "": a pseudonym does
  };
  void add(const Known& known);
  // The longest known secret that begins at `at` in `lower`.
  const Known* find(std::string_view lower, size_t at) const;
  // As find(), for secrets of less than kMinLength characters, which must be whole words.
  const Known* find_short(std::string_view lower, size_t at) const;

  std::unordered_map<std::string, Known> known_;  // by secret
  // By the first kMinLength characters: the lengths of the secrets that begin with them, the
  // longest first.
  std::unordered_map<std::string, std::set<size_t, std::greater<>>> sizes_;
  std::map<std::string, std::map<std::string, std::string>> pseudonyms_;  // by kind, secret
  std::set<std::string, std::less<>> all_pseudonyms_;                     // the pseudonyms
  std::set<std::string> drivers_;
  std::set<std::string> numeric_host_names_;  // host names that look like numbers
};

}  // namespace verify::capture
