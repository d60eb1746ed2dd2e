// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/udev_rules.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <map>
#include <optional>
#include <set>

#include "host/alias.h"
#include "host/text.h"

namespace host {
namespace {

// In the order of udev(7): a file hides those of the same name in the directories after it.
constexpr const char* kDirectories[] = {"/etc/udev/rules.d", "/run/udev/rules.d",
                                        "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d",
                                        "/lib/udev/rules.d"};

constexpr std::string_view kOverride = "driver_override";

// Takes the next KEY{attribute}OP"value" from `text`; nullopt: none is left, or it is malformed.
std::optional<UdevToken> take_token(std::string_view& text) {
  const auto take_while = [&](auto condition) {
    const auto end = std::find_if_not(text.begin(), text.end(), condition);
    const std::string taken(text.begin(), end);
    text.remove_prefix(taken.size());
    return taken;
  };
  take_while([](char c) { return c == ',' || c == ' ' || c == '\t' || c == '\r'; });
  UdevToken token;
  token.key = take_while([](char c) { return c == '_' || (c >= 'A' && c <= 'Z'); });
  if (text.starts_with('{')) {
    text.remove_prefix(1);
    token.attribute = take_while([](char c) { return c != '}'; });
    text.remove_prefix(std::min<size_t>(1, text.size()));
  }
  take_while([](char c) { return c == ' ' || c == '\t'; });
  token.op =
      take_while([](char c) { return std::string_view("=!+-:").find(c) != std::string::npos; });
  take_while([](char c) { return c == ' ' || c == '\t' || c == 'e' || c == 'i'; });  // e"…", i"…"
  if (token.key.empty() || token.op.empty() || !text.starts_with('"')) return std::nullopt;
  text.remove_prefix(1);
  while (!text.empty() && text.front() != '"') {
    if (text.starts_with("\\\"")) text.remove_prefix(1);
    token.value += text.front();
    text.remove_prefix(1);
  }
  text.remove_prefix(std::min<size_t>(1, text.size()));
  return token;
}

bool is_condition(const UdevToken& token) {
  return token.op == "==" || token.op == "!=";
}

// ATTR{driver_override}="nvidia", or RUN+="/bin/sh -c 'echo … > …/driver_override'"
bool binds(const UdevToken& token) {
  if (is_condition(token)) return false;
  if (token.key == "ATTR") return token.attribute.ends_with(kOverride);
  return (token.key == "RUN" || token.key == "PROGRAM" || token.key == "IMPORT") &&
         (token.value.find(kOverride) != token.value.npos ||
          token.value.find("/bind") != token.value.npos ||
          token.value.find("set-override") != token.value.npos);
}

enum class Match { kNo, kUnknown, kYes };

// The property of the function that the key names, as udev has it; nullopt: not in a PciFunction.
std::optional<std::string> property_of(const PciFunction& function, const UdevToken& token) {
  const std::string& name = token.attribute;
  const auto upper = [](std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return std::toupper(c); });
    return text;
  };
  if (token.key == "KERNEL" || token.key == "KERNELS") return function.address.str();
  if (token.key == "SUBSYSTEM" || token.key == "SUBSYSTEMS") return "pci";
  if (token.key == "ATTR" || token.key == "ATTRS") {
    if (name == "vendor") return "0x" + hex(function.id.vendor, 4);
    if (name == "device") return "0x" + hex(function.id.device, 4);
    if (name == "subsystem_vendor") return "0x" + hex(function.id.subvendor, 4);
    if (name == "subsystem_device") return "0x" + hex(function.id.subdevice, 4);
    if (name == "class") return "0x" + function.class_str();
  }
  if (token.key == "ENV") {
    if (name == "PCI_SLOT_NAME") return function.address.str();
    if (name == "PCI_ID") return upper(function.id.str());
    if (name == "PCI_CLASS") {
      const std::string code = upper(function.class_str());
      return code.substr(std::min(code.find_first_not_of('0'), code.size() - 1));
    }
  }
  return std::nullopt;
}

bool matches_one_of(const std::string& patterns, const std::string& text) {
  const auto all = split(patterns, "|");
  return std::any_of(all.begin(), all.end(),
                     [&](std::string_view pattern) { return matches_pattern(pattern, text); });
}

// KERNELS, ATTRS and SUBSYSTEMS also match a parent of the device.
Match match(const UdevToken& token, const PciFunction& function) {
  if (token.key == "ACTION")  // a removal binds nothing
    return token.op == "==" && token.value == "remove" ? Match::kNo : Match::kUnknown;
  const auto property = property_of(function, token);
  if (!property) return Match::kUnknown;
  const bool is_equal = matches_one_of(token.value, *property);
  if (is_equal == (token.op == "==")) return Match::kYes;
  return token.key.ends_with('S') ? Match::kUnknown : Match::kNo;
}

Match match(const UdevRule& rule, const PciFunction& function) {
  Match whole = Match::kYes;
  for (const UdevToken& token : rule.tokens)
    if (is_condition(token)) whole = std::min(whole, match(token, function));
  return whole;
}

const UdevToken* find_key(const UdevRule& rule, std::string_view key) {
  const auto found = std::find_if(rule.tokens.begin(), rule.tokens.end(),
                                  [&](const UdevToken& token) { return token.key == key; });
  return found == rule.tokens.end() ? nullptr : &*found;
}

bool has_binding_rule(const UdevFile& file) {
  return std::any_of(file.begin(), file.end(), [](const UdevRule& rule) {
    return std::any_of(rule.tokens.begin(), rule.tokens.end(), binds);
  });
}

}  // namespace

UdevFile parse_udev_rules(std::string_view text, const std::string& file) {
  UdevFile rules;
  std::string whole;
  int number = 0, first = 1;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    ++number;
    if (whole.empty() && trim(line).starts_with('#')) continue;  // it has no continuation
    if (whole.empty()) first = number;
    const bool is_continued = line.ends_with('\\') && !text.empty();
    if (is_continued) line.remove_suffix(1);
    whole += std::string(line) + " ";
    if (is_continued) continue;
    UdevRule rule{.tokens = {}, .where = file + ":" + std::to_string(first)};
    if (std::string_view rest = trim(whole); !rest.starts_with('#'))
      while (auto token = take_token(rest)) rule.tokens.push_back(std::move(*token));
    if (!rule.tokens.empty()) rules.push_back(std::move(rule));
    whole.clear();
  }
  return rules;
}

std::vector<UdevFile> read_binding_udev_rules(const Root& root) {
  std::vector<UdevFile> files;
  std::set<std::string> seen;
  for (const std::string directory : kDirectories)
    for (const std::string& name : root.list(directory).value_or({})) {
      if (!name.ends_with(".rules") || !seen.insert(name).second) continue;
      const std::string path = directory + "/" + name;
      UdevFile file = parse_udev_rules(root.read(path).value_or(""), path);
      if (has_binding_rule(file)) files.push_back(std::move(file));
    }
  return files;
}

std::vector<UdevBinding> udev_bindings(const UdevFile& file, const PciFunction& function) {
  std::vector<UdevBinding> bindings;
  std::string label;                        // rules are skipped until it; "": none are
  std::map<std::string_view, size_t> last;  // the last rule with each label
  for (size_t i = 0; i < file.size(); ++i)
    if (const UdevToken* here = find_key(file[i], "LABEL")) last[here->value] = i;
  for (size_t i = 0; i < file.size(); ++i) {
    const UdevRule& rule = file[i];
    const UdevToken* here = find_key(rule, "LABEL");
    if (!label.empty() && (!here || here->value != label)) continue;
    label.clear();
    const Match matched = match(rule, function);
    if (matched == Match::kNo) continue;
    for (const UdevToken& token : rule.tokens)
      if (binds(token)) bindings.push_back({token.key == "ATTR" ? token.value : "", rule.where});
    const UdevToken* there = find_key(rule, "GOTO");
    if (!there || matched != Match::kYes) continue;
    // udev ignores a GOTO without a LABEL after it.
    const auto target = last.find(there->value);
    if (target != last.end() && target->second > i) label = there->value;
  }
  return bindings;
}

}  // namespace host
