// SPDX-License-Identifier: GPL-2.0-or-later
//
// The JSON form of the record. record_from_json() reads what to_json() writes; from a damaged
// record or a record of another version it reads what it can.
#include <algorithm>
#include <bit>
#include <concepts>
#include <iterator>
#include <utility>

#include <nlohmann/json.hpp>

#include "host/text.h"
#include "record/description.h"
#include "record/json_depth.h"
#include "record/json_writer.h"

namespace record {
namespace {

using nlohmann::ordered_json;

constexpr uint32_t kMaxClassCode = 0xffffff;

class Writer {
 public:
  explicit Writer(JsonWriter& json) : json_(json) {}

  void operator()(const char* key, const std::string& text) { json_.member(key, text); }
  void operator()(const char* key, bool flag) { json_.member(key, flag); }
  void operator()(const char* key, std::integral auto number) {
    json_.member(key, static_cast<int64_t>(number));
  }
  void operator()(const char* key, const host::PciAddress& address) {
    json_.member(key, address.str());
  }
  void operator()(const char* key, const std::optional<host::PciAddress>& address) {
    if (address) return (*this)(key, *address);
    json_.null_member(key);
  }
  void operator()(const char* key, const host::PciId& id) { json_.member(key, id.str()); }
  void operator()(const char* key, const BootFlag& flag) { json_.member(key, flag.str()); }
  void constant(const char* key, int64_t number) { json_.member(key, number); }
  void class_code(const char* key, uint32_t code) { json_.member(key, host::hex(code, 6)); }

  template <class Enum, size_t N>
  void operator()(const char* key, Enum value, const char* const (&names)[N], Enum) {
    json_.member(key, names[static_cast<size_t>(value)]);
  }

  // null if there was none, as for most functions.
  void operator()(const char* key, const FramebufferRecord& framebuffer) {
    if (framebuffer.found.empty()) return json_.null_member(key);
    object(key, [&](Writer& members) { visit_members(members, framebuffer); });
  }

  template <class Structure>
  requires std::is_class_v<Structure>
  void operator()(const char* key, const Structure& structure) {
    object(key, [&](Writer& members) { visit_members(members, structure); });
  }

  template <class Element>
  void operator()(const char* key, const std::vector<Element>& all) {
    json_.open_array(key);
    for (const Element& one : all) element(one);
    json_.close_array();
  }

  void object(const char* key, auto visit_all) {
    json_.open_object(key);
    visit_all(*this);
    json_.close_object();
  }

 private:
  void element(const std::string& text) { json_.element(text); }
  void element(const host::PciAddress& address) { json_.element(address.str()); }
  void element(const auto& structure) {
    object("", [&](Writer& members) { visit_members(members, structure); });
  }

  JsonWriter& json_;
};

bool is_possible(const config::BarSize& size) {
  return size.bar < 6 && std::has_single_bit(size.megabytes);
}
bool is_possible(const auto&) {
  return true;
}

// Fills a structure from one object. The record may be damaged or of another version: a member that
// is missing or has another type is read as empty, and a missing object as one without members.
class Reader {
 public:
  explicit Reader(const ordered_json* object) : object_(object) {}

  // False if a member without which the structure means nothing is missing or invalid.
  bool valid() const { return valid_; }

  void operator()(const char* key, std::string& text) { text = text_of(key); }
  void operator()(const char* key, int64_t& number) { number = number_of(key); }
  void operator()(const char* key, int& number) { number = static_cast<int>(number_of(key)); }
  void operator()(const char* key, std::unsigned_integral auto& number) {
    const int64_t read = number_of(key);
    valid_ = valid_ && std::in_range<std::remove_reference_t<decltype(number)>>(read);
    number = static_cast<std::remove_reference_t<decltype(number)>>(read);
  }
  void operator()(const char* key, bool& flag) {
    const ordered_json* found = find(key);
    flag = found && found->is_boolean() && found->get<bool>();
  }
  // The address becomes part of a path in sysfs, so it must be valid.
  void operator()(const char* key, host::PciAddress& address) {
    const auto parsed = host::PciAddress::parse(text_of(key));
    valid_ = valid_ && parsed;
    address = parsed.value_or(host::PciAddress());
  }
  void operator()(const char* key, std::optional<host::PciAddress>& address) {
    address = host::PciAddress::parse(text_of(key));
  }
  void operator()(const char* key, host::PciId& id) {
    id = host::PciId::parse(text_of(key)).value_or(host::PciId());
  }
  void operator()(const char* key, BootFlag& flag) { flag = BootFlag::parse(text_of(key)); }
  void constant(const char*, int64_t) {}
  void class_code(const char* key, uint32_t& code) {
    code = host::parse_number(text_of(key), 16, kMaxClassCode).value_or(0);
  }

  template <class Enum, size_t N>
  void operator()(const char* key, Enum& value, const char* const (&names)[N], Enum otherwise) {
    const auto* found = std::find(std::begin(names), std::end(names), text_of(key));
    value = found == std::end(names) ? otherwise : static_cast<Enum>(found - std::begin(names));
  }

  template <class Structure>
  requires std::is_class_v<Structure>
  void operator()(const char* key, Structure& structure) {
    object(key, [&](Reader& members) { visit_members(members, structure); });
  }

  template <class Element>
  void operator()(const char* key, std::vector<Element>& all) {
    const ordered_json* found = find(key);
    if (!found || !found->is_array()) return;
    for (const ordered_json& one : *found) add(one, all);
  }

  void object(const char* key, auto visit_all) {
    const ordered_json* found = find(key);
    Reader members(found && found->is_object() ? found : nullptr);
    visit_all(members);
  }

 private:
  const ordered_json* find(const char* key) const {
    if (!object_) return nullptr;
    const auto found = object_->find(key);
    return found == object_->end() ? nullptr : &*found;
  }

  std::string text_of(const char* key) const {
    const ordered_json* found = find(key);
    return found && found->is_string() ? found->get<std::string>() : std::string();
  }

  int64_t number_of(const char* key) const {
    const ordered_json* found = find(key);
    return found && found->is_number_integer() ? found->get<int64_t>() : 0;
  }

  static void add(const ordered_json& one, std::vector<std::string>& all) {
    if (one.is_string()) all.push_back(one.get<std::string>());
  }
  static void add(const ordered_json& one, std::vector<host::PciAddress>& all) {
    if (!one.is_string()) return;
    if (const auto address = host::PciAddress::parse(one.get<std::string>()))
      all.push_back(*address);
  }
  template <class Structure>
  static void add(const ordered_json& one, std::vector<Structure>& all) {
    if (!one.is_object()) return;
    Structure structure;
    Reader members(&one);
    visit_members(members, structure);
    if (members.valid() && is_possible(structure)) all.push_back(std::move(structure));
  }

  const ordered_json* object_;  // nullptr: it is missing
  bool valid_ = true;
};

}  // namespace

std::string to_json(const Record& record) {
  JsonWriter json;
  Writer writer(json);
  writer.object("", [&](Writer& members) { visit_members(members, record); });
  return json.finish();
}

host::Result<Record> record_from_json(const std::string& text) {
  if (nests_too_deep(text)) return host::Error{0, "not a record of vfio-early: nested too deep"};
  const ordered_json json = ordered_json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return host::Error{0, "not a record of vfio-early: not a JSON object"};

  Record record;
  Reader reader(&json);
  visit_members(reader, record);
  return record;
}

}  // namespace record
