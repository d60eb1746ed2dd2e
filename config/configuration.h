// SPDX-License-Identifier: GPL-2.0-or-later
//
// The configuration: /etc/vfio-early.conf, then /etc/vfio-early.conf.d/*.conf, with one section for
// each card (vfio-early.conf(5)), then vfio_early.claim= on the kernel command line.
//
// A mistake in a section affects only its card, no other card and not the boot. The card is left
// out, and a Refusal says why, where, and what to write instead.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/handling.h"
#include "config/id_pattern.h"
#include "config/slot_or_function.h"
#include "host/command_line.h"
#include "host/pci_path.h"
#include "host/root.h"

namespace config {

inline constexpr const char* kConfigurationFile = "/etc/vfio-early.conf";

// In bytes. A larger file is refused.
inline constexpr size_t kMaxConfiguration = size_t{256} * 1024;

// FNV-1a of no bytes.
inline constexpr uint64_t kEmptyHash = 0xcbf29ce484222325;

// Drop-ins beyond this number, in the order of their names, are refused and not read.
inline constexpr size_t kMaxDropIns = 64;

// Why a card is not claimed, and what the user can do about it.
struct Refusal {
  std::string card;  // "" if it concerns a whole file
  std::string file;  // where the user can fix it
  int line = 0;      // 0: no specific line
  std::string why;
  std::string remedy;
  // The card is away for now: unplugged, switched off, or a virtual function that is not created
  // yet. Nothing is wrong, and it is claimed when it appears.
  bool awaited = false;

  std::string where() const;  // "/etc/vfio-early.conf:3"
};

// What the user should know, although it does not prevent a claim.
struct Warning {
  std::string card;  // "" if it concerns no card
  std::string what;
  std::string remedy;
};

// The ids and the serial number that the selected card must have.
struct Identity {
  std::vector<IdPattern> ids;
  std::optional<uint64_t> serial;  // PCIe device serial number

  bool empty() const { return ids.empty() && !serial; }
};

// The largest value of 'vfs'. Few devices have more, and each one has an entry in the record.
inline constexpr uint32_t kMaxVirtualFunctions = 256;

enum class OnMoved { kRefuse, kFollow };

// When is a boot healthy that claimed this card? kNotSet: the dead-man rescue is off for this
// card.
enum class Healthy { kNotSet, kDisplay, kBoot };

// Card::count of a section that selects all cards that match.
inline constexpr uint32_t kAllCards = ~uint32_t{0};

// One section, or one of the cards of a section with `count` (plan/cards.h).
struct Card {
  std::string name;
  std::string file;
  int line = 0;  // of the selector, where most refusals are fixed

  // The selector: exactly one of these is set.
  std::vector<SlotOrFunction> address;
  std::optional<IdPattern> id;
  std::string class_code;             // "03", "0403" or "040300"
  std::optional<host::PciPath> path;  // of a function, or of a port above the card
  std::optional<uint64_t> serial;
  std::string slot_label;  // of the board or of the kernel: host/physical_slots.h

  std::optional<uint32_t> index;
  std::optional<uint32_t> count;  // the number of cards that the section selects
  // Of one of its cards: the slot to which `id` or `class` is restricted.
  std::optional<host::PciSlot> only_slot;
  // The number of devices of a unit, such as a baseboard: those that are missing do not cost the
  // others.
  std::optional<uint32_t> expect;
  Identity identity;
  OnMoved on_moved = OnMoved::kRefuse;
  bool all_functions = false;
  std::vector<uint8_t> functions;
  // The first virtual functions of the selected function are claimed, which itself stays with the
  // host; 0: the selected functions are claimed.
  uint16_t vfs = 0;

  std::string where() const;  // "/etc/vfio-early.conf:3"

  bool may_be_last_display = false;
  bool claim_group = false;
  // The host has the card until a guest starts: no boot claims it.
  bool hand_over = false;
  Healthy healthy_when = Healthy::kNotSet;
  Handling handling;
};

struct Configuration {
  std::vector<Card> cards;
  std::vector<Refusal> refusals;
  std::vector<Warning> warnings;
  std::vector<std::string> files;               // the files that were read
  std::map<std::string, std::string> sections;  // all sections: name and location
  uint64_t hash = kEmptyHash;                   // of all text: detects a change
};

// The name of one card of a section with `count`: "gpus@0000:01:00".
std::string name_in_section(const std::string& section, const host::PciSlot& slot);

// The section of such a card; every other card has the name of its section.
std::string section_of(const std::string& card);

// Adds `text` to a hash, which is FNV-1a with 64 bits.
void add_to_hash(std::string_view text, uint64_t& hash);

// A hash in the form of the record: 16 hexadecimal digits.
std::string hash_text(uint64_t hash);

// Adds one file's cards. Pure.
void parse_configuration(std::string_view text, const std::string& file,
                         Configuration& configuration);

// Adds the cards of `vfio_early.claim=`, one for each occurrence. A value is the bare value of a
// selector ("0000:01:00", "10de:1b81", a path, a serial number) or KEY=VALUE, and further KEY=VALUE
// after commas. Pure.
void parse_command_line(const host::CommandLine& line, Configuration& configuration);

// The configuration for a boot: without the cards that the host has until a guest starts, except
// the card of this name. Those cards are displays of the host, so the guards must not see them.
Configuration without_hand_overs(Configuration configuration, std::string_view except = {});

// Reads `file`, the drop-ins of `file`.d and the kernel command line. A missing file counts as
// empty.
Configuration read_configuration(const host::Root& root, const std::string& file);

}  // namespace config
