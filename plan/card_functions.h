// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which functions are a graphics card. A slot may also hold functions that are not a part of it:
// with an APU's display are the processor's USB controllers, audio codec and security processor.
#pragma once

#include <string>
#include <vector>

#include "host/machine.h"

namespace plan {

using Functions = std::vector<const host::PciFunction*>;  // of a machine

// What a card is for: a display or 3D controller (class 03), or a processing accelerator (class 12:
// Instinct, Gaudi, NPUs).
bool is_gpu(const host::PciFunction& function);

// The display of a server's BMC (remote management): usually the host's console.
bool is_bmc_display(const host::PciFunction& function);

// Is it a GPU, or the audio, USB or UCSI (USB-C) function of the GPU in its slot? In a slot without
// a GPU: is it an audio or USB function? By default only these are claimed from a slot.
bool is_card_function(const host::Machine& machine, const host::PciFunction& function);

// Are both functions of one card, which has a GPU? No slot separates them, and a guest gets both.
bool are_of_one_card(const host::Machine& machine, const host::PciFunction& one,
                     const host::PciFunction& other);

// How a user names the card that the function belongs to: by the slot of a graphics card. Another
// function, such as a virtual one, is a card of its own: its address.
std::string operand_for(const host::Machine& machine, const host::PciFunction& function);

// Is it in the slot of a GPU, without being a function of that card?
bool is_beside_card(const host::Machine& machine, const host::PciFunction& function);

// Mass storage, network or an ISA bridge: if one is claimed by mistake, the host loses a disk, its
// network access or its board's devices.
bool may_be_needed_by_host(const host::PciFunction& function);

// Is it of a kind that no guest should be given only because it shares an IOMMU group with a card:
// memory controller, SMBus, disks, network, USB, sound and the like? A GPU and its other functions
// are not.
bool stays_with_host(const host::Machine& machine, const host::PciFunction& function);

// The parameter that keeps the IOMMU from translating the function's DMA, as written
// ("intel_iommu=on,igfx_off"); "": none.
std::string parameter_that_removes_group(const host::PciFunction& function,
                                         const host::CommandLine& command_line);

// "0000:01:00.0 (10de:1b81, class 030000)", for a message.
std::string name_of(const host::PciFunction& function);

// "0000:01:00.0 0000:01:00.1", for a message.
std::string addresses_of(const Functions& functions);

}  // namespace plan
