# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sourced: a machine in QEMU with an IOMMU and two graphics cards with sound, at 0000:01:00 and
# 0000:02:00, that starts from a disk, and a shell in it (guest/lab-shell). Every wait has a limit.
#
#   start_machine DIRECTORY   start from DIRECTORY/disk, wait for the shell; keeps console.log there
#   guest LIMIT COMMAND       run COMMAND in it: its output, its status; 255: no answer
#   reboot_machine            reboot as a user does, start QEMU again, and wait for the shell
#   power_off                 power off as a user does, and wait for the end of QEMU
# shellcheck source=bench/machine.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../bench/machine.sh"
# Time limits for hangs: an emulated start takes a minute, on a busy machine seven.
boot_limit=1200 off_limit=600

qemu_command() {
  local code=/usr/share/OVMF/OVMF_CODE_4M.fd number
  # shellcheck disable=SC2054  # the commas are QEMU's
  qemu=("${qemu_machine[@]}" -accel tcg,thread=single -cpu max -smp 1 -m 2048
    -drive "if=pflash,unit=0,format=raw,readonly=on,file=$code"
    -drive "if=pflash,unit=1,format=raw,file=$machine/variables")
  for number in 1 2; do
    add_graphics_card qemu "$number"
    add_codec qemu "$number"
  done
  # At fixed addresses after the cards.
  # shellcheck disable=SC2054
  qemu+=(-device virtio-blk-pci,bus=pcie.0,addr=1c,drive=disk
    -drive "if=none,id=disk,format=raw,cache=unsafe,discard=unmap,file=$machine/disk"
    -device virtio-net-pci,bus=pcie.0,addr=1d,netdev=net -netdev user,id=net
    -chardev "file,id=console,path=$machine/console.log,append=on" -serial chardev:console
    -chardev "pipe,id=shell,path=$machine/shell" -serial chardev:shell)
}

start_machine() {  # DIRECTORY
  machine=$1
  local qemu
  qemu_command
  rm -f "$machine"/shell.{in,out}
  mkfifo "$machine"/shell.{in,out}
  : >"$machine/shell.log"
  setpriv --pdeathsig KILL cat "$machine/shell.out" >>"$machine/shell.log" &
  setpriv --pdeathsig KILL "${qemu[@]}" >"$machine/qemu.log" 2>&1 &
  qemu_pid=$!
  await "$boot_limit" is_ready
}

# A warm reset would be enough in QEMU 10. In QEMU 7.2 GRUB can hang after it.
reboot_machine() {
  end_with 'systemctl reboot'
  start_machine "$machine"
}

power_off() { end_with 'systemctl poweroff'; }

end_with() {  # COMMAND
  local deadline=$((SECONDS + off_limit))
  request 20 "$1"
  while kill -0 "$qemu_pid" 2>/dev/null; do
    ((SECONDS < deadline)) || { echo "the machine is not off within $off_limit s" >&2; return 1; }
    sleep 0.5
  done
}

guest() {  # LIMIT COMMAND
  local number
  number=$(stat -c %s "$machine/shell.log")  # none is used twice
  request "$1" "set -o pipefail; $2" "$number"
  await $(($1 + 60)) answered "$number" || return 255
  tail -c +$((number + 1)) "$machine/shell.log" | sed "/^=== end $number /,\$d; s/\r//g"
  return "$(sed -n "s/^=== end $number //p" "$machine/shell.log")"
}

request() {  # LIMIT COMMAND [NUMBER]
  echo "${3:-0} $1 $(base64 -w 0 <<<"$2")" >"$machine/shell.in"
}

answered() { grep -qa "^=== end $1 [0-9]" "$machine/shell.log"; }
is_ready() { grep -qa '^=== ready' "$machine/shell.log"; }

await() {  # LIMIT CONDITION…
  local deadline=$((SECONDS + $1))
  until "${@:2}"; do
    kill -0 "$qemu_pid" || { echo "QEMU has ended" >&2; return 1; }
    ((SECONDS < deadline)) || { echo "no answer within $1 s" >&2; return 1; }
    sleep 0.5
  done
}
