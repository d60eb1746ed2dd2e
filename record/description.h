// SPDX-License-Identifier: GPL-2.0-or-later
//
// The members of the record's JSON form, in their order. Writer and reader visit the same
// description, so a new member is one line, and an entry in vfio-early-record(5).
//
// A visitor has these members:
//   (key, value)                    the type of `value` decides about the form
//   (key, value, names, otherwise)  one of `names`; `otherwise` if it is missing or unknown
//   class_code(key, value)          six hexadecimal digits
//   constant(key, number)           is written, and not read
//   object(key, visit_all)          an object whose members belong to the same structure
#pragma once

#include <concepts>
#include <type_traits>

#include "record/record.h"

namespace record {

// The number of the JSON form. It becomes larger if a member is removed, or if its type or meaning
// changes. A new member does not change it: readers ignore the members that they do not know.
inline constexpr int kFormat = 1;

inline constexpr const char* kHealthyNames[] = {"", "display", "boot"};  // of config::Healthy

// A `Structure` to fill, or a constant one to write.
template <class T, class Structure>
concept Either = std::same_as<std::remove_const_t<T>, Structure>;

void visit_members(auto& visit, Either<Phase> auto& phase) {
  visit("began_ns", phase.began_ns);
  visit("ended_ns", phase.ended_ns);
}

void visit_members(auto& visit, Either<config::BarSize> auto& size) {
  visit("bar", size.bar);
  visit("megabytes", size.megabytes);
}

// If an older record does not have this, nothing is unbound and no framebuffer is released.
void visit_members(auto& visit, Either<config::Handling> auto& handling) {
  visit("driver", handling.driver);
  visit("unbind", handling.unbind, config::kUnbindNames, config::Unbind::kNo);
  visit("framebuffer", handling.framebuffer, config::kFramebufferNames, config::Framebuffer::kKeep);
  visit("bar_sizes", handling.bar_sizes);
  visit("reset_method", handling.reset_method);
  visit("disable_idle_d3", handling.disable_idle_d3);
  visit("allow", handling.allowed_peers);
  visit("modules", handling.modules);
}

void visit_members(auto& visit, Either<FramebufferRecord> auto& framebuffer) {
  visit("found", framebuffer.found);
  visit("left", framebuffer.left);
  visit("became", framebuffer.outcome);
  visit("remedy", framebuffer.remedy);
}

void visit_members(auto& visit, Either<FunctionRecord> auto& function) {
  visit("card", function.card);
  visit("address", function.address);
  visit("id", function.id);
  visit.class_code("class", function.class_code);
  visit("want", function.wanted_driver);
  visit("found", function.found);
  visit("state", function.state, kStateNames, State::kFailed);
  visit("initramfs", function.in_initramfs);
  visit("released", function.released);
  visit("reappeared", function.reappeared);
  visit("override_ns", function.override_ns);
  visit("bound_ns", function.bound_ns);
  visit("why", function.why);
  visit("remedy", function.remedy);
  visit("warnings", function.warnings);
  visit("framebuffer", function.framebuffer);
  visit("handling", function.handling);
  visit("physical_function", function.physical_function);
  visit("virtual_number", function.virtual_number);
}

void visit_members(auto& visit, Either<PhysicalRecord> auto& physical) {
  visit("card", physical.card);
  visit("address", physical.address);
  visit("id", physical.id);
  visit("vfs", physical.vfs);
  visit("state", physical.state, kCreationNames, Creation::kFailed);
  visit("expected", physical.expected);
  visit("autoprobe_ns", physical.autoprobe_ns);
  visit("created_ns", physical.created_ns);
  visit("why", physical.why);
  visit("remedy", physical.remedy);
  visit("handling", physical.handling);
}

void visit_members(auto& visit, Either<Rescue> auto& rescue) {
  visit("healthy_when", rescue.healthy_when, kHealthyNames, config::Healthy::kNotSet);
  visit("skips", rescue.skips);
  visit("flag", rescue.flag);
  visit("wanted", rescue.wanted);
  visit("unavailable", rescue.unavailable);
  visit("remedy", rescue.remedy);
}

void visit_members(auto& visit, Either<config::Refusal> auto& refusal) {
  visit("card", refusal.card);
  visit("file", refusal.file);
  visit("line", refusal.line);
  visit("why", refusal.why);
  visit("remedy", refusal.remedy);
  visit("awaited", refusal.awaited);
}

void visit_members(auto& visit, Either<config::Warning> auto& warning) {
  visit("card", warning.card);
  visit("what", warning.what);
  visit("remedy", warning.remedy);
}

void visit_members(auto& visit, Either<Record> auto& record) {
  visit.constant("format", kFormat);
  visit("version", record.version);
  visit("boot_id", record.boot_id);
  visit("kernel", record.kernel_release);
  visit.object("configuration", [&](auto& visit_member) {
    visit_member("files", record.configuration_files);
    visit_member("fnv1a64", record.configuration_hash);
  });
  visit("initramfs", record.in_initramfs);
  visit("rescued", record.switched_off);
  visit("rescue", record.rescue);
  visit("gate", record.gate);
  visit("bind", record.bind);
  visit("functions", record.functions);
  visit("physical_functions", record.physical_functions);
  visit("refused", record.refusals);
  visit("warnings", record.warnings);
}

}  // namespace record
