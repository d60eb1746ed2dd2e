// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parts of system files that a capture keeps: those that a check reads, without comments. Each
// function takes the content of a file and returns its replacement.
#pragma once

#include <string>
#include <string_view>

#include "verify/capture/anonymiser.h"

namespace verify::capture {

// modprobe.d(5): options of VFIO, IOMMUFD and KVM, and other commands for these and for graphics
// drivers. All other lines become empty, because findings give line numbers; "" if no line is kept.
std::string kept_modprobe(std::string_view text, Anonymiser& anonymiser);

// The name of a product: its known words, versions and models.
std::string kept_name(std::string_view text, Anonymiser& anonymiser);

// A kernel's release, as uname -r prints it. A release has the same result in every file.
std::string kept_release(std::string_view text, Anonymiser& anonymiser);

// os-release(5): PRETTY_NAME, ID and ID_LIKE.
std::string kept_os_release(std::string_view text, Anonymiser& anonymiser);

// /proc/cpuinfo: vendor, flags and address sizes of the first processor. /proc/interrupts: the chip
// of each line. /proc/iomem: the ranges, with the names of PCI functions, drivers and boot
// framebuffers.
std::string kept_cpuinfo(std::string_view text, Anonymiser& anonymiser);
std::string kept_interrupts(std::string_view text, Anonymiser& anonymiser);
std::string kept_iomem(std::string_view text, Anonymiser& anonymiser);

// /sys/bus/pci/devices/*/uevent
std::string kept_uevent(std::string_view text, Anonymiser& anonymiser);

// modules.alias: those of PCI devices.
std::string kept_aliases(std::string_view text, Anonymiser& anonymiser);

}  // namespace verify::capture
