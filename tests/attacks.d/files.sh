# shellcheck shell=bash disable=SC2154  # tests/attacks sets them
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Faults 4, 8 and 14: files of other users where the programs write, and several writers at once.

# Names for a temporary file of FILE that another user can guess and create first.
guessable_names() {  # FILE
  local directory=${1%/*} name=${1##*/}
  printf '%s\n' "$directory/$name.new" "$directory/.$name.new" "$directory/.$name.tmp" "$directory/$name~"
}
# COMMAND writes FILE: alone, and beside files, FIFOs and links that another user has prepared.
expect_safe_write() {  # MODE FILE COMMAND…
  local mode=$1 file=$2 name kind
  shift 2
  (umask 022; run "$@")
  [[ -s $file ]] || fail "it does not write $file: $(head -c 200 err)"
  [[ $(stat -c %a "$file") == "$mode" ]] || fail "$file has the mode $(stat -c %a "$file") instead of $mode"
  for kind in files FIFOs links; do
    rm -f "$file"
    echo theirs >victim
    guessable_names "$file" >names
    while read -r name; do
      rm -f "$name"
      case $kind in
        files) echo theirs >"$name"; chmod 666 "$name" ;;
        FIFOs) mkfifo "$name" ;;
        links) ln -s "$PWD/victim" "$name" ;;
      esac
      # shellcheck disable=SC2015  # both may fail
      [[ $EUID -ne 0 ]] || chown -h nobody "$name" || exit
    done <names
    run "$@"
    [[ -f $file && -s $file ]] || fail "beside prepared $kind it writes nothing: $(head -c 200 err)"
    [[ $(stat -c %u "$file") -eq $EUID ]] || fail "another user owns what it wrote"
    [[ $(stat -c %a "$file") == "$mode" ]] || fail "beside prepared $kind the mode is $(stat -c %a "$file")"
    [[ $(<victim) == theirs ]] || fail "it writes through a link"
    while read -r name; do
      [[ $kind != files || $(<"$name") == theirs ]] || fail "it writes into $name of another user"
      rm -f "$name"
    done <names
  done
}
case_4_capture() { machine tree; expect_safe_write 600 ./made.tgz "$verify" --root tree capture made.tgz; }
case_4_passport() { expect_safe_write 600 ./passport.json "$verify" save passport.json; }
case_4_record() {
  machine tree
  expect_safe_write 644 ./tree/run/vfio-early/record.json "$early" --root tree gate
}
case_4_image() {
  needs perl
  [[ ! $sanitized ]] || not_run "vfio-early image takes the program without sanitizers"
  machine tree
  modules tree/lib/modules/6.12.0 6.12.0
  expect_safe_write 644 ./made.img "$early" --root tree --loader grub image 6.12.0 -o made.img
}

# Four gates write while a reader reads, which must find a complete record each time. It names 3600
# missing cards: a large record takes longer to write.
case_8_concurrent_writers() {
  needs perl
  local gates=()
  machine tree
  mkdir tree/etc/vfio-early.conf.d
  perl -e 'for my $file (1 .. 60) {
    open(my $out, ">", "$ARGV[0]/$file.conf") or die;
    print $out "[c$file.$_]\naddress = 0000:09:00\n" for 1 .. 60;
  }' tree/etc/vfio-early.conf.d
  run "$early" --root tree gate
  for _ in {1..4}; do
    (for _ in {1..20}; do timeout 60 "$early" --root tree gate; done) >/dev/null 2>>said &
    gates+=($!)
  done
  perl -e '
    my ($file, $seen) = (shift, 0);
    while (grep { kill 0, $_ } @ARGV) {
      open(my $in, "<", $file) or do { print "it is missing"; exit };
      my $text = do { local $/; <$in> };
      my $whole = $text =~ /^\{/ && substr($text, -3) eq "\n}\n";
      $whole or do { print "one has ", length $text, " bytes and no end"; exit };
      $seen++;
    }
    print "ok $seen"' tree/run/vfio-early/record.json "${gates[@]}" >seen &
  wait
  [[ $(<seen) == ok* ]] || fail "a reader found: $(<seen)"
  [[ $(cut -d' ' -f2 seen) -gt 50 ]] || fail "the reader read the record too seldom"
  ! grep 'record.json' said >complaint || fail "a gate reports: $(head -n 1 complaint)"
  rm tree/run/vfio-early/record.json
  expect_empty tree/run/vfio-early
}

# The boot waits for the gate, which must not hang. Here it has a message and an override to write.
expect_gate_ignores_fifo() {  # PATH
  machine tree
  printf '[second]\naddress = 0000:09:00\n' >>tree/etc/vfio-early.conf
  rm tree/run/vfio-early/record.json
  run "$early" --root tree gate
  expect_text err 0000:09:00
  rm tree/run/vfio-early/record.json "tree/$1"
  mkfifo "tree/$1"
  run "$early" --root tree gate
  expect_text err 0000:09:00
  [[ -s tree/run/vfio-early/record.json ]] || fail "it leaves no record"
}
case_14_gate_fifo_for_kernel_log() { expect_gate_ignores_fifo dev/kmsg; }
case_14_gate_fifo_for_override() {
  expect_gate_ignores_fifo sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/driver_override
}

# A command that waits for a FIFO takes at least its time limit.
expect_in_time() {  # PROGRAM ARGUMENT…
  local before=$EPOCHREALTIME
  run "$@"
  local took=$((${EPOCHREALTIME/./} - ${before/./}))
  [[ $took -lt ${sanitized:+1}1500000 ]] || fail "$((took / 1000)) ms: ${1##*/} ${*:2}"
}
expect_all_in_time() {
  local command
  for command in list capture\ made.tgz firmware 'setup 01:00' '--quick'; do
    # shellcheck disable=SC2086  # several words
    expect_in_time "$verify" --root tree $command
  done
  for command in plan gate bind healthy stopped modules 'adopt 0000:01:00.0'; do
    # shellcheck disable=SC2086
    expect_in_time "$early" --root tree $command
  done
}
# A FIFO instead of each of these files, which the programs read in a machine's tree.
expect_fifos_are_skipped() {  # PATH…
  local path
  machine tree
  printf 'healthy-when = boot\n' >>tree/etc/vfio-early.conf
  mkdir -p tree/sys/firmware/efi/efivars
  cp -a tree good
  expect_all_in_time
  for path; do
    rm -rf tree
    cp -a good tree
    rm -rf "tree/$path"
    mkdir -p "tree/${path%/*}"
    mkfifo "tree/$path"
    expect_all_in_time
  done
}
efi_variables=sys/firmware/efi/efivars
case_14_fifo_for_boot_flag() {
  expect_fifos_are_skipped $efi_variables/VfioEarlyBootFlag-a2088ef7-7e43-40fd-8d34-2b1bc8f24ad7
}
case_14_fifos_for_firmware() {
  expect_fifos_are_skipped $efi_variables/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c \
    $efi_variables/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f \
    sys/firmware/acpi/tables/{DMAR,IVRS} sys/class/dmi/id/bios_version
}
case_14_fifos_for_system_files() {
  expect_fifos_are_skipped etc/{os-release,default/grub,kernel/cmdline,modprobe.d/a.conf,vfio-early.conf.d/a.conf,passwd} \
    usr/share/qemu/firmware/a.json boot/loader/entries/a.conf lib/modules/6.12.0/modules.{dep,alias}
}
case_14_fifos_for_kernel_files() {
  local device=sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0
  expect_fifos_are_skipped proc/{cmdline,cpuinfo,interrupts,iomem,self/mounts,sys/kernel/osrelease} dev/kmsg \
    $device/{uevent,config,rom,resource,driver_override,reset_method} run/vfio-early/{record.json,lock}
}

# The user must name a regular file, or for `firmware` a pipe.
case_14_fifo_for_firmware_table() {
  machine tree
  mkfifo fifo
  expect_in_time "$verify" firmware fifo
  expect_status 1 2
  printf 'no table' | timeout 20 "$verify" firmware /dev/stdin >out 2>err
  expect_text out /dev/stdin
  ! grep -q 'ot a regular file' out err || fail "it does not read a pipe"
}
case_14_fifo_for_configuration() {
  machine tree
  run "$early" --root tree
  expect_status 0
  rm tree/etc/vfio-early.conf
  mkfifo tree/etc/vfio-early.conf
  run "$early" --root tree
  expect_status 2
  expect_text out 'not a regular file'
}
case_14_endless_image() {
  expect_in_time "$verify" image /dev/zero
  expect_status 2
  expect_text err 'not a regular file'
}

# A size of 0 has no encoding for a resizable BAR: its register is not written.
case_14_bar_size_of_zero() {
  machine tree
  local bar=tree/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/resource1_resize
  unbound() {
    echo '(null)' >"${bar%/*}/driver_override"
    rm -f "${bar%/*}/driver"
    echo 0000000000000101 >"$bar"
    printf '0x%x 0x%x 0x40200\n' 0xa0000000 0xa0ffffff 0xb0000000 0xb7ffffff >"${bar%1_resize}"
    record 900000000 0 "$1" | sed 's/"bound"/"reserved"/; s/"ended_ns": 960000000/"ended_ns": 0/' \
      >tree/run/vfio-early/record.json
  }
  unbound 256
  run "$early" --root tree bind
  [[ $(<"$bar") == 8* ]] || fail "the good size is not set: $(<"$bar")"
  unbound 0
  run "$early" --root tree bind
  [[ $(<"$bar") == 0000000000000101 ]] || fail "it sets the BAR to the size $(<"$bar")"
  ! grep -q 'bar-size' tree/run/vfio-early/record.json || fail "the record has a bar-size, but none was set"
}
