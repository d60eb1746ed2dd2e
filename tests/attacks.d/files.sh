# shellcheck shell=bash disable=SC2154  # tests/attacks sets them
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Faults 4, 8 and 14: files of other users where the programs write, and several writers at once.

# Names for a temporary file of FILE that another user can guess and create first.
prepared_names() {  # FILE
  local directory=${1%/*} name=${1##*/}
  printf '%s\n' "$directory/$name.new" "$directory/.$name.new" "$directory/.$name.tmp" "$directory/$name~"
}
# COMMAND writes FILE: alone, and beside files, FIFOs and links that another user has prepared.
writes() {  # MODE FILE COMMAND…
  local mode=$1 file=$2 name kind
  shift 2
  (umask 022; run "$@")
  [[ -s $file ]] || wrong "it does not write $file: $(head -c 200 err)"
  [[ $(stat -c %a "$file") == "$mode" ]] || wrong "$file has the mode $(stat -c %a "$file") instead of $mode"
  for kind in files FIFOs links; do
    rm -f "$file"
    echo theirs >victim
    prepared_names "$file" >names
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
    [[ -f $file && -s $file ]] || wrong "beside prepared $kind it writes nothing: $(head -c 200 err)"
    [[ $(stat -c %u "$file") -eq $EUID ]] || wrong "another user owns what it wrote"
    [[ $(stat -c %a "$file") == "$mode" ]] || wrong "beside prepared $kind the mode is $(stat -c %a "$file")"
    [[ $(<victim) == theirs ]] || wrong "it writes through a link"
    while read -r name; do
      [[ $kind != files || $(<"$name") == theirs ]] || wrong "it writes into $name of another user"
      rm -f "$name"
    done <names
  done
}
case_4_capture() { machine tree; writes 600 ./made.tgz "$verify" --root tree capture made.tgz; }
case_4_passport() { writes 600 ./passport.json "$verify" save passport.json; }
case_4_record() {
  machine tree
  writes 644 ./tree/run/vfio-early/record.json "$early" --root tree gate
}
case_4_image() {
  needs perl
  [[ ! $sanitized ]] || not_run "vfio-early image takes the program without sanitizers"
  machine tree
  modules tree/lib/modules/6.12.0 6.12.0
  writes 644 ./made.img "$early" --root tree --loader grub image 6.12.0 -o made.img
}

# Four gates write while a reader reads, which must find a complete record each time. It names 3600
# missing cards: a large record takes longer to write.
case_8_writers_beside_each_other() {
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
  [[ $(<seen) == ok* ]] || wrong "a reader found: $(<seen)"
  [[ $(cut -d' ' -f2 seen) -gt 50 ]] || wrong "the reader came too late"
  ! grep 'record.json' said >complaint || wrong "a gate says: $(head -n 1 complaint)"
  rm tree/run/vfio-early/record.json
  expect_empty tree/run/vfio-early
}

# The boot waits for the gate, which must not hang. Here it has a message and an override to write.
gate_past_fifo() {  # PATH
  machine tree
  printf '[second]\naddress = 0000:09:00\n' >>tree/etc/vfio-early.conf
  rm tree/run/vfio-early/record.json
  run "$early" --root tree gate
  expect_text err 0000:09:00
  rm tree/run/vfio-early/record.json "tree/$1"
  mkfifo "tree/$1"
  run "$early" --root tree gate
  expect_text err 0000:09:00
  [[ -s tree/run/vfio-early/record.json ]] || wrong "it leaves no record"
}
case_14_gate_fifo_for_kernel_log() { gate_past_fifo dev/kmsg; }
case_14_gate_fifo_for_override() {
  gate_past_fifo sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/driver_override
}

# A size of 0 has no encoding for a resizable BAR: its register is not written.
case_14_size_of_zero() {
  machine tree
  local bar=tree/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/resource1_resize
  unbound() {
    echo '(null)' >"${bar%/*}/driver_override"
    rm -f "${bar%/*}/driver"
    echo 0000000000000101 >"$bar"
    printf '0x%x 0x%x 0x40200\n' 0xa0000000 0xa0ffffff 0xb0000000 0xb7ffffff >"${bar%1_resize}"
    record 900000000 0 "$1" | sed 's/"bound"/"reserved"/; s/"ended_ns": 4/"ended_ns": 0/' \
      >tree/run/vfio-early/record.json
  }
  unbound 256
  run "$early" --root tree bind
  [[ $(<"$bar") == 8* ]] || wrong "the good size is not set: $(<"$bar")"
  unbound 0
  run "$early" --root tree bind
  [[ $(<"$bar") == 0000000000000101 ]] || wrong "it sets the BAR to the size $(<"$bar")"
  ! grep -q 'bar-size' tree/run/vfio-early/record.json || wrong "the record has a bar-size, but none was set"
}
