// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/udev_rules.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <map>
#include <optional>

#include "host/alias.h"
#include "host/bind_command.h"
#include "host/drop_ins.h"
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
    std::string taken(text.begin(), end);
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
  take_while([](char c) { return c == ' ' || c == '\t'; });
  const std::string prefix = take_while([](char c) { return c == 'e' || c == 'i'; });  // e"…", i"…"
  token.ignores_case = prefix.find('i') != prefix.npos;
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

bool is_command(const UdevToken& token) {
  return !is_condition(token) &&
         (token.key == "RUN" || token.key == "PROGRAM" || token.key == "IMPORT");
}

// ATTR{driver_override}="nvidia", or RUN+="/bin/sh -c 'echo … > …/driver_override'"
bool binds(const UdevToken& token) {
  if (is_condition(token)) return false;
  if (token.key == "ATTR") return token.attribute.ends_with(kOverride);
  return is_command(token) && (token.value.find(kOverride) != token.value.npos ||
                               token.value.find("/bind") != token.value.npos ||
                               token.value.find("set-override") != token.value.npos);
}

enum class Match { kNo, kUnknown, kYes };

// The property of the function that the key names, as udev has it; nullopt: not in a PciFunction.
std::optional<std::string> property_of(const PciFunction& function, const UdevToken& token) {
  const std::string& name = token.attribute;
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

bool has_value(const UdevToken& token, const std::string& property) {
  const std::string patterns = token.ignores_case ? lower(token.value) : token.value;
  const std::string text = token.ignores_case ? lower(property) : property;
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
  const bool is_equal = has_value(token, *property);
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

// RUN+="/bin/sh -c 'echo 0000:01:00.0 > /sys/bus/pci/drivers/nvidia/bind'"
std::vector<BindCommand> commands_in(const UdevRule& rule) {
  std::vector<BindCommand> all;
  for (const UdevToken& token : rule.tokens)
    if (is_command(token))
      for (BindCommand& command : parse_bind_commands(token.value, ""))
        all.push_back(std::move(command));
  return all;
}

bool has_binding_rule(const UdevFile& file) {
  return std::any_of(file.begin(), file.end(), [](const UdevRule& rule) {
    return std::any_of(rule.tokens.begin(), rule.tokens.end(), binds) || !commands_in(rule).empty();
  });
}

// What the rule does to a function that it matches.
std::vector<UdevBinding> effects_of(const UdevRule& rule) {
  std::vector<UdevBinding> effects;
  for (const UdevToken& token : rule.tokens)
    if (binds(token)) effects.push_back({token.key == "ATTR" ? token.value : "", rule.where});
  return effects;
}

// What the rule does to a function that it need not match.
std::vector<UdevBinding> effects_of(const UdevRule& rule, const PciAddress& named) {
  std::vector<UdevBinding> effects;
  for (const BindCommand& command : commands_in(rule))
    if (command.address == named) effects.push_back({command.driver, rule.where});
  return effects;
}

}  // namespace

UdevFile parse_udev_rules(std::string_view text, const std::string& file) {
  UdevFile rules;
  each_joined_line(text, Comment::kIsOneLine, [&](std::string_view line, int number) {
    UdevRule rule{.tokens = {}, .where = file + ":" + std::to_string(number)};
    while (auto token = take_token(line)) rule.tokens.push_back(std::move(*token));
    if (!rule.tokens.empty()) rules.push_back(std::move(rule));
  });
  return rules;
}

std::vector<UdevFile> read_binding_udev_rules(const Root& root, std::vector<std::string>* unread) {
  std::vector<UdevFile> files;
  const auto accepts = [](std::string_view name) { return name.ends_with(".rules"); };
  for (const DropIn& rules : read_drop_ins(root, kDirectories, accepts, unread))
    if (UdevFile file = parse_udev_rules(rules.text, rules.path); has_binding_rule(file))
      files.push_back(std::move(file));
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
    std::vector<UdevBinding> effects = effects_of(rule, function.address);
    const UdevToken* here = find_key(rule, "LABEL");
    const bool is_skipped = !label.empty() && (!here || here->value != label);
    if (!is_skipped) label.clear();
    const Match matched = is_skipped ? Match::kNo : match(rule, function);
    if (matched != Match::kNo && effects.empty()) effects = effects_of(rule);
    std::move(effects.begin(), effects.end(), std::back_inserter(bindings));
    if (matched == Match::kNo) continue;
    const UdevToken* there = find_key(rule, "GOTO");
    if (!there || matched != Match::kYes) continue;
    // udev ignores a GOTO without a LABEL after it.
    const auto target = last.find(there->value);
    if (target != last.end() && target->second > i) label = there->value;
  }
  return bindings;
}

}  // namespace host
