// SPDX-License-Identifier: GPL-2.0-or-later
//
// What names a machine, its parts or its owner, recognised by its form alone or by what is
// before it: UUIDs, hardware addresses (MAC, SAS, NVMe), machine ids, serial numbers,
// IP and mail addresses, names in paths ("/home/alice"), and the word after "password=" or a
// similar key.
#pragma once

#include <optional>
#include <string_view>

namespace verify::capture {

struct SecretForm {
  size_t skip = 0;  // what is before the secret, and is kept: "/home/"
  size_t size = 0;  // of the secret
  const char* kind = "";
};

// The form that begins at `at`, if any. Reads a few characters if there is none, otherwise at most
// a few hundred.
std::optional<SecretForm> find_secret(std::string_view text, size_t at);

}  // namespace verify::capture
