// SPDX-License-Identifier: GPL-2.0-or-later
//
// Result<T>: a value or an Error, the only error type of this project. It has the names of
// std::expected, which cannot replace it yet: with -std=c++23, g++ 12 has it, but clang 14, which
// ci/fuzz and ci/style use, does not compile libstdc++'s (__cpp_concepts >= 202002L).
//
// Nothing here throws: early/ is built without exceptions. Using the value of a failed Result is a
// bug in the caller (asserted).
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>

namespace host {

// A failed step and its errno. `step` is written for the user ("write
// /sys/bus/pci/devices/0000:01:00.0/driver_override"); the function that knows the path adds it,
// once. `code` is 0 if the kernel gave none.
struct [[nodiscard]] Error {
  int code = 0;
  std::string step;
};

// "write /sys/…/driver_override: No such device".
std::string describe(const Error& error);

// Is this the error of a file that no program can read: it is missing, or a directory?
bool is_absent(const Error& error);

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Error error) : error_(std::move(error)) {}

  bool has_value() const { return value_.has_value(); }
  explicit operator bool() const { return has_value(); }

  T& operator*() & { return assert(value_), *value_; }
  const T& operator*() const& { return assert(value_), *value_; }
  T&& operator*() && { return assert(value_), std::move(*value_); }
  T* operator->() { return assert(value_), &*value_; }
  const T* operator->() const { return assert(value_), &*value_; }

  const Error& error() const { return assert(!value_), error_; }
  T value_or(T otherwise) const { return value_ ? *value_ : std::move(otherwise); }

 private:
  std::optional<T> value_;
  Error error_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool has_value() const { return !error_; }
  explicit operator bool() const { return has_value(); }
  const Error& error() const { return assert(error_), *error_; }

 private:
  std::optional<Error> error_;
};

}  // namespace host
