# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The files of a machine that passes all checks: a card with two functions below a root port that
# isolates it, claimed in the initramfs of this boot.

# A configuration space (PCIe 6.0, 7.5): its header, a PCI Express capability, and ACS with all that
# it supports enabled.
config_space() {  # VENDOR DEVICE HEADER-TYPE EXPRESS-FLAGS ACS
  perl -e '
    my ($vendor, $device, $header, $express, $acs) = map { hex } @ARGV;
    my $space = pack("v4 V C4", $vendor, $device, 7, 0x10, 0x03000001, 0, 0, $header, 0);
    $space .= "\0" x (0x34 - length $space) . "\x40";
    $space .= "\0" x (0x40 - length $space) . pack("C2 v", 0x10, 0, $express);
    $space .= "\0" x (0x100 - length $space);
    $space .= pack("V v2", 0x1000d, $acs, $acs) if $acs;
    print $space, "\0" x (4096 - length $space)' "$@"
}

pci_function() {  # TREE PATH ADDRESS VENDOR:DEVICE CLASS DRIVER GROUP
  local tree=$1 path=$2 address=$3 id=$4 class=$5 driver=$6 group=$7
  local home=$tree/sys/devices/$path/$address up
  up=${home#"$tree/sys"}
  up=${up//[^\/]/}
  up=${up//\//../}
  mkdir -p "$home" "$tree/sys/bus/pci/devices" "$tree/sys/bus/pci/drivers/$driver" \
    "$tree/sys/kernel/iommu_groups/$group/devices"
  printf 'DRIVER=%s\nPCI_CLASS=%s\nPCI_ID=%s\nPCI_SUBSYS_ID=1AF4:1100\nPCI_SLOT_NAME=%s\n' \
    "$driver" "$class" "$id" "$address" >"$home/uevent"
  echo "pci:v0000${id%:*}d0000${id#*:}sv00001AF4sd00001100bc03sc00i00" >"$home/modalias"
  echo "$driver" >"$home/driver_override"
  ln -s "${up}bus/pci/drivers/$driver" "$home/driver"
  ln -s "${up}kernel/iommu_groups/$group" "$home/iommu_group"
  ln -s "../../../devices/$path/$address" "$tree/sys/bus/pci/devices/$address"
  ln -s "../../../../devices/$path/$address" "$tree/sys/kernel/iommu_groups/$group/devices/$address"
  echo DMA-FQ >"$tree/sys/kernel/iommu_groups/$group/type"
  printf '0xfee00000 0xfeefffff msi\n' >"$tree/sys/kernel/iommu_groups/$group/reserved_regions"
}

record() {  # OVERRIDE-NS BOUND-NS [MEGABYTES [MEMBER]]
  local address id class functions=
  for address in 0000:01:00.{0,1}; do
    id=10de:1b81 class=030000
    [[ $address != *.1 ]] || id=10de:10f0 class=040300
    functions+=${functions:+,}$(printf '{"card": "card", "address": "%s", "id": "%s",
      "class": "%s", "want": "vfio-pci", "found": "", "state": "bound", "initramfs": true,
      "override_ns": %s, "bound_ns": %s, "why": "", "remedy": "", "warnings": [], "framebuffer": null,
      "handling": {"driver": "vfio-pci", "unbind": "yes", "framebuffer": "keep",
      "bar_sizes": [{"bar": 1, "megabytes": %s}], "reset_method": "", "disable_idle_d3": false}}' \
      "$address" "$id" "$class" "$1" "$2" "${3:-256}")
  done
  printf '{%s "version": "0.1.0", "boot_id": "this-boot", "kernel": "6.12.0", "initramfs": true,
    "gate": {"began_ns": 890000000, "ended_ns": 910000000},
    "bind": {"began_ns": 920000000, "ended_ns": 960000000},
    "functions": [%s], "refused": [], "warnings": []}\n' "${4:-}" "$functions"
}

machine() { made_once machine "$1" machine_files; }  # TREE
machine_files() {
  local tree=. below=pci0000:00/0000:00:01.0
  pci_function "$tree" pci0000:00 0000:00:01.0 8086:460D 60400 pcieport 1
  pci_function "$tree" "$below" 0000:01:00.0 10DE:1B81 30000 vfio-pci 4
  pci_function "$tree" "$below" 0000:01:00.1 10DE:10F0 40300 vfio-pci 4
  config_space 8086 460d 81 142 1d >"$tree/sys/devices/$below/config"
  config_space 10de 1b81 80 12 0 >"$tree/sys/devices/$below/0000:01:00.0/config"
  config_space 10de 10f0 80 12 0 >"$tree/sys/devices/$below/0000:01:00.1/config"
  mkdir -p "$tree"/{etc,dev,proc/sys/kernel/random,run/vfio-early,sys/class/iommu/dmar0/intel-iommu} \
    "$tree/sys/module/vfio_iommu_type1/parameters"
  echo 1:0 >"$tree/sys/class/iommu/dmar0/intel-iommu/version"
  echo N >"$tree/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"
  printf '           CPU0\n 24:          7  IR-PCI-MSI-0000:00:01.0    0-edge      pcieport\n' \
    >"$tree/proc/interrupts"
  echo quiet >"$tree/proc/cmdline"
  echo this-boot >"$tree/proc/sys/kernel/random/boot_id"
  echo 6.12.0 >"$tree/proc/sys/kernel/osrelease"
  printf '[card]\naddress = 0000:01:00\nonly-display = allow\n' >"$tree/etc/vfio-early.conf"
  printf '6,%s,-;%s\n' 0,0 'Linux version 6.12.0' \
    1,100000 'pci 0000:01:00.0: [10de:1b81] type 00 class 0x030000' \
    2,100100 'pci 0000:01:00.1: [10de:10f0] type 00 class 0x040300' \
    3,2000000 'vfio-early: card: 0000:01:00.0 is bound to vfio-pci' >"$tree/dev/kmsg"
  record 900000000 950000000 >"$tree/run/vfio-early/record.json"
}

# A kernel module of this processor (elf(5)) with the sections that the kernel looks for, and ITEMs in
# its .modinfo.
elf_module() {  # ITEM…
  local processor=62
  [[ $(uname -m) != aarch64 ]] || processor=183
  perl -e '
    my $processor = shift;
    my @sections = ([".modinfo", 1, 2, join("\0", @ARGV) . "\0"],
                    [".gnu.linkonce.this_module", 1, 3, "\0" x 64], [".symtab", 2, 0, "\0" x 24]);
    my ($names, $table, $content) = ("\0", "\0" x 64, "");
    for (@sections, [".shstrtab", 3, 0, ""]) {
      my ($name, $type, $flags, $text) = @$_;
      my $at = length $names;
      $names .= "$name\0";
      $text = $names if $type == 3;
      $table .= pack("V2 Q4 V2 Q2", $at, $type, $flags, 0, 64 + length $content, length $text, 0, 0, 1, 0);
      $content .= $text . "\0" x (-length($text) % 8);
    }
    print pack("a16 v2 V Q3 V v6", "\x7fELF\2\1\1", 1, $processor, 1, 0, 0, 64 + length $content, 0,
               64, 0, 0, 64, 5, 4), $content, $table' "$processor" "$@"
}
module_for() {  # NAME RELEASE
  elf_module license=GPL "name=${1//-/_}" "vermagic=$2 SMP preempt mod_unload"
}

# modules.dep.bin from modules.dep, as depmod writes it: a trie of names with the root node last
# (libkmod/libkmod-index.c).
module_index() {  # DIRECTORY
  perl -e '
    my (%root, $out);
    while (<STDIN>) {
      my ($name) = m{([^/:]+)\.ko} or next;
      chomp; $name =~ tr/-/_/; my $node = \%root;
      $node = $node->{$_} //= {} for map ord, split //, $name;
      $node->{line} = $_;
    }
    sub node {
      my ($node) = @_; my @keys = sort { $a <=> $b } grep /^\d/, keys %$node; my ($text, $flags) = ("", 0);
      if (@keys) {
        $flags |= 0x20000000;
        $text = pack "C2 N*", @keys[0, -1], map { $node->{$_} ? node($node->{$_}) : 0 } $keys[0] .. $keys[-1];
      }
      if (defined $node->{line}) { $flags |= 0x40000000; $text .= pack "N2 Z*", 1, 0, $node->{line} }
      my $at = length $out; $out .= $text; return $at | $flags;
    }
    $out = "\0" x 12; my $top = node(\%root);
    substr($out, 0, 12) = pack "N3", 0xB007F457, 0x00020001, $top; print $out' <"$1/modules.dep" >"$1/modules.dep.bin"
}

# The directory of a kernel's modules, with all that an image needs.
modules() { made_once "modules-$2" "$1" module_files "$2"; }  # DIRECTORY RELEASE
module_files() {  # RELEASE
  local name
  mkdir kernel
  for name in vfio-pci vfio_iommu_type1 vfio; do
    module_for "$name" "$1" >"kernel/$name.ko"
  done
  printf 'kernel/%s: %s\n' vfio-pci.ko kernel/vfio.ko vfio_iommu_type1.ko kernel/vfio.ko >modules.dep
  echo kernel/vfio.ko: >>modules.dep
  module_index .
  echo kernel/fs/ext4.ko >modules.builtin
  printf 'ext4.license=GPL\0' >modules.builtin.modinfo
  touch modules.{alias,softdep}
}
