// SPDX-License-Identifier: GPL-2.0-or-later
//
// vfio-early-record(5) documents exactly what the record has.
#include <fstream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "record/description.h"

namespace record {
namespace {

using Types = std::map<std::string, std::string>;  // "gate.began_ns": "integer"

// Visits a description, and collects the path of each key with its type in
// JSON.
class KeyCollector {
 public:
  KeyCollector(Types& types, std::string prefix) : types_(types), prefix_(std::move(prefix)) {}

  void operator()(const char* key, const std::string&) { add(key, "string"); }
  void operator()(const char* key, bool) { add(key, "boolean"); }
  void operator()(const char* key, std::integral auto) { add(key, "integer"); }
  void operator()(const char* key, const host::PciAddress&) { add(key, "string"); }
  void operator()(const char* key, const std::optional<host::PciAddress>&) {
    add(key, "string or null");
  }
  void operator()(const char* key, const host::PciId&) { add(key, "string"); }
  void operator()(const char* key, const BootFlag&) { add(key, "string"); }
  void operator()(const char* key, const FramebufferRecord& framebuffer) {
    add_object(key, framebuffer, "object or null");
  }
  template <class Structure>
  requires std::is_class_v<Structure>
  void operator()(const char* key, const Structure& structure) {
    add_object(key, structure, "object");
  }
  void operator()(const char* key, const std::vector<std::string>&) {
    add(key, "array of strings");
  }
  void operator()(const char* key, const std::vector<host::PciAddress>&) {
    add(key, "array of strings");
  }
  template <class Element>
  void operator()(const char* key, const std::vector<Element>&) {
    add_object(key + std::string("[]"), Element(), "");
    add(key, "array of objects");
  }
  template <class Enum, size_t N>
  void operator()(const char* key, Enum, const char* const (&)[N], Enum) {
    add(key, "string");
  }
  void class_code(const char* key, uint32_t) { add(key, "string"); }
  void constant(const char* key, int64_t) { add(key, "integer"); }
  void object(const char* key, auto visit_all) {
    add(key, "object");
    KeyCollector members(types_, prefix_ + key + ".");
    visit_all(members);
  }

 private:
  void add(const std::string& key, const std::string& type) { types_[prefix_ + key] = type; }

  void add_object(const std::string& key, const auto& structure, const std::string& type) {
    if (!type.empty()) add(key, type);
    KeyCollector members(types_, prefix_ + key + ".");
    visit_members(members, structure);
  }

  Types& types_;
  std::string prefix_;
};

Types described_types() {
  Types types;
  KeyCollector collector(types, "");
  const Record record;
  visit_members(collector, record);
  return types;
}

std::string page() {
  std::ifstream file(VFIO_EARLY_RECORD_PAGE);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Adds the members of `from` as members of `to`.
void copy_members(const std::string& from, const std::string& to, Types& types) {
  const Types before = types;
  for (const auto& [key, type] : before)
    if (key.starts_with(from + ".")) types.emplace(to + key.substr(from.size()), type);
}

// A key has a line "*gate.began_ns* (integer)". An object like another one has a line "… Its
// members are those of *functions[].handling*."
Types documented_types() {
  constexpr std::string_view kLike = "Its members are those of *";
  Types types;
  std::string key;
  std::istringstream lines(page());
  for (std::string line; std::getline(lines, line);) {
    if (const size_t like = line.find(kLike); like != line.npos) {
      const std::string other = line.substr(like + kLike.size());
      copy_members(other.substr(0, other.find('*')), key, types);
    }
    const size_t end = line.find("* (");
    if (!line.starts_with('*') || end == line.npos || !line.ends_with(')')) continue;
    key = line.substr(1, end - 1);
    EXPECT_TRUE(types.emplace(key, line.substr(end + 3, line.size() - end - 4)).second)
        << "twice: " << line;
  }
  return types;
}

TEST(RecordPage, ListsExactlyTheKeysOfTheDescription) {
  EXPECT_EQ(documented_types(), described_types());
}

TEST(RecordPage, ListsAllStates) {
  const std::string text = page();
  for (const char* name : kStateNames)
    EXPECT_NE(text.find("\n|  *" + std::string(name) + "*\n"), text.npos) << name;
}

TEST(RecordPage, ExampleIsARecord) {
  const std::string text = page();
  const size_t from = text.find("\n{\n") + 1, to = text.find("```", from);
  ASSERT_LT(from, to);
  const std::string example = text.substr(from, to - from);
  const auto record = record_from_json(example);
  ASSERT_TRUE(record);
  EXPECT_EQ(to_json(*record), example);
}

}  // namespace
}  // namespace record
