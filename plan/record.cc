// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/record.h"

#include <algorithm>
#include <ctime>

#include "host/text.h"

namespace plan {

std::string hash_text(uint64_t hash) {
  return host::hex(static_cast<uint32_t>(hash >> 32), 8) +
         host::hex(static_cast<uint32_t>(hash), 8);
}

const char* state_name(State state) {
  return kStateNames[static_cast<size_t>(state)];
}

bool Record::reserved() const {
  return refusals.empty() && std::all_of(functions.begin(), functions.end(), [](const auto& f) {
           return f.override_ns != 0 || f.state == State::kIntended;
         });
}

bool Record::complete() const {
  return refusals.empty() && std::all_of(functions.begin(), functions.end(),
                                         [](const auto& f) { return f.state == State::kBound; });
}

Record intend(const Plan& plan, const Configuration& configuration, const host::Machine& machine) {
  Record record;
  record.version = VFIO_EARLY_VERSION;
  record.boot_id = machine.boot_id;
  record.kernel_release = machine.kernel_release;
  record.configuration_files = configuration.files;
  record.configuration_hash = hash_text(configuration.hash);
  record.in_initramfs = machine.in_initramfs;
  record.rescued = plan.rescued;
  record.refusals = plan.refusals;
  record.warnings = plan.warnings;
  for (const Claim& claim : plan.claims) {
    FunctionRecord function;
    function.card = claim.card;
    function.address = claim.function.address.str();
    function.id = claim.function.id.str();
    function.class_code = claim.function.class_str();
    function.want = claim.handling.driver;
    function.handling = claim.handling;
    function.found = claim.function.driver;
    function.in_initramfs = machine.in_initramfs;
    record.functions.push_back(std::move(function));
  }
  return record;
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

}  // namespace plan
