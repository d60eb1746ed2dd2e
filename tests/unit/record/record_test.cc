// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/record.h"

#include "tests/unit/fake_tree.h"

namespace record {
namespace {

Record sample() {
  Record record;
  record.version = "0.1.0";
  record.boot_id = "2b1c";
  record.kernel_release = "6.12.0";
  record.configuration_files = {"/etc/vfio-early.conf"};
  record.configuration_hash = "cbf29ce484222325";
  record.in_initramfs = true;
  record.rescue = {.healthy_when = config::Healthy::kDisplay,
                   .flag = {Mark::kHealthy, "0123456789abcdef"},
                   .wanted = {Mark::kPending, "0123456789abcdef"},
                   .unavailable = "no efivarfs",
                   .remedy = "mount it"};
  record.gate = {.began_ns = 4'000'000'000'000, .ended_ns = 4'000'000'500'000};
  record.functions.push_back({.card = "gaming",
                              .address = *host::PciAddress::parse("0000:01:00.0"),
                              .id = {0x1234, 0x1111},
                              .class_code = 0x038000,
                              .wanted_driver = "vfio-pci",
                              .found = "bochs-drm",
                              .state = State::kReturned,
                              .override_ns = 4'000'000'100'000,
                              .bound_ns = 0,
                              .why = "a \"quoted\" reason",
                              .remedy = "repair it",
                              .warnings = {"too large", "too late"},
                              .framebuffer = {"BOOTFB", "BOOTFB", "no safe way", "say force"},
                              .handling = {.driver = "auto",
                                           .unbind = config::Unbind::kDisplay,
                                           .framebuffer = config::Framebuffer::kForce,
                                           .bar_sizes = {{1, 8192}},
                                           .reset_method = "flr",
                                           .disable_idle_d3 = true,
                                           .modules = {"vendor-reset"},
                                           .allowed_peers = {{{0, 0, 0x1f}, 3}}}});
  record.functions.push_back({.card = "gaming",
                              .address = *host::PciAddress::parse("10000:02:1f.7"),
                              .id = {0x8086, 0x00ff},
                              .class_code = 0x040300});
  record.functions.back().physical_function = host::PciAddress::parse("10000:02:00.0");
  record.functions.back().virtual_number = 3;
  record.physical_functions.push_back({.card = "net",
                                       .address = *host::PciAddress::parse("10000:02:00.0"),
                                       .id = {0x8086, 0x10c9},
                                       .vfs = 4,
                                       .state = Creation::kFailed,
                                       .expected = {"10000:02:1f.7"},
                                       .autoprobe_ns = 4'000'000'100'001,
                                       .created_ns = 0,
                                       .why = "only one exists",
                                       .remedy = "create them",
                                       .handling = {.driver = "auto"}});
  record.refusals.push_back({"b", "/etc/vfio-early.conf", 4, "why", "remedy"});
  record.warnings.push_back({"gaming", "the card has moved", "correct it"});
  return record;
}

// Other programs read the record: vfio-early-record(5).
constexpr const char* kSampleText = R"({
  "format": 1,
  "version": "0.1.0",
  "boot_id": "2b1c",
  "kernel": "6.12.0",
  "configuration": {
    "files": [
      "/etc/vfio-early.conf"
    ],
    "fnv1a64": "cbf29ce484222325"
  },
  "initramfs": true,
  "rescued": false,
  "rescue": {
    "healthy_when": "display",
    "skips": false,
    "flag": "healthy 0123456789abcdef",
    "wanted": "pending 0123456789abcdef",
    "unavailable": "no efivarfs",
    "remedy": "mount it"
  },
  "gate": {
    "began_ns": 4000000000000,
    "ended_ns": 4000000500000
  },
  "bind": {
    "began_ns": 0,
    "ended_ns": 0
  },
  "functions": [
    {
      "card": "gaming",
      "address": "0000:01:00.0",
      "id": "1234:1111",
      "class": "038000",
      "want": "vfio-pci",
      "found": "bochs-drm",
      "state": "returned",
      "initramfs": false,
      "released": false,
      "reappeared": false,
      "override_ns": 4000000100000,
      "bound_ns": 0,
      "why": "a \"quoted\" reason",
      "remedy": "repair it",
      "warnings": [
        "too large",
        "too late"
      ],
      "framebuffer": {
        "found": "BOOTFB",
        "left": "BOOTFB",
        "became": "no safe way",
        "remedy": "say force"
      },
      "handling": {
        "driver": "auto",
        "unbind": "display",
        "framebuffer": "force",
        "bar_sizes": [
          {
            "bar": 1,
            "megabytes": 8192
          }
        ],
        "reset_method": "flr",
        "disable_idle_d3": true,
        "allow": [
          "0000:00:1f.3"
        ],
        "modules": [
          "vendor-reset"
        ]
      },
      "physical_function": null,
      "virtual_number": 0
    },
    {
      "card": "gaming",
      "address": "10000:02:1f.7",
      "id": "8086:00ff",
      "class": "040300",
      "want": "",
      "found": "",
      "state": "intended",
      "initramfs": false,
      "released": false,
      "reappeared": false,
      "override_ns": 0,
      "bound_ns": 0,
      "why": "",
      "remedy": "",
      "warnings": [],
      "framebuffer": null,
      "handling": {
        "driver": "vfio-pci",
        "unbind": "yes",
        "framebuffer": "release",
        "bar_sizes": [],
        "reset_method": "",
        "disable_idle_d3": false,
        "allow": [],
        "modules": []
      },
      "physical_function": "10000:02:00.0",
      "virtual_number": 3
    }
  ],
  "physical_functions": [
    {
      "card": "net",
      "address": "10000:02:00.0",
      "id": "8086:10c9",
      "vfs": 4,
      "state": "failed",
      "expected": [
        "10000:02:1f.7"
      ],
      "autoprobe_ns": 4000000100001,
      "created_ns": 0,
      "why": "only one exists",
      "remedy": "create them",
      "handling": {
        "driver": "auto",
        "unbind": "yes",
        "framebuffer": "release",
        "bar_sizes": [],
        "reset_method": "",
        "disable_idle_d3": false,
        "allow": [],
        "modules": []
      }
    }
  ],
  "refused": [
    {
      "card": "b",
      "file": "/etc/vfio-early.conf",
      "line": 4,
      "why": "why",
      "remedy": "remedy",
      "awaited": false
    }
  ],
  "warnings": [
    {
      "card": "gaming",
      "what": "the card has moved",
      "remedy": "correct it"
    }
  ]
}
)";

TEST(Record, JsonIsAsDocumented) {
  EXPECT_EQ(to_json(sample()), kSampleText);
}

TEST(Record, JsonRoundTrips) {
  const Record record = sample();
  const auto read = record_from_json(to_json(record));
  ASSERT_TRUE(read);
  EXPECT_EQ(to_json(*read), to_json(record));
  EXPECT_EQ(read->functions[0].state, State::kReturned);
  EXPECT_EQ(read->functions[0].override_ns, 4'000'000'100'000);
  EXPECT_EQ(read->functions[0].framebuffer.remedy, "say force");
  EXPECT_EQ(read->functions[0].handling, record.functions[0].handling);
  EXPECT_EQ(read->functions[0].warnings, record.functions[0].warnings);
}

TEST(Record, EveryStateRoundTrips) {
  for (const State state : {State::kIntended, State::kReserved, State::kBound, State::kDriverless,
                            State::kHeld, State::kReturned, State::kFailed, State::kReleased}) {
    Record record = sample();
    record.functions[0].state = state;
    EXPECT_EQ(record_from_json(to_json(record))->functions[0].state, state) << state_name(state);
  }
}

TEST(Record, EveryCreationRoundTrips) {
  for (const Creation state :
       {Creation::kWaiting, Creation::kCreated, Creation::kFailed, Creation::kReleased}) {
    Record record = sample();
    record.physical_functions[0].state = state;
    const auto read = record_from_json(to_json(record));
    EXPECT_EQ(read->physical_functions[0].state, state);
    EXPECT_EQ(read->functions[1].physical_function, read->physical_functions[0].address);
  }
}

// Virtual functions that are still to be created are no mistake; that they cannot be created is.
TEST(Record, CreationDecidesAboutCompleteness) {
  Record record;
  record.physical_functions.push_back({.card = "net"});
  EXPECT_TRUE(record.complete() && record.awaits_card());
  record.physical_functions[0].state = Creation::kCreated;
  EXPECT_TRUE(record.complete() && !record.awaits_card());
  record.physical_functions[0].state = Creation::kFailed;
  EXPECT_TRUE(!record.complete() && record.awaits_card());
  record.physical_functions[0].state = Creation::kReleased;
  EXPECT_TRUE(!record.complete() && !record.awaits_card());
}

TEST(Record, InvalidUtf8NameIsAccepted) {
  Record record = sample();
  record.functions[0].card = "\xff\xfe";
  EXPECT_TRUE(record_from_json(to_json(record)));
}

TEST(Record, DamagedJsonIsErrorOrEmpty) {
  for (const char* text : {"", "{", "[]", "null", "\"x\""}) EXPECT_FALSE(record_from_json(text));
  const auto odd = record_from_json(
      R"({"boot_id": 5, "gate": [], "functions": [1, {"address": "../x"},
          {"address": "0000:01:00.0", "state": "?", "override_ns": "x", "handling": {"bar_sizes":
           [{"bar": 0, "megabytes": 0}, {"bar": 6, "megabytes": 256}, {"bar": 1, "megabytes": -1},
            {"bar": 256, "megabytes": 256}, {"bar": 2, "megabytes": 3}]}}]})");
  ASSERT_TRUE(odd);
  ASSERT_EQ(odd->functions.size(), 1u);
  EXPECT_EQ(odd->functions[0].state, State::kFailed);
  EXPECT_EQ(odd->functions[0].override_ns, 0);
  EXPECT_EQ(odd->functions[0].handling.unbind, config::Unbind::kNo);
  EXPECT_TRUE(odd->functions[0].handling.bar_sizes.empty());
}

TEST(Record, LaterFormatIsReadAsFarAsItIsKnown) {
  const auto read = record_from_json(R"({"format": 2, "version": "9", "later": [{"x": 1}],
      "functions": [{"address": "0000:01:00.0", "state": "bound", "later": {}}]})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->version, "9");
  ASSERT_EQ(read->functions.size(), 1u);
  EXPECT_EQ(read->functions[0].state, State::kBound);
  // What is written has the form of this version.
  EXPECT_NE(to_json(*read).find("\"format\": 1"), std::string::npos);
}

// A record of a version that did not have these members yet.
TEST(Record, MissingMembersAreRead) {
  const auto read = record_from_json(R"({"functions": [{"address": "0000:01:00.0"}]})");
  ASSERT_TRUE(read);
  ASSERT_EQ(read->functions.size(), 1u);
  const FunctionRecord& function = read->functions[0];
  EXPECT_EQ(function.state, State::kFailed);
  EXPECT_EQ(function.handling.unbind, config::Unbind::kNo);
  EXPECT_EQ(function.handling.framebuffer, config::Framebuffer::kKeep);
  EXPECT_EQ(function.id, host::PciId());
  EXPECT_EQ(function.class_code, 0u);
  EXPECT_TRUE(function.framebuffer.found.empty());
  EXPECT_EQ(read->rescue, Rescue());
  EXPECT_EQ(read->gate.began_ns, 0);
}

// Otherwise a user who can write to /run could crash the gate, bind and vfio-verify.
TEST(Record, TooDeepNestingIsAnError) {
  const auto nested = [](const std::string& open, const std::string& close) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += open;
    text += "1";
    for (int i = 0; i < 100'000; ++i) text += close;
    return text;
  };
  const std::string arrays = nested("[", "]"), objects = nested("{\"a\": ", "}");
  for (const std::string& text :
       {arrays, objects, "{\"functions\": " + arrays + "}", "{\"functions\": [" + objects + "]}"})
    EXPECT_FALSE(record_from_json(text));
  EXPECT_TRUE(record_from_json("{\"version\": \"" + std::string(100, '[') + "\\\"[\"}"))
      << "brackets in a string";
}

TEST(Record, IsCompleteOnlyWhenEverythingIsBound) {
  Record record = sample();
  record.functions.resize(1);
  record.functions[0].state = State::kBound;
  EXPECT_FALSE(record.complete());
  record.refusals.clear();
  record.physical_functions.clear();
  EXPECT_TRUE(record.complete());
  record.functions[0].state = State::kDriverless;
  EXPECT_FALSE(record.complete());
  EXPECT_TRUE(record.reserved());
}

TEST(Record, FileRoundTrips) {
  FakeTree tree;
  tree.file("/run/x", "");
  ASSERT_TRUE(write_record(tree.root(), sample()));
  EXPECT_EQ(to_json(*read_record(tree.root())), to_json(sample()));
}

}  // namespace
}  // namespace record
