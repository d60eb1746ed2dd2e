// SPDX-License-Identifier: GPL-2.0-or-later
//
// How a guest gets the card: a function for each target, which adds the steps. The snippets are to
// be copied as they are; words in capitals (VM, NODE) stand for what only the user knows.
#pragma once

#include <string>

#include "verify/check/inspection.h"
#include "verify/setup/steps.h"

namespace verify {

struct GivenCard {
  const Inspection& inspection;  // with at least one function
  std::string name;              // of its section
};

// A name for the card in another program's configuration: lower-case letters, digits and "-", 2 to
// 40 of them, with a letter first and no "-" last. This is valid for Kubernetes (a label of DNS),
// Proxmox VE (pve-configid) and Incus.
std::string plain_name(const std::string& name);

// `name` for its first function, `name`-1 for the next one.
std::string function_name(const std::string& name, size_t index);

// The same vendor and device? The subsystem does not count.
bool have_same_id(const host::PciFunction& one, const host::PciFunction& other);

void add_libvirt_guest(const GivenCard& card, Steps& steps);
void add_qemu_guest(const GivenCard& card, Steps& steps);
void add_libvirt_and_qemu_guest(const GivenCard& card, Steps& steps);
void add_proxmox_guest(const GivenCard& card, Steps& steps);
void add_proxmox_guest_or_mapping(const GivenCard& card, Steps& steps);
void add_kubevirt_guest(const GivenCard& card, Steps& steps);
// Talos starts no guests itself: its machine configuration, and then what KubeVirt needs.
void add_talos_guest(const GivenCard& card, Steps& steps);
void add_incus_guest(const GivenCard& card, Steps& steps);

}  // namespace verify
