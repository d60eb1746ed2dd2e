# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced by tests/html and tests/html-in-browser: fake machines, each in a directory of its name, and
# their pages.
# shellcheck source=tests/attacks.d/machine.sh
. "$(dirname "${BASH_SOURCE[0]}")/attacks.d/machine.sh"
unset -f machine  # it needs tests/attacks

# shellcheck disable=SC2034  # for the scripts that source this
html_machines=(healthy failing eight-gpus large-group no-card hostile)

fail() { echo "FAILED: $*"; exit 1; }

# The header types and flags of config_space: a root port, the ports of a switch, an endpoint.
root_port() { port "$1" "$2" "$3" 142 "$4"; }          # PATH ADDRESS GROUP ACS
upstream_port() { port "$1" "$2" "$3" 152 0; }         # PATH ADDRESS GROUP
downstream_port() { port "$1" "$2" "$3" 162 "$4"; }    # PATH ADDRESS GROUP ACS
port() {  # PATH ADDRESS GROUP FLAGS ACS
  pci_function . "$1" "$2" 8086:460D 60400 pcieport "$3"
  config_space 8086 460d 1 "$4" "$5" >"sys/devices/$1/$2/config"
}
endpoint() {  # PATH ADDRESS GROUP ID CLASS DRIVER
  pci_function . "$1" "$2" "$4" "$5" "$6" "$3"
  config_space "${4%:*}" "${4#*:}" 0 2 0 >"sys/devices/$1/$2/config"
}

# A DMAR table (Intel VT-d 4.1, 8.1) with interrupt remapping and without units.
dmar_table() {
  perl -e '
    my $table = pack("a4 V C2 a6 a8 V a4 V C2 x10", "DMAR", 48, 1, 0, "TEST", "TEST", 1, "TEST", 1, 46, 1);
    substr($table, 9, 1) = chr(-unpack("%8C*", $table) & 255);
    print $table'
}

# One BAR, in the form of sysfs: the first and the last byte, and the flags of 13 resources.
resources() {  # FIRST LAST
  printf '%#018x %#018x %#018x\n' "$1" "$2" 0x40200
  yes '0x0000000000000000 0x0000000000000000 0x0000000000000000' | head -n 12
}

make_healthy() {
  local card=sys/devices/pci0000:00/0000:00:01.0/0000:01:00
  machine_files
  resources 0xa0000000 0xa0ffffff >$card.0/resource
  resources 0xa1000000 0xa1003fff >$card.1/resource
  mkdir -p sys/firmware/acpi/tables
  dmar_table >sys/firmware/acpi/tables/DMAR
  echo '00000000-00000fff : Reserved' >proc/iomem
  mkdir -p usr/lib
  echo 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"' >usr/lib/os-release
}

# nouveau holds the card, and the disk is in its group.
make_failing() {
  make_healthy
  local card=sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0
  endpoint pci0000:00 0000:00:17.0 4 8086:A102 10601 ahci
  printf 'DRIVER=nouveau\nPCI_CLASS=30000\nPCI_ID=10DE:1B81\nPCI_SUBSYS_ID=1462:3301\n' >$card/uevent
  ln -sfn ../../../../bus/pci/drivers/nouveau $card/driver
  rm run/vfio-early/record.json
}

# Eight accelerators behind four switches; each switch also has a network card and disks. 240 disks
# and network cards are elsewhere.
make_eight-gpus() {
  local root switch slot bus group=20 acs=1d path below
  make_healthy
  : >etc/vfio-early.conf
  for root in 0 1 2 3; do
    [[ $root -ne 3 ]] || acs=0  # the last switch has none
    bus=$((0x20 + 0x10 * root)) path=pci0000:0$((root + 1))
    root_port "$path" "0000:0$((root + 1)):01.0" $((++group)) 1d
    path+=/0000:0$((root + 1)):01.0
    printf -v switch '0000:%02x:00.0' $bus
    upstream_port "$path" "$switch" $((++group))
    path+=/$switch
    for slot in 0 1 2 3; do
      printf -v below '0000:%02x:%02x.0' $((bus + 1)) $slot
      downstream_port "$path" "$below" $((++group)) "$acs"
      gpu_or_disk "$path/$below" $slot "$(printf '0000:%02x:00.0' $((bus + 2 + slot)))" $((++group))
    done
  done
  for slot in {0..239}; do
    printf -v below '0000:80:%02x.%x' $((slot / 8)) $((slot % 8))
    endpoint pci0000:80 "$below" $((200 + slot)) 8086:1572 20000 i40e
  done
}
gpu_or_disk() {  # PATH SLOT ADDRESS GROUP
  case $2 in
    0 | 1)
      endpoint "$1" "$3" "$4" 10DE:2330 30200 vfio-pci
      printf '[gpu %s]\naddress = %s\n' "${3:5:2}" "${3%.*}" >>etc/vfio-early.conf
      ;;
    2) endpoint "$1" "$3" "$4" 15B3:1021 20700 mlx5_core ;;
    3) endpoint "$1" "$3" "$4" 144D:A808 10802 nvme ;;
  esac
}

# An external card behind a dock whose ports have no ACS: one group for all below the root port.
make_large-group() {
  local path=pci0000:00/0000:00:1d.0 bus
  make_healthy
  rm run/vfio-early/record.json
  root_port pci0000:00 0000:00:1d.0 9 0
  upstream_port $path 0000:40:00.0 9
  path+=/0000:40:00.0
  for bus in 1 2 3 4; do
    downstream_port $path 0000:41:0$bus.0 9 0
  done
  endpoint $path/0000:41:01.0 0000:42:00.0 9 8086:15EC C0330 xhci_hcd
  upstream_port $path/0000:41:04.0 0000:43:00.0 9
  downstream_port $path/0000:41:04.0/0000:43:00.0 0000:44:01.0 9 0
  downstream_port $path/0000:41:04.0/0000:43:00.0 0000:44:02.0 9 0
  endpoint $path/0000:41:04.0/0000:43:00.0/0000:44:01.0 0000:45:00.0 9 1002:73BF 30000 amdgpu
  endpoint $path/0000:41:04.0/0000:43:00.0/0000:44:01.0 0000:45:00.1 9 1002:AB28 40300 snd_hda_intel
  endpoint $path/0000:41:04.0/0000:43:00.0/0000:44:02.0 0000:46:00.0 9 8086:1539 20000 igb
  printf '[egpu]\naddress = 0000:45:00\nonly-display = allow\n' >etc/vfio-early.conf
}

make_no-card() {
  make_healthy
  rm etc/vfio-early.conf run/vfio-early/record.json
}

# Names that try to be markup, and characters that try to change it.
make_hostile() {
  # In a section's name a bracket would end it, and invalid characters make the file unreadable.
  local evil='"><script>alert(1)</script><img src="https://example.com/x"/>&amp;]]>--></pre></style>'
  make_failing
  evil+=$'\x27 onload=\x27x\x27 \302\233\342\200\256\xff\xef\xbf\xbe'
  printf '[%s]\naddress = 0000:01:00\nonly-display = allow\n' "${evil%%]]*}" >etc/vfio-early.conf
  echo "6.12.0$evil" >proc/sys/kernel/osrelease
  mkdir -p usr/lib
  printf "PRETTY_NAME='%s'\n" "${evil//\'/}" >etc/os-release
  {
    printf 'DRIVER=%s\n' "$evil"
    printf 'PCI_CLASS=30000\nPCI_ID=10DE:1B81\nPCI_SUBSYS_ID=1462:3301\n'
  } >sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/uevent
}

# Writes MACHINE.html. The exit status of vfio-verify may be any verdict.
write_page() {  # VFIO-VERIFY MACHINE
  local status=0
  mkdir "$2"
  (cd "$2" && "make_$2") || fail "could not prepare the machine $2"
  "$1" --root "$2" --format html -o "$2.html" || status=$?
  [[ $status -le 2 ]] || fail "$2: exit status $status"
}
