// SPDX-License-Identifier: GPL-2.0-or-later
//
// The kernel's command line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace host {

// The parameters, split as next_arg() in lib/cmdline.c does: at spaces, but not within double
// quotes. In names '-' and '_' are the same (parameq() in kernel/params.c).
class CommandLine {
 public:
  static CommandLine parse(std::string_view text);

  bool empty() const { return parameters_.empty(); }

  // The last value of `name` ("" if it has no '='); nullopt if it does not occur.
  std::optional<std::string> value(std::string_view name) const;

  // All values of `name`, in order.
  std::vector<std::string> values(std::string_view name) const;

  // The first value of `name` that has `word` in its list, which commas separate:
  // "intel_iommu=sm_on,on". nullopt: no value has it.
  std::optional<std::string> value_with_word(std::string_view name, std::string_view word) const;

  struct Parameter {
    std::string name;  // with '_' for '-'
    std::string value;
  };
  // The parameters whose name begins with `prefix`, such as a module's "vfio_pci."; the result
  // lacks the prefix.
  std::vector<Parameter> with_prefix(std::string_view prefix) const;

 private:
  std::vector<Parameter> parameters_;
};

// The parameters that switch an IOMMU off, as written ("intel_iommu=off"), unless a later value of
// the same parameter switches it on again. Which of them applies depends on the vendor of the
// IOMMU.
std::vector<std::string> iommu_off_parameters(const CommandLine& line);

}  // namespace host
