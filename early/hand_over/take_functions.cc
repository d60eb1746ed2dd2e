// SPDX-License-Identifier: GPL-2.0-or-later
#include "early/hand_over/take_functions.h"

#include "early/messages.h"
#include "early/reserve.h"
#include "early/unbind.h"

namespace early::hand_over {
namespace {

using host::Root;
using record::FunctionRecord;
using record::Record;
using record::State;
using Functions = std::vector<FunctionRecord>;

Functions functions_of(const Record& record, const std::string& card) {
  Functions functions;
  for (const FunctionRecord& function : record.functions)
    if (function.card == card) functions.push_back(function);
  return functions;
}

void store(const Functions& functions, Record& record, const std::string& card) {
  auto next = functions.begin();
  for (FunctionRecord& function : record.functions)
    if (function.card == card) function = *next++;
}

bool unbind(const Root& root, FunctionRecord& function) {
  unbind_holder(root, function, DeviceUse::kChecked);
  if (function.state == State::kReserved) return true;
  function.override_ns = 0;
  clear_override(root, function);
  return false;
}

// The displays last: if another driver hangs, the screen stays as it is.
void unbind_all(const Root& root, Functions& functions) {
  for (const bool displays : {false, true})
    for (FunctionRecord& function : functions)
      if (function.is_display() == displays && function.state == State::kReserved &&
          !unbind(root, function))
        return;
}

}  // namespace

// hand_over.pml: take_functions
void take_functions(const Root& root, Record& record, const std::string& card) {
  Functions functions = functions_of(record, card);
  reserve(root, functions);  // what has no driver
  for (FunctionRecord& function : functions)
    if (function.state == State::kIntended)
      reserve_against_holder(root, function, DeviceUse::kChecked);
  store(functions, record, card);
  record.bind.ended_ns = 0;
  save_record(root, record);
  unbind_all(root, functions);
  store(functions, record, card);
  save_record(root, record);
}

}  // namespace early::hand_over
