// SPDX-License-Identifier: GPL-2.0-or-later
//
// A configuration, and the plan that follows from it on a machine with two cards.
#include "config/configuration.h"

#include "plan/plan.h"
#include "tests/fuzz/target.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  return {
      "[gaming]\naddress = 0000:01:00\nidentity = 10de:1b81 10de:10f0\non-moved = follow\n"
      "functions = all\nonly-display = allow\nhealthy-when = display\n",
      "[a]\nid = 10de:1b81:1458:3702\nindex = 1\ngroup = claim\ndriver = auto\nunbind = display\n"
      "framebuffer = force\nbar-size = 1:8G\nreset-method = flr bus\ndisable-idle-d3 = yes\n"
      "[b]\nclass = 0403\n[c]\npath = 0000:00/01.0/00.0\n[d]\nserial = 00-1b-21-ff-ff-ab-cd-ef\n"
      "[e]\naddress = 0000:02:00.0 0000:02:00.1\nfunctions = 0 1\n",
      "[net]\naddress = 0000:02:00.0\nvfs = 4\ndriver = auto\n[b]\nid = 10de:1b81\nindex = 1\n"
      "vfs = 256\nreset-method = flr\n[no]\nclass = 03\nvfs = 2\nfunctions = 0\n",
      "[twice]\nid = 1:2\n[twice]\nid = 3:4\n[none]\n[two]\nid = 1:2\nclass = 03\n"};
}

host::Machine machine() {
  host::Machine machine;
  machine.has_iommu = true;
  const auto add = [&](const char* address, host::PciId id, uint32_t code, const char* path) {
    machine.functions.push_back({.address = *host::PciAddress::parse(address),
                                 .id = id,
                                 .class_code = code,
                                 .path = host::PciPath::parse(path),
                                 .group = 1});
  };
  add("0000:01:00.0", {0x10de, 0x1b81, 0x1458, 0x3702}, 0x030000, "0000:00/01.0/00.0");
  add("0000:01:00.1", {0x10de, 0x10f0, 0x1458, 0x3702}, 0x040300, "0000:00/01.0/00.1");
  add("0000:02:00.0", {0x10de, 0x1b81, 0x1458, 0x3702}, 0x030000, "0000:00/02.0/00.0");
  machine.functions.back().serial = 0x001b21ffffabcdef;
  machine.physical_functions.push_back({.address = machine.functions.back().address,
                                        .total = 255,
                                        .offset = 384,
                                        .stride = 2,
                                        .created = {{{0, 1, 0}, 1}}});
  return machine;
}

void parse(std::string_view bytes) {
  config::Configuration configuration;
  config::parse_configuration(bytes, "/etc/vfio-early.conf", configuration);
  for (const config::Card& card : configuration.cards) {
    require(!card.address.empty() + card.id.has_value() + !card.class_code.empty() +
                card.path.has_value() + card.serial.has_value() ==
            1);
    require(card.line > 0 && configuration.sections.contains(card.name));
  }
  for (const config::Refusal& refusal : configuration.refusals)
    require(refusal.line > 0 && !refusal.why.empty() && !refusal.remedy.empty());

  static const host::Machine kMachine = machine();
  const plan::Plan plan = plan::make_plan(configuration, kMachine);
  require(plan.claims.size() <= kMachine.functions.size());
  for (const plan::Claim& claim : plan.claims) require(kMachine.find(claim.function.address));
}

const Target kTarget("configuration", samples, parse);

}  // namespace
}  // namespace fuzz
