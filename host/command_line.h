// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's command line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace host {

// Words as the kernel's next_arg (lib/cmdline.c) cuts them: spaces separate, double quotes
// protect. In names '-' and '_' are the same (lib/cmdline and kernel/params.c: parameq).
class CommandLine {
 public:
  static CommandLine parse(std::string_view text);

  // The last value given for `name` ("" for a bare word), nothing if it does not occur.
  std::optional<std::string> value(std::string_view name) const;

  // Every value given for `name`, in order.
  std::vector<std::string> values(std::string_view name) const;

  struct Parameter {
    std::string name;  // with '_' for '-'
    std::string value;
  };
  // Those whose name begins with `prefix`, without it: a module's ("vfio_pci.").
  std::vector<Parameter> with_prefix(std::string_view prefix) const;

 private:
  std::vector<Parameter> parameters_;
};

// What switches an IOMMU off, as it stands there ("intel_iommu=off"), and is not taken back later.
// Which of them counts depends on the IOMMU's maker.
std::vector<std::string> iommu_switched_off_by(const CommandLine& line);

}  // namespace host
