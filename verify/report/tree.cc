// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify/report/tree.h"

#include <algorithm>
#include <map>

#include "host/pci_class.h"
#include "plan/card_functions.h"
#include "plan/suggestion.h"
#include "verify/inspect/pci_names.h"

namespace verify {
namespace {

// All functions of the machine. Indexes are those of Machine::functions.
struct Forest {
  std::vector<std::optional<size_t>> parent;
  std::vector<std::vector<size_t>> children;
  std::vector<size_t> roots;
};

using IndexByPath = std::map<host::PciPath, size_t>;

// The nearest bridge above that is among the machine's functions.
std::optional<size_t> bridge_above(host::PciPath path, const IndexByPath& by_path) {
  for (path.hops.pop_back(); !path.hops.empty(); path.hops.pop_back())
    if (const auto found = by_path.find(path); found != by_path.end()) return found->second;
  return std::nullopt;
}

// A VMD has a root bus below it, with a domain above 16 bits (isolation/topology.h).
std::optional<size_t> vmd_above(const Inspection& inspection, const host::PciAddress& address,
                                const std::map<host::PciAddress, size_t>& by_address) {
  const isolation::Topology& topology = inspection.topology;
  const auto node = topology.find(address);
  const auto vmd = node ? topology.nodes[*node].vmd : std::nullopt;
  if (!vmd) return std::nullopt;
  const host::PciAddress& above = topology.nodes[*vmd].function.address;
  const auto found = by_address.find(above);
  return above.slot.domain > 0xffff || found == by_address.end() ? std::nullopt
                                                                 : std::optional(found->second);
}

Forest forest_of(const Inspection& inspection) {
  const std::vector<host::PciFunction>& functions = inspection.machine.functions;
  IndexByPath by_path;
  std::map<host::PciAddress, size_t> by_address;
  for (size_t i = 0; i < functions.size(); ++i) {
    if (functions[i].path && !functions[i].path->hops.empty())
      by_path.emplace(*functions[i].path, i);
    by_address.emplace(functions[i].address, i);
  }
  Forest forest;
  forest.parent.resize(functions.size());
  forest.children.resize(functions.size());
  for (size_t i = 0; i < functions.size(); ++i) {
    const host::PciFunction& function = functions[i];
    auto& parent = forest.parent[i];
    if (function.path && !function.path->hops.empty())
      parent = bridge_above(*function.path, by_path);
    if (!parent && function.address.slot.domain > 0xffff)
      parent = vmd_above(inspection, function.address, by_address);
    (parent ? forest.children[*parent] : forest.roots).push_back(i);
  }
  return forest;
}

class Choice {
 public:
  Choice(const Forest& forest, size_t most)
      : forest_(forest), chosen_(forest.parent.size()), most_(most) {}

  bool has(size_t function) const { return chosen_[function]; }
  size_t count() const { return count_; }
  size_t size() const { return chosen_.size(); }  // of the machine

  // With all ports above it, if there is room for them.
  void add(size_t function) {
    std::vector<size_t> path;
    for (auto at = std::optional(function); at && !chosen_[*at]; at = forest_.parent[*at])
      path.push_back(*at);
    if (count_ + path.size() > most_) return;
    for (const size_t one : path) chosen_[one] = true;
    count_ += path.size();
  }

  // Also all that is below it.
  void add_below(size_t function) {
    add(function);
    for (const size_t child : forest_.children[function]) add_below(child);
  }

 private:
  const Forest& forest_;
  std::vector<bool> chosen_;
  size_t most_;
  size_t count_ = 0;
};

// Those that the tree is about.
std::vector<size_t> main_functions(const Inspection& inspection) {
  const host::Machine& machine = inspection.machine;
  const auto slots = plan::graphics_slots(machine);
  const auto is_main = [&](const host::PciFunction& function) {
    if (inspection.functions.empty())
      return plan::is_card_function(machine, function) &&
             std::find(slots.begin(), slots.end(), function.address.slot) != slots.end();
    return std::any_of(inspection.functions.begin(), inspection.functions.end(),
                       [&](const ConfiguredFunction& configured) {
                         return configured.function.address == function.address;
                       });
  };
  std::vector<size_t> found;
  for (size_t i = 0; i < machine.functions.size(); ++i)
    if (is_main(machine.functions[i])) found.push_back(i);
  return found;
}

std::vector<size_t> members_of_groups(const Inspection& inspection) {
  std::vector<size_t> found;
  const auto& functions = inspection.machine.functions;
  for (size_t i = 0; i < functions.size(); ++i)
    if (functions[i].group && inspection.group(*functions[i].group)) found.push_back(i);
  return found;
}

size_t root_of(const Forest& forest, size_t function) {
  while (forest.parent[function]) function = *forest.parent[function];
  return function;
}

Choice choose(const Inspection& inspection, const Forest& forest, size_t most) {
  Choice choice(forest, most);
  const std::vector<size_t> main = main_functions(inspection);
  for (const size_t function : main) choice.add(function);
  for (const size_t function : members_of_groups(inspection)) choice.add(function);
  std::vector<size_t> roots;
  for (const size_t function : main) roots.push_back(root_of(forest, function));
  std::sort(roots.begin(), roots.end());
  roots.erase(std::unique(roots.begin(), roots.end()), roots.end());
  for (const size_t root : roots) choice.add_below(root);
  return choice;
}

std::string card_of(const Inspection& inspection, const host::PciAddress& address) {
  for (const ConfiguredFunction& configured : inspection.functions)
    if (configured.function.address == address) return configured.card;
  return {};
}

TreeRow row_of(const Inspection& inspection, const host::PciFunction& function) {
  TreeRow row{.address = function.address.str(),
              .kind = host::class_name(function),
              .driver = function.driver,
              .group = function.group,
              .card = card_of(inspection, function.address)};
  const isolation::Topology& topology = inspection.topology;
  const auto node = topology.find(function.address);
  if (function.is_bridge() && node) {
    row.detail = isolation::isolation_text(topology, *node);
    row.isolates = isolation::isolates(topology, *node) == isolation::Tristate::kYes;
  } else {
    row.detail = device_name(function.id);
  }
  return row;
}

class Rows {
 public:
  Rows(const Inspection& inspection, const Forest& forest, const Choice& choice)
      : inspection_(inspection), forest_(forest), choice_(choice) {}

  Tree tree() {
    add_all(forest_.roots, std::nullopt, 0);
    tree_.functions = choice_.count();
    tree_.others = choice_.size() - choice_.count();
    return std::move(tree_);
  }

 private:
  // The chosen ones of `functions` and what is below them, then the number of the others.
  void add_all(const std::vector<size_t>& functions, std::optional<size_t> parent, size_t depth) {
    size_t others = 0;
    for (const size_t function : functions) {
      if (!choice_.has(function)) {
        others += size_below(function);
        continue;
      }
      const size_t row = tree_.rows.size();
      tree_.rows.push_back(row_of(inspection_, inspection_.machine.functions[function]));
      tree_.rows.back().depth = depth;
      tree_.rows.back().parent = parent;
      set_colour(tree_.rows.back());
      add_all(forest_.children[function], row, depth + 1);
    }
    if (others > 0) tree_.rows.push_back({.depth = depth, .parent = parent, .others = others});
  }

  size_t size_below(size_t function) const {
    size_t size = 1;
    for (const size_t child : forest_.children[function]) size += size_below(child);
    return size;
  }

  void set_colour(TreeRow& row) {
    if (!row.group) return;
    const auto [found, is_new] = colours_.emplace(*row.group, colours_.size() % kTreeColours);
    row.colour = found->second;
  }

  const Inspection& inspection_;
  const Forest& forest_;
  const Choice& choice_;
  std::map<int, size_t> colours_;  // by group
  Tree tree_;
};

}  // namespace

Tree tree_of(const Inspection& inspection, size_t most) {
  const Forest forest = forest_of(inspection);
  const Choice choice = choose(inspection, forest, most);
  return Rows(inspection, forest, choice).tree();
}

}  // namespace verify
