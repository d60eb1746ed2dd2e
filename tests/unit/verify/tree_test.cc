// SPDX-License-Identifier: GPL-2.0-or-later
//
// The drawing of the machine in the page: what is drawn, and where.
#include "verify/report/tree.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "bench/cost/large_machine.h"
#include "host/printable.h"
#include "tests/unit/verify/isolation_machine.h"
#include "verify/report/tree_svg.h"

namespace verify {
namespace {

constexpr const char* kPort = "0000:00:01.0";

// A port with a card of two functions, and a port with a disk.
IsolationMachine card_and_disk(int group_of_disk = 8) {
  IsolationMachine hardware;
  hardware.add(kPort, "", kRootPort, 1)
      .add_as("30000", "vfio-pci", "0000:01:00.0", kPort, kMultifunctionEndpoint, 4)
      .add("0000:01:00.1", kPort, kMultifunctionEndpoint, 4)
      .add("0000:00:02.0", "", kRootPort, 2)
      .add_as("10802", "nvme", "0000:02:00.0", "0000:00:02.0", kEndpoint, group_of_disk);
  return hardware;
}

// Eight cards behind four switches, with a disk beside each, and 200 network cards elsewhere.
IsolationMachine eight_cards() {
  IsolationMachine hardware;
  int group = 0;
  for (int number = 0; number < 4; ++number) {
    const std::string port = fmt::format("0000:00:{:02x}.0", number + 1);
    const std::string upstream = fmt::format("0000:{:02x}:00.0", 0x10 * (number + 1));
    hardware.add(port, "", kRootPort, ++group);
    hardware.add(upstream, port, kUpstream, ++group);
    for (int slot = 0; slot < 4; ++slot) {
      const int bus = 0x10 * (number + 1) + 1;
      const std::string downstream = fmt::format("0000:{:02x}:{:02x}.0", bus, slot);
      const std::string below = fmt::format("{}/{}/{}", port, upstream, downstream);
      hardware.add(downstream, fmt::format("{}/{}", port, upstream), kDownstream, ++group);
      hardware.add_as(slot < 2 ? "30200" : "10802", slot < 2 ? "vfio-pci" : "nvme",
                      fmt::format("0000:{:02x}:00.0", bus + 1 + slot), below, kEndpoint, ++group,
                      slot < 2 ? "10DE:2330" : "144D:A808");
    }
  }
  for (int number = 0; number < 200; ++number)
    hardware.add_as("20000", "i40e", fmt::format("0000:80:{:02x}.{}", number / 8, number % 8), "",
                    kEndpoint, 100 + number);
  return hardware;
}

// The same for all tests: it has 240 functions.
const Inspection& machine_with_eight_cards() {
  static const Inspection machine = [] {
    auto hardware = eight_cards();
    std::string sections;
    for (int number = 1; number <= 4; ++number)
      for (const int bus : {2, 3})
        sections += fmt::format("[gpu{0}]\naddress = 0000:{0:02x}:00\n", 0x10 * number + bus);
    hardware.tree.file("/etc/vfio-early.conf", sections);
    return hardware.inspected_with({});
  }();
  EXPECT_EQ(machine.functions.size(), 8u);
  return machine;
}

// "  0000:01:00.0", or "  +3" for functions that are not drawn.
std::vector<std::string> lines_of(const Tree& tree) {
  std::vector<std::string> lines;
  for (const TreeRow& row : tree.rows)
    lines.push_back(std::string(2 * row.depth, ' ') +
                    (row.others > 0 ? fmt::format("+{}", row.others) : row.address));
  return lines;
}

const TreeRow& row_of(const Tree& tree, const std::string& address) {
  for (const TreeRow& row : tree.rows)
    if (row.address == address) return row;
  static const TreeRow kNone;
  ADD_FAILURE() << address << " is not drawn";
  return kNone;
}

// What must hold for each tree.
void expect_consistent(const Tree& tree, const Inspection& machine) {
  std::set<std::string> drawn;
  size_t others = 0;
  for (size_t i = 0; i < tree.rows.size(); ++i) {
    const TreeRow& row = tree.rows[i];
    others += row.others;
    if (row.others == 0) {
      EXPECT_TRUE(drawn.insert(row.address).second) << row.address << " is drawn twice";
    }
    EXPECT_EQ(row.depth > 0, row.parent.has_value());
    if (!row.parent) continue;
    ASSERT_LT(*row.parent, i) << "a port comes before what is below it";
    EXPECT_EQ(tree.rows[*row.parent].depth + 1, row.depth);
    EXPECT_EQ(tree.rows[*row.parent].others, 0u);
  }
  EXPECT_EQ(drawn.size(), tree.functions);
  EXPECT_EQ(others, tree.others);
  EXPECT_EQ(tree.functions + tree.others, machine.machine.functions.size());
}

TEST(Tree, DrawsTheCardAndCollapsesTheRest) {
  const Inspection machine = card_and_disk().inspected("0000:01:00");
  const Tree tree = tree_of(machine);
  expect_consistent(tree, machine);
  EXPECT_EQ(lines_of(tree),
            (std::vector<std::string>{kPort, "  0000:01:00.0", "  0000:01:00.1", "+2"}));
}

TEST(Tree, RowsSayWhatTheFunctionIs) {
  const Tree tree = tree_of(card_and_disk().inspected("0000:01:00"));
  const TreeRow& port = row_of(tree, kPort);
  EXPECT_EQ(port.detail, "root port, ACS on");
  EXPECT_TRUE(port.isolates);
  EXPECT_EQ(port.group, 1);
  EXPECT_EQ(port.card, "");
  const TreeRow& card = row_of(tree, "0000:01:00.0");
  EXPECT_EQ(card.kind, "VGA");
  EXPECT_EQ(card.driver, "vfio-pci");
  EXPECT_EQ(card.group, 4);
  EXPECT_EQ(card.card, "gaming");
  EXPECT_NE(card.colour, port.colour);
  EXPECT_EQ(row_of(tree, "0000:01:00.1").colour, card.colour) << "of the same group";
}

TEST(Tree, MarksPortsWithoutAcs) {
  IsolationMachine hardware;
  hardware.add(kPort, "", kRootPortWithoutAcs, 4).add("0000:01:00.0", kPort, kEndpoint, 4);
  const Tree tree = tree_of(hardware.inspected("0000:01:00"));
  EXPECT_FALSE(row_of(tree, kPort).isolates);
  EXPECT_EQ(row_of(tree, kPort).detail, "root port, no ACS");
  EXPECT_TRUE(row_of(tree, "0000:01:00.0").isolates) << "only ports are marked";
}

// A group may have functions below several root ports.
TEST(Tree, DrawsTheWholeGroup) {
  const Inspection machine = card_and_disk(/*group_of_disk=*/4).inspected("0000:01:00");
  const Tree tree = tree_of(machine);
  expect_consistent(tree, machine);
  EXPECT_EQ(lines_of(tree), (std::vector<std::string>{kPort, "  0000:01:00.0", "  0000:01:00.1",
                                                      "0000:00:02.0", "  0000:02:00.0"}));
}

TEST(Tree, DrawsOtherGroupsBelowTheSameRootPort) {
  Inspection machine = machine_with_eight_cards();
  machine.functions.resize(1);
  machine.groups.resize(1);
  const Tree tree = tree_of(machine);
  expect_consistent(tree, machine);
  EXPECT_EQ(tree.functions, 10u);
  EXPECT_EQ(row_of(tree, "0000:15:00.0").driver, "nvme");
  EXPECT_EQ(row_of(tree, "0000:13:00.0").card, "") << "it is not checked";
  EXPECT_EQ(tree.rows.back().others, tree.others);
}

TEST(Tree, LargeMachineHasAFewRows) {
  const Inspection& machine = machine_with_eight_cards();
  const Tree tree = tree_of(machine);
  expect_consistent(tree, machine);
  EXPECT_EQ(tree.functions, 40u);
  EXPECT_EQ(tree.others, 200u);
  for (const ConfiguredFunction& function : machine.functions)
    EXPECT_EQ(row_of(tree, function.address()).card, function.card);
}

// If there is no room for all, the cards and their ports are drawn first.
TEST(Tree, CardsComeFirstIfThereIsNoRoom) {
  const Inspection& machine = machine_with_eight_cards();
  const Tree tree = tree_of(machine, 25);
  expect_consistent(tree, machine);
  EXPECT_LE(tree.functions, 25u);
  for (const ConfiguredFunction& function : machine.functions) {
    const TreeRow& row = row_of(tree, function.address());
    EXPECT_EQ(row.depth, 3u) << "all ports above it are drawn";
  }
  const Tree small = tree_of(machine, 5);
  expect_consistent(small, machine);
  EXPECT_EQ(small.functions, 5u) << "the first card with three ports, and no part of a path";
}

TEST(Tree, GroupOfManyFunctionsHasAFewRows) {
  const FakeTree files;
  const bench::LargeMachine large(files.directory(), 360);
  const auto root = files.root();
  const auto machine =
      inspect(root, config::read_configuration(root, config::kConfigurationFile), {.live = false});
  ASSERT_TRUE(machine);
  const Tree tree = tree_of(*machine);
  expect_consistent(tree, *machine);
  EXPECT_LE(tree.functions, kMostDrawn);
  EXPECT_LE(tree.rows.size(), kMostDrawn + 10) << "one line for many others";
  EXPECT_EQ(std::count_if(tree.rows.begin(), tree.rows.end(),
                          [](const TreeRow& row) { return row.card == "gaming"; }),
            1);
}

TEST(Tree, WithoutACardGraphicsCardsAreDrawnWithoutAMark) {
  const auto hardware = card_and_disk();
  const Inspection machine = hardware.inspected_with({});
  ASSERT_TRUE(machine.functions.empty());
  const Tree tree = tree_of(machine);
  expect_consistent(tree, machine);
  EXPECT_EQ(row_of(tree, "0000:01:00.0").card, "");
  EXPECT_EQ(row_of(tree, kPort).detail, "root port, ACS on");
  EXPECT_EQ(tree.others, 2u);
}

TEST(Tree, WithoutAGraphicsCardThereIsOnlyACount) {
  IsolationMachine hardware;
  hardware.add_as("10802", "nvme", "0000:00:02.0", "", kEndpoint, 8);
  EXPECT_EQ(lines_of(tree_of(hardware.inspected_with({}))), std::vector<std::string>{"+1"});
  EXPECT_TRUE(tree_of(Inspection{}).rows.empty());
}

// A capture may lack the paths: nothing is below anything then.
TEST(Tree, FunctionsWithoutAPathAreAtTheTop) {
  const Inspection machine = healthy();
  const Tree tree = tree_of(machine);
  expect_consistent(tree, machine);
  EXPECT_EQ(lines_of(tree), (std::vector<std::string>{kVga, kAudio}));
}

TEST(Tree, DevicesBehindAVmdAreBelowIt) {
  Inspection machine = healthy();
  auto vmd = pci_function("0000:00:0e.0", {0x8086, 0xa77f, 0, 0}, 0x010400, "vmd");
  vmd.path = host::PciPath::parse("0000:00/0e.0");
  auto disk = pci_function("10000:e0:06.0", {0x144d, 0xa80a, 0, 0}, 0x010802, "vfio-pci");
  disk.path = host::PciPath::parse("10000:e0/06.0");
  machine.machine.functions = {vmd, disk};
  machine.functions.resize(1);
  machine.functions.front().function = disk;
  machine.groups.clear();
  const isolation::ConfigSpace registers{.type = PortType::kEndpoint};
  machine.topology.nodes = {{.function = vmd, .config = registers},
                            {.function = disk, .config = registers, .vmd = 0}};
  EXPECT_EQ(lines_of(tree_of(machine)),
            (std::vector<std::string>{"0000:00:0e.0", "  10000:e0:06.0"}));
  machine.topology.nodes[1].vmd = 1;  // a capture that contradicts itself
  EXPECT_EQ(lines_of(tree_of(machine)), (std::vector<std::string>{"10000:e0:06.0", "+1"}));
}

TEST(Tree, NeighbouringGroupsHaveDifferentColours) {
  const Tree tree = tree_of(machine_with_eight_cards());
  for (size_t i = 1; i < tree.rows.size(); ++i) {
    const TreeRow &one = tree.rows[i - 1], &next = tree.rows[i];
    EXPECT_LT(next.colour, kTreeColours);
    if (one.group && next.group && *one.group != *next.group) {
      EXPECT_NE(one.colour, next.colour) << next.address;
    }
  }
}

TEST(TreeLayout, RowsDoNotOverlapAndAreInside) {
  const Tree tree = tree_of(machine_with_eight_cards());
  const TreeLayout layout = layout_of(tree);
  ASSERT_EQ(layout.rows.size(), tree.rows.size());
  int end = 0;
  for (size_t i = 0; i < layout.rows.size(); ++i) {
    const RowLayout& row = layout.rows[i];
    EXPECT_GE(row.y, end);
    end = row.y + row.height;
    EXPECT_LE(row.x + row.width, layout.width);
    if (tree.rows[i].parent) {
      EXPECT_GT(row.x, layout.rows[*tree.rows[i].parent].x);
    }
  }
  EXPECT_EQ(end, layout.height);
  EXPECT_LT(layout.width, 800) << "it fits a window of 1280 pixels";
}

TEST(TreeLayout, LongNamesAreCut) {
  Tree tree{.rows = {{.address = kVga, .driver = std::string(500, 'x'), .detail = "y"}}};
  tree.rows.front().detail = std::string(500, 'y');
  const TreeLayout layout = layout_of(tree);
  EXPECT_LT(layout.width, 800);
  EXPECT_TRUE(layout.rows.front().title.ends_with("..."));
  EXPECT_TRUE(layout.rows.front().detail.ends_with("..."));
}

TEST(TreeSvg, MarksCardsByAWordAndAnOutline) {
  const std::string svg = tree_svg(tree_of(card_and_disk().inspected("0000:01:00")));
  EXPECT_EQ(count(svg, "<rect class=\"card\""), 2) << svg;
  EXPECT_EQ(count(svg, "<tspan class=\"word\">card </tspan>"), 2) << svg;
  EXPECT_EQ(count(svg, ">group 4</text>"), 2) << svg;
  EXPECT_TRUE(has_text(svg, ">2 other devices</text>")) << svg;
  EXPECT_TRUE(has_text(svg, "role=\"img\"")) << svg;
  EXPECT_TRUE(has_text(svg, "aria-label=\"PCI functions as a tree: 3 drawn, 2 other devices\""))
      << svg;
  EXPECT_TRUE(has_text(svg, "<title>0000:01:00.0, VGA, driver vfio-pci, group 4, ")) << svg;
  EXPECT_TRUE(has_text(svg, ", card gaming</title>")) << svg;
  const std::string without = tree_svg(tree_of(card_and_disk().inspected_with({})));
  EXPECT_EQ(count(without, "class=\"card\"") + count(without, ">card "), 0) << without;
}

TEST(TreeSvg, NamesAreText) {
  const std::string evil = "</title><script>\"&\n\xff\u202e";
  const Tree tree{.rows = {{.address = kVga, .driver = evil, .detail = evil, .card = evil}}};
  const std::string svg = tree_svg(tree);
  EXPECT_EQ(count(svg, "<script"), 0) << svg;
  EXPECT_EQ(count(svg, "<title>"), count(svg, "</title>")) << svg;
  EXPECT_EQ(host::printable(svg), svg);
}

}  // namespace
}  // namespace verify
