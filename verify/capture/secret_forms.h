// SPDX-License-Identifier: GPL-2.0-or-later
//
// Finds texts that identify a machine, its parts or its owner, by their form or by the text before
// them: UUIDs, hardware addresses (MAC, SAS, NVMe), machine ids, serial numbers, IP and mail
// addresses, names in paths ("/home/alice"), and the word after "password=" or a similar key.
#pragma once

#include <optional>
#include <string_view>

namespace verify::capture {

struct SecretForm {
  size_t skip = 0;  // length of the text before the secret, which is kept: "/home/"
  size_t size = 0;  // length of the secret
  const char* kind = "";
};

// The form that begins at `at`, if any. Reads at most a few hundred characters.
std::optional<SecretForm> find_secret(std::string_view text, size_t at);

}  // namespace verify::capture
