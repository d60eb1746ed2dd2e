// SPDX-License-Identifier: GPL-2.0-or-later
//
// The XML of a domain of libvirt, and the file about cards that were handed over. Each address that
// is found is written in the text; what is read from the file can be written and read again.
#include "early/hand_over/domain_xml.h"

#include "early/hand_over/hand_overs.h"
#include "early/holders/unit_of_process.h"
#include "tests/fuzz/target.h"

namespace fuzz {
namespace {

using namespace early::hand_over;

std::vector<std::string> samples() {
  const HandOver card = {.card = "gaming",
                         .functions = {{*host::PciAddress::parse("0000:01:00.0"), "nouveau"}},
                         .stopped = {"gdm.service"},
                         .consoles = {"vtcon1"}};
  return {
      "<?xml version='1.0'?><domain type='kvm'><!-- x --><devices><hostdev mode='subsystem' "
      "type='pci' managed='no'><source><address domain='0x0000' bus='0x01' slot='0x00' "
      "function='0x1'/></source><address type='pci' bus='0x06'/></hostdev></devices></domain>",
      "<domain><devices><interface type=\"hostdev\"><source><address type='pci' bus='1' "
      "slot='2' function='3'/></source></interface></devices><![CDATA[<a>]]></domain>",
      to_json({{card}}), "0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.scope\n"};
}

void parse(std::string_view bytes) {
  if (const auto functions = passed_functions(bytes)) {
    for (const host::PciAddress& function : *functions) {
      require(function.function <= 7 && function.slot.device <= 31);
      require(bytes.find("<address") != bytes.npos);
    }
  }
  if (const auto read = hand_overs_from_json(std::string(bytes)))
    for (const HandOver& card : read->all) {
      require(card.unused_since_ns >= 0);
      for (const HandedFunction& function : card.functions)
        require(function.driver.find('/') == std::string::npos);
      for (const auto* names : {&card.stopped, &card.consoles, &card.framebuffers})
        for (const std::string& name : *names) require(name.find('/') == std::string::npos);
    }
  const auto unit = early::holders::unit_of_cgroup(bytes);
  require(unit.name.find('/') == std::string::npos);
  require(!early::holders::may_stop(unit) || unit.name.ends_with(".service"));
}

const Target kTarget("domain_xml", samples, parse);

}  // namespace
}  // namespace fuzz
