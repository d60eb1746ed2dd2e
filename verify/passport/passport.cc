// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/passport/passport.h"

#include <algorithm>
#include <cerrno>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/pci_address.h"
#include "host/pci_serial.h"
#include "host/printable.h"
#include "host/running_kernel.h"
#include "host/text.h"
#include "host/user_file.h"
#include "plan/cards.h"
#include "plan/plan.h"
#include "plan/selection.h"
#include "record/json_depth.h"
#include "verify/inspect/firmware/tables.h"
#include "verify/inspect/hardware/bars.h"
#include "verify/inspect/hardware/power.h"

namespace verify {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

std::string read_firmware(const host::Root& root) {
  const auto dmi = [&](const char* name) {
    return root.read_line(std::string("/sys/class/dmi/id/") + name);
  };
  std::string text = dmi("bios_version");
  if (const std::string date = dmi("bios_date"); !date.empty()) text += " (" + date + ")";
  const std::string board = dmi("board_vendor") + " " + dmi("board_name");
  if (board != " ") text += (text.empty() ? "" : ", ") + board;
  return text;
}

std::map<std::string, std::string> read_tables(const host::Root& root) {
  std::map<std::string, std::string> tables;
  for (const char* name : firmware::kSignatures) {
    const std::string file = std::string(firmware::kDirectory) + name;
    if (!root.exists(file)) continue;
    tables[name] = "";
    const std::string bytes = root.read(file).value_or("");
    for (const char byte : bytes) tables[name] += host::hex(static_cast<unsigned char>(byte), 2);
  }
  return tables;
}

std::vector<uint64_t> read_bars(const host::Root& root, const host::PciAddress& address) {
  std::vector<uint64_t> bars;
  for (const hardware::Window& window : hardware::read_windows(root, address))
    if (bars.size() < hardware::kBars) bars.push_back(window.bytes());
  return bars;
}

std::string full_id(const host::PciId& id) {
  return fmt::format("{:04x}:{:04x}:{:04x}:{:04x}", id.vendor, id.device, id.subvendor,
                     id.subdevice);
}

// Values of a file that may have been edited: a value of the wrong type is treated as missing.
std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

PassportFunction parse_function(const json& object) {
  PassportFunction function = {.address = text_at(object, "address"),
                               .path = text_at(object, "path"),
                               .id = text_at(object, "id"),
                               .class_code = text_at(object, "class"),
                               .serial = text_at(object, "serial"),
                               .card = text_at(object, "card"),
                               .group = {},
                               .reset_methods = text_at(object, "reset_methods"),
                               .bars = {}};
  if (const auto group = object.find("group"); group != object.end() && group->is_number_integer())
    function.group = group->get<int>();
  if (const auto bars = object.find("bars"); bars != object.end() && bars->is_array())
    for (const json& bar : *bars)
      function.bars.push_back(bar.is_number_unsigned() ? bar.get<uint64_t>() : 0);
  return function;
}

}  // namespace

Passport take_passport_head(const host::Root& root) {
  return {.kernel = host::running_release(root),
          .firmware = read_firmware(root),
          .iommus = root.list("/sys/class/iommu").value_or({}),
          .tables = read_tables(root),
          .functions = {}};
}

host::Result<Passport> take_passport(const host::Root& root,
                                     const std::string& configuration_file) {
  const auto configuration = config::read_configuration(root, configuration_file);
  auto machine = host::read_machine(
      root, plan::details_for(configuration) | host::Details{.paths = true, .groups = true});
  if (!machine) return machine.error();
  hardware::read_serials(root, *machine);
  Passport passport = take_passport_head(root);
  for (const host::PciFunction& function : machine->functions)
    passport.functions.push_back(
        {.address = function.address.str(),
         .path = function.path ? function.path->str() : "",
         .id = full_id(function.id),
         .class_code = function.class_str(),
         .serial = function.serial ? host::serial_str(*function.serial) : "",
         .card = {},
         .group = function.group,
         .reset_methods = root.read_line(function.address.sysfs() + "/reset_method"),
         .bars = read_bars(root, function.address)});
  for (const config::Card& section : configuration.cards)
    for (const config::Card& card : plan::cards_of(section, *machine))
      for (const host::PciFunction* meant : plan::select(card, *machine).functions)
        for (PassportFunction& function : passport.functions)
          if (function.address == meant->address.str()) function.card = section.name;
  return passport;
}

std::string passport_json(const Passport& passport) {
  ordered_json functions = ordered_json::array();
  for (const PassportFunction& function : passport.functions)
    functions.push_back(
        {{"address", function.address},
         {"path", function.path},
         {"id", function.id},
         {"class", function.class_code},
         {"serial", function.serial},
         {"card", host::printable(function.card)},
         {"group", function.group ? ordered_json(*function.group) : ordered_json(nullptr)},
         {"reset_methods", function.reset_methods},
         {"bars", function.bars}});
  const ordered_json all = {
      {"program", "vfio-verify"},  {"passport", 1},
      {"kernel", passport.kernel}, {"firmware", host::printable(passport.firmware)},
      {"iommus", passport.iommus}, {"tables", passport.tables},
      {"functions", functions}};
  return all.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

host::Result<Passport> parse_passport(const std::string& text) {
  if (record::nests_too_deep(text)) return host::Error{EINVAL, "not a passport of vfio-verify"};
  const json all = json::parse(text, nullptr, false);
  const auto functions = all.is_object() ? all.find("functions") : all.end();
  const auto form = all.is_object() ? all.find("passport") : all.end();
  if (form == all.end() || *form != 1 || functions == all.end() || !functions->is_array())
    return host::Error{EINVAL, "not a passport of vfio-verify"};
  Passport passport = {.kernel = text_at(all, "kernel"),
                       .firmware = text_at(all, "firmware"),
                       .iommus = {},
                       .tables = {},
                       .functions = {}};
  if (const auto iommus = all.find("iommus"); iommus != all.end() && iommus->is_array())
    for (const json& iommu : *iommus)
      if (iommu.is_string()) passport.iommus.push_back(iommu.get<std::string>());
  if (const auto tables = all.find("tables"); tables != all.end() && tables->is_object())
    for (const auto& [name, hash] : tables->items())
      passport.tables[name] = hash.is_string() ? hash.get<std::string>() : "";
  // To be compared, every function needs a valid address of its own.
  std::set<host::PciAddress> addresses;
  for (const json& object : *functions) {
    PassportFunction function = object.is_object() ? parse_function(object) : PassportFunction{};
    const auto address = host::PciAddress::parse(function.address);
    if (!address || !addresses.insert(*address).second)
      return host::Error{EINVAL, "not a passport of vfio-verify"};
    passport.functions.push_back(std::move(function));
  }
  return passport;
}

host::Result<void> save_passport(const Passport& passport, const std::string& file) {
  return host::replace_user_file(file, passport_json(passport), 0600);
}

host::Result<Passport> load_passport(const std::string& file) {
  // Parsing needs twenty times the size in memory. A passport with a thousand functions is smaller
  // than 1 MiB.
  constexpr size_t kMaxPassport = size_t{4} << 20;
  const auto text = host::read_user_file(file, kMaxPassport);
  if (!text) return text.error();
  auto passport = parse_passport(*text);
  if (!passport) return host::Error{passport.error().code, "read " + file};
  return passport;
}

}  // namespace verify
