// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/record.h"

#include <algorithm>
#include <ctime>

namespace record {

const char* state_name(State state) {
  return kStateNames[static_cast<size_t>(state)];
}

namespace {

bool is_refused(const Record& record) {
  return std::any_of(record.refusals.begin(), record.refusals.end(),
                     [](const config::Refusal& refusal) { return !refusal.awaited; });
}

}  // namespace

bool Record::reserved() const {
  return !is_refused(*this) && std::all_of(functions.begin(), functions.end(), [](const auto& f) {
    return f.override_ns != 0 || f.state == State::kIntended;
  }) && std::none_of(physical_functions.begin(), physical_functions.end(), [](const auto& each) {
    return each.state == Creation::kFailed;
  });
}

bool Record::complete() const {
  return !is_refused(*this) && std::all_of(functions.begin(), functions.end(), [](const auto& f) {
    return f.state == State::kBound;
  }) && std::none_of(physical_functions.begin(), physical_functions.end(), [](const auto& each) {
    return each.state == Creation::kFailed || each.state == Creation::kReleased;
  });
}

bool Record::awaits_card() const {
  return std::any_of(refusals.begin(), refusals.end(),
                     [](const config::Refusal& refusal) { return refusal.awaited; }) ||
         std::any_of(physical_functions.begin(), physical_functions.end(), [](const auto& each) {
           return each.state == Creation::kWaiting || each.state == Creation::kFailed;
         });
}

host::Result<Record> read_record(const host::Root& root) {
  const auto text = root.read(kRecordFile, size_t{1024} * 1024);
  if (!text) return text.error();
  return record_from_json(*text);
}

host::Result<void> write_record(const host::Root& root, const Record& record) {
  return root.replace(kRecordFile, to_json(record));
}

int64_t boot_time_ns() {
  timespec now = {};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
}

}  // namespace record
