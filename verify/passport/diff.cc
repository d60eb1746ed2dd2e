// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two passports of one machine, compared in sentences.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "host/pci_address.h"
#include "host/pci_class.h"
#include "host/text.h"
#include "verify/inspect/hardware/bars.h"
#include "verify/passport/passport.h"

namespace verify {
namespace {

using Functions = std::vector<PassportFunction>;
constexpr size_t kNoMatch = static_cast<size_t>(-1);

// Pairs each function of `before` with the same function of `now`, in several passes. Each pass
// compares a less reliable property than the pass before it, and does not change existing pairs.
class Pairs {
 public:
  Pairs(const Functions& before, const Functions& now)
      : before_(before), now_(now), now_of_(before.size(), kNoMatch), taken_(now.size(), false) {
    pair([](const auto& a, const auto& b) { return !a.serial.empty() && a.serial == b.serial; });
    pair([](const auto& a, const auto& b) { return a.address == b.address; });
    pair([](const auto& a, const auto& b) { return !a.path.empty() && a.path == b.path; });
    pair([](const auto&, const auto&) { return true; });
  }

  const PassportFunction* now_of(size_t before) const {
    return now_of_[before] == kNoMatch ? nullptr : &now_[now_of_[before]];
  }
  bool is_new(size_t now) const { return !taken_[now]; }
  // The address in `now` of the function that has `address` in `before`; "": it is gone.
  std::string moved(const std::string& address) const {
    for (size_t i = 0; i < before_.size(); ++i)
      if (before_[i].address == address) return now_of(i) ? now_of(i)->address : "";
    return {};
  }

 private:
  // Never pairs functions of different ids, classes or function numbers, nor functions with
  // different serial numbers.
  template <typename Trait>
  void pair(Trait trait) {
    for (size_t i = 0; i < before_.size(); ++i) {
      for (size_t j = 0; j < now_.size() && now_of_[i] == kNoMatch; ++j) {
        const bool same_kind = before_[i].id == now_[j].id &&
                               before_[i].class_code == now_[j].class_code &&
                               function_number(before_[i]) == function_number(now_[j]);
        const bool is_other_device = !before_[i].serial.empty() && !now_[j].serial.empty() &&
                                     before_[i].serial != now_[j].serial;
        if (taken_[j] || !same_kind || is_other_device || !trait(before_[i], now_[j])) continue;
        now_of_[i] = j;
        taken_[j] = true;
      }
    }
  }
  static char function_number(const PassportFunction& f) {
    return f.address.empty() ? '?' : f.address.back();
  }

  const Functions& before_;
  const Functions& now_;
  std::vector<size_t> now_of_;
  std::vector<bool> taken_;
};

std::string slot_of(const PassportFunction& function) {
  return function.address.substr(0, function.address.rfind('.'));
}

// "0000:02:00.0 (NVMe, 144d:a808)".
std::string name_of(const PassportFunction& function) {
  host::PciFunction named;
  named.class_code = host::parse_number(function.class_code, 16).value_or(0);
  const std::string kind = host::class_name(named);
  return fmt::format("{} ({}{}{})", function.address, kind, kind.empty() ? "" : ", ",
                     function.id.substr(0, 9));
}

bool is_bridge(const PassportFunction& function) {
  return host::is_bridge(host::parse_number(function.class_code, 16).value_or(0));
}
bool is_relevant(const PassportFunction& function) {
  return !function.card.empty() || function.class_code.starts_with("03") ||
         function.class_code.starts_with("12");
}

// "[gaming]"; without a section "the display 10de:1b81" or "the accelerator 1da3:1020".
std::string subject(const PassportFunction& function) {
  if (!function.card.empty()) return "[" + function.card + "]";
  const bool accelerator = function.class_code.starts_with("12");
  return (accelerator ? "the accelerator " : "the display ") + function.id.substr(0, 9);
}

std::set<std::string> group_of(const Functions& all, const PassportFunction& function) {
  std::set<std::string> members;
  if (!function.group) return members;
  for (const PassportFunction& other : all)
    if (other.group == function.group && !is_bridge(other)) members.insert(other.address);
  return members;
}

const PassportFunction& at(const Functions& all, const std::string& address) {
  return *std::find_if(all.begin(), all.end(), [&](const auto& f) { return f.address == address; });
}

using Sentences = std::vector<std::string>;

void compare_group(const Functions& before, const PassportFunction& was, const Functions& now,
                   const PassportFunction& is, const Pairs& pairs, Sentences& out) {
  if (was.group && !is.group) {
    out.push_back(fmt::format("{} {} is no longer in an IOMMU group", subject(was), is.address));
    return;
  }
  std::set<std::string> expected;
  for (const std::string& address : group_of(before, was)) {
    const std::string new_address = pairs.moved(address);
    if (!new_address.empty()) expected.insert(new_address);
    if (!new_address.empty() && is.group && at(now, new_address).group != is.group)
      out.push_back(fmt::format("the IOMMU group of {} {} lost {}", subject(was), is.address,
                                name_of(at(now, new_address))));
  }
  if (!was.group) return;
  for (const std::string& address : group_of(now, is))
    if (!expected.contains(address))
      out.push_back(fmt::format(
          "the IOMMU group of {} {} gained {}: the card cannot be given to a guest while a host driver holds this function",
          subject(was), is.address, name_of(at(now, address))));
}

void compare_device(const PassportFunction& was, const PassportFunction& is, Sentences& out) {
  if (was.reset_methods != is.reset_methods)
    out.push_back(fmt::format("{} {} could be reset by: {}; now by: {}", subject(was), is.address,
                              was.reset_methods.empty() ? "no method" : was.reset_methods,
                              is.reset_methods.empty() ? "no method" : is.reset_methods));
  for (size_t bar = 0; bar < std::min(was.bars.size(), is.bars.size()); ++bar)
    if (was.bars[bar] != is.bars[bar])
      out.push_back(fmt::format("{} {}: BAR {} was {}, and is {} now", subject(was), is.address,
                                bar, hardware::size_text(was.bars[bar]),
                                hardware::size_text(is.bars[bar])));
}

// One sentence for each slot, since a card moves as a whole.
void add_moved(const PassportFunction& was, const PassportFunction& is, Sentences& out) {
  const std::string sure =
      was.serial.empty() ? "the same kind of card" : "the same card, serial number " + was.serial;
  const std::string sentence = fmt::format(
      "{} moved from {} to {} ({}): correct the address in the configuration, or use 'path' or 'on-moved = follow'",
      subject(was), slot_of(was), slot_of(is), sure);
  if (std::find(out.begin(), out.end(), sentence) == out.end()) out.push_back(sentence);
}

void compare_functions(const Passport& before, const Passport& now, Sentences& out) {
  const Pairs pairs(before.functions, now.functions);
  std::set<int> compared;  // groups, each for the first function that matters
  for (size_t i = 0; i < before.functions.size(); ++i) {
    const PassportFunction& was = before.functions[i];
    const PassportFunction* is = pairs.now_of(i);
    if (!is) {
      out.push_back(
          fmt::format("{}{} is missing", was.card.empty() ? "" : subject(was) + " ", name_of(was)));
      continue;
    }
    if (slot_of(was) != slot_of(*is)) {
      if (is_relevant(was))
        add_moved(was, *is, out);
      else if (!is_bridge(was))
        out.push_back(fmt::format("{} moved to {}", name_of(was), is->address));
    }
    if (!is_relevant(was)) continue;
    if (!was.group || compared.insert(*was.group).second)
      compare_group(before.functions, was, now.functions, *is, pairs, out);
    compare_device(was, *is, out);
  }
  for (size_t j = 0; j < now.functions.size(); ++j)
    if (pairs.is_new(j)) out.push_back(name_of(now.functions[j]) + " is new");
}

void compare_text(const char* what, const std::string& was, const std::string& is, Sentences& out) {
  if (was != is)
    out.push_back(fmt::format("{}: was {}, is {} now", what, was.empty() ? "unknown" : was,
                              is.empty() ? "unknown" : is));
}

// A table that could not be read in one of the passports is not compared.
void compare_tables(const Passport& before, const Passport& now, Sentences& out) {
  for (const auto& [name, bytes] : before.tables) {
    const auto is = now.tables.find(name);
    if (is == now.tables.end())
      out.push_back(fmt::format(
          "the firmware no longer has a {} table: check the IOMMU in the firmware setup", name));
    else if (!bytes.empty() && !is->second.empty() && bytes != is->second)
      out.push_back(fmt::format(
          "the firmware's {} table has changed: `vfio-verify firmware` prints it", name));
  }
  for (const auto& [name, bytes] : now.tables)
    if (!before.tables.contains(name))
      out.push_back(fmt::format("the firmware has a {} table now", name));
}

}  // namespace

std::vector<std::string> compare_passports(const Passport& before, const Passport& now) {
  Sentences out;
  compare_functions(before, now, out);
  if (before.iommus != now.iommus)
    compare_text("the kernel's IOMMUs", host::join(before.iommus, " "),
                 now.iommus.empty() ? "none" : host::join(now.iommus, " "), out);
  compare_tables(before, now, out);
  compare_text("firmware", before.firmware, now.firmware, out);
  compare_text("kernel", before.kernel, now.kernel, out);
  return out;
}

}  // namespace verify
