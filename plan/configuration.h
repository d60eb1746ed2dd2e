// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the owner wants: /etc/vfio-early.conf and then /etc/vfio-early.conf.d/*.conf, one section a
// card (vfio-early.conf(5)), and vfio_early.claim= on the kernel command line.
//
// A mistake costs the card it stands in, never another one and never the boot: such a card is left
// out and a Refusal says why, where, and what to write instead.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/command_line.h"
#include "host/pci_address.h"
#include "host/pci_path.h"
#include "host/root.h"
#include "plan/handling.h"
#include "plan/id_pattern.h"

namespace plan {

inline constexpr const char* kConfigurationFile = "/etc/vfio-early.conf";

// A configuration above this size is refused unread.
inline constexpr size_t kMaxConfiguration = size_t{256} * 1024;

// Those after the first so many, in the order of their names, are refused unread.
inline constexpr size_t kMaxDropIns = 64;

// Why a card is not claimed, and what its owner can do about it.
struct Refusal {
  std::string card;  // "" where it concerns a whole file
  std::string file;  // where the owner can mend it
  int line = 0;      // 0: no particular one
  std::string why;
  std::string remedy;

  std::string where() const;  // "/etc/vfio-early.conf:3"
};

// A whole slot, or one function of it.
struct Place {
  host::PciSlot slot;
  std::optional<uint8_t> function;

  std::string str() const;
};

// What must sit where the card was found.
struct Identity {
  std::vector<IdPattern> ids;
  std::optional<uint64_t> serial;  // PCIe device serial number

  bool empty() const { return ids.empty() && !serial; }
};

enum class OnMoved { kRefuse, kFollow };

// When has a boot that claimed this card proven to be a good one? Not asked: the dead-man rescue is
// off for it.
enum class Healthy { kNotAsked, kDisplay, kBoot };

// One section.
struct Card {
  std::string name;
  std::string file;
  int line = 0;  // of the selector: what the machine refuses is most likely mended there

  // What selects it; exactly one of these is set.
  std::vector<Place> address;
  std::optional<IdPattern> id;
  std::string class_code;             // "03", "0403" or "040300"
  std::optional<host::PciPath> path;  // of a function, or of a port with the card below
  std::optional<uint64_t> serial;

  std::optional<uint32_t> index;
  Identity identity;
  OnMoved on_moved = OnMoved::kRefuse;
  bool all_functions = false;
  std::vector<uint8_t> functions;

  std::string where() const;  // "/etc/vfio-early.conf:3"

  bool may_be_last_display = false;
  bool claim_group = false;
  Healthy healthy_when = Healthy::kNotAsked;
  Handling handling;
};

struct Configuration {
  std::vector<Card> cards;
  std::vector<Refusal> refusals;
  std::vector<std::string> files;               // that were read
  std::map<std::string, std::string> sections;  // every section seen: its name, where it stands
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a of all their text: tells an old record from a new
};

// Adds one file's cards. Pure.
void parse_configuration(std::string_view text, const std::string& file,
                         Configuration& configuration);

// Adds the cards of `vfio_early.claim=`, one for each time that it stands there: a selector's bare
// value ("0000:01:00", "10de:1b81", a path, a serial number) or KEY=VALUE, and after commas more of
// KEY=VALUE. Pure.
void parse_command_line(const host::CommandLine& line, Configuration& configuration);

// Reads `file`, the drop-ins of `file`.d and the kernel command line. A missing file is an empty
// one.
Configuration read_configuration(const host::Root& root, const std::string& file);

}  // namespace plan
