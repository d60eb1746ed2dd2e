// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/configuration.h"

#include <algorithm>
#include <cerrno>
#include <set>

#include "config/drop_ins.h"
#include "config/ini.h"
#include "config/keys.h"
#include "config/mistakes.h"
#include "host/printable.h"
#include "host/running_kernel.h"
#include "host/text.h"

namespace config {
namespace {

constexpr const char* kCommandLine = "kernel command line";

// Converts one section to a card; adds its mistakes to `refusals`.
class SectionReader {
 public:
  SectionReader(const IniSection& section, const std::string& file, std::vector<Refusal>& refusals)
      : section_(section), refusals_(refusals), before_(refusals.size()) {
    card_.name = section.name;
    card_.file = file;
    card_.line = section.line;
  }

  std::optional<Card> read() {
    for (const IniFault& fault : section_.faults) refuse(fault);
    std::set<std::string> seen;
    for (const IniEntry& entry : section_.entries) {
      if (seen.insert(entry.key).second) {
        take(entry);
      } else {
        refuse(entry.line, duplicate_key(entry.key, values_of(entry.key)));
      }
    }
    check_name();
    if (is_valid()) check_selector();
    if (is_valid() && card_.vfs > 0) check_virtual_functions();
    if (!is_valid()) return std::nullopt;
    return std::move(card_);
  }

 private:
  bool is_valid() const { return refusals_.size() == before_; }

  void refuse(int line, std::string why, std::string remedy) {
    const size_t listed = refusals_.size() - before_;
    if (listed > kMaxIniFaults) return;
    if (listed == kMaxIniFaults) why = "more mistakes follow; they are not listed";
    refusals_.push_back({card_.name, card_.file, line, std::move(why), std::move(remedy)});
  }

  void refuse(int line, Mistake mistake) {
    refuse(line, std::move(mistake.why), std::move(mistake.remedy));
  }

  void refuse(const IniFault& fault) {
    if (!fault.text.empty()) return refuse(fault.line, malformed_line(fault.text));
    refuse(fault.line, fault.what,
           fault.remedy.empty() ? "correct the line, or put # before it" : fault.remedy);
  }

  std::vector<std::string> values_of(const std::string& key) const {
    std::vector<std::string> values;
    for (const IniEntry& entry : section_.entries)
      if (entry.key == key) values.push_back(entry.value);
    return values;
  }

  void take(const IniEntry& entry) {
    const Key* key = find_key(entry.key);
    if (!key) {
      refuse(entry.line, unknown_key(entry.key));
    } else if (!key->parse(entry.value, card_)) {
      refuse(entry.line, invalid_value(*key, entry.value));
    } else if (key->selects) {
      card_.line = entry.line;
      selectors_.push_back("'" + entry.key + "'");
    }
  }

  // Other commands take the name of one card of a section with 'count' for this section's, and
  // hand-over.json, which is UTF-8, names the card.
  void check_name() {
    if (section_of(card_.name) != card_.name)
      refuse(
          section_.line,
          "the name of a section ends with '@' and a slot, as that of one card of a section with 'count' does",
          "rename the section");
    else if (card_.hand_over && host::printable(card_.name) != card_.name)
      refuse(
          section_.line,
          "with 'hand-over', the name of a section must be UTF-8 text without control characters",
          "rename the section");
  }

  void check_selector() {
    if (selectors_.size() != 1) {
      refuse(section_.line,
             selectors_.empty()
                 ? "no key selects a card"
                 : "more than one key selects a card: " + host::join(selectors_, " and "),
             remedy_for_selectors());
    } else if (card_.index && !card_.id && card_.class_code.empty()) {
      refuse(section_.line, "'index' needs 'id' or 'class'",
             "remove 'index': " + selectors_.front() + " does not use it");
    } else if (card_.count && !card_.id && card_.class_code.empty()) {
      refuse(section_.line, "'count' needs 'id' or 'class'",
             "remove 'count': " + selectors_.front() + " does not use it");
    } else if (card_.count && (card_.index || card_.on_moved == OnMoved::kFollow)) {
      refuse(section_.line,
             card_.index ? "'count' and 'index' exclude each other"
                         : "'count' and 'on-moved = follow' exclude each other",
             card_.index ? "remove one of them: 'index' selects one card, 'count' several"
                         : "remove 'on-moved': the cards are found wherever they are");
    } else if ((card_.count && (card_.vfs > 0 || card_.hand_over)) ||
               (card_.expect && card_.vfs > 0)) {
      refuse(section_.line,
             std::string(card_.vfs > 0 ? "'vfs'" : "'hand-over'") + " and " +
                 (card_.count ? "'count'" : "'expect'") + " exclude each other",
             "add a section for each card");
    } else if (card_.expect) {
      check_unit();
    } else if (card_.on_moved == OnMoved::kFollow && card_.identity.ids.empty()) {
      refuse(section_.line, "'on-moved = follow' needs ids in 'identity'",
             "add the ids to 'identity', or remove 'on-moved'");
    } else if (has_functions_key() && has_function_address()) {
      refuse(card_.line, "'functions' is set, but 'address' has a single function",
             "use only slots in 'address', or remove 'functions'");
    }
  }

  // With 'vfs', the host keeps the selected function, and each virtual function is a card of its
  // own.
  void check_virtual_functions() {
    struct Meaningless {
      const char* key;
      const char* why;
    };
    constexpr Meaningless kMeaningless[] = {
        {"functions", "virtual functions are claimed by their number"},
        {"group", "the host keeps the physical function, and what is in its group"},
        {"only-display", "the physical function, which may be a display, stays with the host"},
        {"framebuffer", "no boot framebuffer is on a virtual function"},
        {"healthy-when", "the host keeps the card"},
        {"hand-over", "virtual functions are created and claimed at boot"},
        {"bar-size", "the physical function decides the size of the memory"},
    };
    for (const IniEntry& entry : section_.entries)
      for (const Meaningless& other : kMeaningless)
        if (entry.key == other.key)
          refuse(entry.line, "'" + entry.key + "' does not apply to 'vfs': " + other.why,
                 "remove '" + entry.key + "'");
    if (card_.address.size() > 1)
      refuse(card_.line, "'vfs' is set, but 'address' has more than one address",
             "name one physical function, and add a section for each other one");
  }

  void check_unit() {
    if (card_.address.empty() && !card_.path && card_.slot_label.empty())
      return refuse(section_.line, "'expect' needs 'address', 'path' or 'slot'",
                    card_.serial ? "remove 'expect': a serial number is that of one card"
                                 : "for cards of one kind use 'count'");
    if (card_.on_moved == OnMoved::kFollow || card_.identity.serial)
      refuse(section_.line,
             card_.identity.serial ? "'expect' and a serial number in 'identity' exclude each other"
                                   : "'expect' and 'on-moved = follow' exclude each other",
             "remove one of them: several devices have no common location or serial number");
    std::set<host::PciSlot> slots;
    for (const SlotOrFunction& location : card_.address) slots.insert(location.slot);
    if (!slots.empty() && slots.size() < *card_.expect) {
      const std::string number = std::to_string(slots.size());
      refuse(section_.line,
             "'address' has " + number + (slots.size() == 1 ? " slot" : " different slots") +
                 ", but 'expect' is " + std::to_string(*card_.expect),
             "add the missing addresses, or set 'expect = " + number + "'");
    }
  }

  // An id beside the address is meant as the identity of the card there.
  std::string remedy_for_selectors() const {
    if (selectors_.size() == 2 && !card_.address.empty() && card_.id && card_.identity.empty())
      return "keep 'address', and write the id as 'identity = " + card_.id->str() + "'";
    return "set exactly one of: " + names_of_keys(/*selectors_only=*/true);
  }

  bool has_functions_key() const { return card_.all_functions || !card_.functions.empty(); }
  bool has_function_address() const {
    return std::any_of(card_.address.begin(), card_.address.end(),
                       [](const SlotOrFunction& slot_or_function) {
                         return slot_or_function.function.has_value();
                       });
  }

  const IniSection& section_;
  std::vector<Refusal>& refusals_;
  size_t before_;
  Card card_;
  std::vector<std::string> selectors_;  // the keys that were given
};

// "/etc/vfio-early.conf:3"; the kernel command line has no lines.
std::string file_location(const std::string& file, int line) {
  return line > 0 ? file + ":" + std::to_string(line) : file;
}

// A duplicate section name is ambiguous: neither card is claimed.
bool refuse_duplicate(const IniSection& section, const std::string& file, Configuration& all) {
  const std::string where = file_location(file, section.line);
  const auto [first, fresh] = all.sections.emplace(section.name, where);
  if (fresh) return false;
  all.refusals.push_back({section.name, file, section.line,
                          "duplicate section [" + section.name + "], first at " + first->second,
                          "give each section a unique name"});
  std::erase_if(all.cards, [&](const Card& card) { return card.name == section.name; });
  return true;
}

void add_section(const IniSection& section, const std::string& file, Configuration& all) {
  if (refuse_duplicate(section, file, all)) return;
  auto card = SectionReader(section, file, all.refusals).read();
  if (card) all.cards.push_back(std::move(*card));
}

// One word of vfio_early.claim=. The first may be a bare value, whose form determines the selector.
IniEntry entry_of(std::string_view word, bool first) {
  const size_t equals = word.find('=');
  if (equals != word.npos)
    return {.key = std::string(word.substr(0, equals)),
            .value = std::string(word.substr(equals + 1))};
  for (const char* key : {"address", "id", "serial", "path"}) {
    Card trial;
    if (first && find_key(key)->parse(word, trial)) return {.key = key, .value = std::string(word)};
  }
  return {.key = first ? "address" : std::string(word), .value = first ? std::string(word) : ""};
}

}  // namespace

void add_to_hash(std::string_view text, uint64_t& hash) {
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
}

std::string hash_text(uint64_t hash) {
  return host::hex(static_cast<uint32_t>(hash >> 32), 8) +
         host::hex(static_cast<uint32_t>(hash), 8);
}

std::string Refusal::where() const {
  return file_location(file, line);
}

std::string Card::where() const {
  return file_location(file, line);
}

std::string name_in_section(const std::string& section, const host::PciSlot& slot) {
  return section + "@" + slot.str();
}

std::string section_of(const std::string& card) {
  const size_t at = card.rfind('@');
  return at != card.npos && host::PciSlot::parse(card.substr(at + 1)) ? card.substr(0, at) : card;
}

void parse_configuration(std::string_view text, const std::string& file, Configuration& all) {
  all.files.push_back(file);
  add_to_hash(text, all.hash);

  const Ini ini = parse_ini(text);
  for (const IniFault& fault : ini.faults)
    all.refusals.push_back({"", file, fault.line, fault.what,
                            fault.remedy.empty() ? "see vfio-early.conf(5)" : fault.remedy});
  for (const IniSection& section : ini.sections) add_section(section, file, all);
}

void parse_command_line(const host::CommandLine& line, Configuration& all) {
  int number = 0;
  for (const std::string& claim : line.values("vfio_early.claim")) {
    if (number++ == 0) all.files.push_back(kCommandLine);
    add_to_hash("\n" + claim, all.hash);
    IniSection section{.name = "vfio_early.claim=" + claim.substr(0, kMaxIniName)};
    for (const std::string_view word : host::split(claim, ","))
      section.entries.push_back(entry_of(word, section.entries.empty()));
    add_section(section, kCommandLine, all);
  }
}

Configuration without_hand_overs(Configuration configuration, std::string_view except) {
  std::erase_if(configuration.cards,
                [&](const Card& card) { return card.hand_over && card.name != except; });
  return configuration;
}

Configuration read_configuration(const host::Root& root, const std::string& file) {
  Configuration configuration;
  const auto refuse = [&](const std::string& path, const host::Error& error) {
    if (error.code == ENOENT) return;
    configuration.refusals.push_back(
        {"", path, 0, describe(error),
         "use a text file of at most " + std::to_string(kMaxConfiguration / 1024) +
             " KiB, or a directory FILE.d of text files; see vfio-early.conf(5)"});
  };

  const DropIns drop_ins = list_drop_ins(root, file);
  if (!drop_ins.readable) refuse(file + ".d", drop_ins.readable.error());
  std::vector<std::string> files = {file};
  files.insert(files.end(), drop_ins.files.begin(), drop_ins.files.end());
  if (files.size() > 1 + kMaxDropIns) {
    configuration.refusals.push_back({"", file + ".d", 0,
                                      "it has " + std::to_string(files.size() - 1) +
                                          " drop-ins; only the first " +
                                          std::to_string(kMaxDropIns) + " are read",
                                      "put several sections into one file"});
    files.resize(1 + kMaxDropIns);
  }
  for (const std::string& path : drop_ins.ignored)
    configuration.warnings.push_back(
        {"", path + " is not read, because its name does not end with .conf",
         "rename it to " + std::string(stem_of(host::file_name(path))) +
             ".conf, or to a name that ends with .disabled to leave it out"});
  if (drop_ins.more_ignored > 0)
    configuration.warnings.push_back({"",
                                      "more files in " + file + ".d are not read (" +
                                          std::to_string(drop_ins.more_ignored) +
                                          "), because their names do not end with .conf",
                                      "rename them to end with .conf"});

  for (const std::string& path : files) {
    const auto text = root.read(path, kMaxConfiguration);
    if (text) {
      parse_configuration(*text, path, configuration);
    } else {
      refuse(path, text.error());
    }
  }
  parse_command_line(host::running_command_line(root), configuration);
  return configuration;
}

}  // namespace config
