// SPDX-License-Identifier: GPL-2.0-or-later
//
// QEMU's descriptor of a guest's firmware.
#include "tests/fuzz/target.h"
#include "verify/inspect/guest/qemu.h"

namespace fuzz {
namespace {

std::vector<std::string> samples() {
  return {R"({"description": "UEFI", "interface-types": ["uefi"],
 "mapping": {"device": "flash", "executable": {"filename": "/usr/share/OVMF/OVMF_CODE_4M.fd",
  "format": "raw"}, "nvram-template": {"filename": "/usr/share/OVMF/OVMF_VARS_4M.fd"}},
 "targets": [{"architecture": "x86_64", "machines": ["pc-i440fx-*", "pc-q35-*"]}],
 "features": ["acpi-s3", "secure-boot", "verbose-dynamic"], "tags": []})",
          R"({"interface-types": ["uefi"], "mapping": {"device": "memory", "filename": "/x.fd"},
 "targets": [{"architecture": "x86_64", "machines": ["pc-q35-[0-9]*"]}]})"};
}

void parse(std::string_view bytes) {
  const auto firmware = verify::guest::parse_descriptor(std::string(bytes));
  if (firmware) require(bytes.find("uefi") != bytes.npos || bytes.find('\\') != bytes.npos);
}

const Target kTarget("firmware_descriptor", samples, parse);

}  // namespace
}  // namespace fuzz
