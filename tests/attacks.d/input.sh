# shellcheck shell=bash disable=SC2154  # tests/attacks sets them
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Faults 5, 6 and 11: input that is deep, huge or endless, and input that starts programs.

nested() {  # DEPTH: a member of a JSON object
  perl -e 'print "\"x\": ", "[" x $ARGV[0], "]" x $ARGV[0], ","' "$1"
}
# PROGRAM reads the record. It may report any error.
deep_record() {  # PROGRAM ARGUMENT…
  needs perl
  machine tree
  record 900000000 950000000 256 "$(nested 10)" >tree/run/vfio-early/record.json
  run "$verify" --root tree --format json --quick
  expect_finding bind.history pass
  printf '{ %s "version": "0.1.0" }\n' "$(nested 100000)" >tree/run/vfio-early/record.json
  run "$@"
  [[ $cpu -lt ${sanitized:+1}2000 ]] || fail "it takes $cpu ms"
}
case_5_deep_record_gate() { deep_record "$early" --root tree gate; }
case_5_deep_record_bind() { deep_record "$early" --root tree bind; }
case_5_deep_record_adopt() { deep_record "$early" --root tree adopt 0000:01:00.0; }
case_5_deep_record_release() { deep_record "$early" --root tree release card; }
case_5_deep_record_healthy() { deep_record "$early" --root tree healthy; }
case_5_deep_record_verify() {
  deep_record "$verify" --root tree --format json --quick
  expect_finding bind.history unknown
}

# 4 GB of zeros in a gzip in a gzip: the kernel unpacks only the outer one.
case_5_nested_gzip() {
  needs gzip perl cpio
  machine tree
  mkdir image
  (cd image && image_files systemd) || exit
  write_image image | gzip -c >good.img
  verify_image good.img
  expect_status 0
  head -c 10000000 /dev/zero | gzip -9c >zeros.gz
  perl -e 'local $/; my $zeros = <STDIN>; print $zeros x 400' <zeros.gz | gzip -9c >bad.img
  verify_image bad.img
  expect_status 1 2
  expect_finding_not image.readable pass
  [[ $cpu -lt ${sanitized:+1}3000 ]] || fail "$(stat -c %s bad.img) bytes take $cpu ms"
}

# Headers and zeros of a tar archive (POSIX, pax): TYPE SIZE NAME, the content on standard input.
tar_entry() {
  perl -e '
    my ($type, $size, $name) = @ARGV;
    sub header {
      my ($type, $size, $name) = @_;
      my $head = pack("a100 a8 a8 a8 a12 a12 A8 a1 a100 a6 a2 x247", $name, "0000755", "0000000",
                      "0000000", sprintf("%011o", $size), "00000000000", "", $type, "", "ustar", "00");
      $head .= "\0" x (512 - length $head);
      substr($head, 148, 8) = sprintf("%06o\0 ", unpack("%32C512", $head));
      return $head;
    }
    if (length $name > 99) {
      print header("L", length($name) + 1, "././\@LongLink"), $name, "\0" x (512 - length($name) % 512);
      $name = substr($name, 0, 99);
    }
    print header($type, $size, $name)' "$@"
}
devices() { tar_entry 5 0 vfio-capture/; tar_entry 5 0 vfio-capture/sys/bus/pci/devices/; }
end_of_tar() { head -c 1024 /dev/zero; }

expect_capture_refused() {  # on standard input
  needs gzip perl
  { devices; tar_entry 0 0 vfio-capture/a/b/c; end_of_tar; } | gzip -c >good.tgz
  run "$verify" --root good.tgz list
  expect_status 0
  gzip -1c >bad.tgz
  run "$verify" --root bad.tgz list
  [[ -z $(ls -A tmp) ]] || fail "it leaves a tree in the directory for temporary files"
  expect_status 64
}
deep_directories() {
  devices
  tar_entry 0 0 "vfio-capture$(perl -e 'print "/a" x 5000')"
  end_of_tar
}
case_5_deep_directories() { deep_directories | expect_capture_refused; }
large_file() {
  devices
  tar_entry 0 $((600 << 20)) vfio-capture/large
  head -c $((600 << 20)) /dev/zero
  end_of_tar
}
case_5_large_capture() { large_file | expect_capture_refused; }

# A signal while a capture is unpacked: nothing is left behind.
case_5_interrupted_capture() {
  needs tar gzip
  local pid signal child children
  machine vfio-capture
  mkdir vfio-capture/many
  (cd vfio-capture/many && touch {1..10000})
  pack good.tgz
  run "$verify" --root good.tgz list
  expect_status 0
  expect_empty tmp
  for signal in TERM KILL; do
    "$verify" --root good.tgz list >out 2>err &
    pid=$!
    until compgen -G 'tmp/*/vfio-capture/many/10*' >/dev/null; do
      kill -0 "$pid" || not_run "it was read before it could be interrupted"
    done
    read -ra children <"/proc/$pid/task/$pid/children"
    for child in "${children[@]}"; do
      [[ $(readlink "/proc/$child/fd/1") == /dev/null ]] || fail "a child keeps its output open"
    done
    kill -$signal "$pid"
    wait "$pid"
    for _ in {1..300}; do
      [[ $(ls -A tmp) ]] || continue 2
      sleep 0.1
    done
    expect_empty tmp
  done
}

# depmod's lists: a chain of modules, each of which needs the next; an alias of 200 KB.
module_lists() {  # COMMAND…, which changes the lists in their directory
  needs perl
  machine tree
  modules tree/lib/modules/6.12.0 6.12.0
  run "$early" --root tree modules --generic -o into 6.12.0
  expect_status 0
  expect_text out vfio_pci
  (cd tree/lib/modules/6.12.0 && "$@") || exit
  run "$early" --root tree modules --generic -o into 6.12.0
  run "$early" --root tree modules 6.12.0
  [[ ! $sanitized ]] || return 0
  run "$early" --root tree --loader grub image 6.12.0 -o made.img
}
chain_of_modules() {
  sed -i '/^kernel\/vfio.ko/d' modules.dep
  perl -e 'print "kernel/vfio.ko: kernel/m0.ko\n";
    print "kernel/m$_.ko: kernel/m", $_ + 1, ".ko\n" for 0 .. 200000' >>modules.dep
}
case_5_chain_of_modules() { module_lists chain_of_modules; }
chain_of_softdeps() {
  perl -e 'print "softdep vfio_pci pre: m0\n";
    print "softdep m$_ pre: m", $_ + 1, "\n" for 0 .. 200000' >modules.softdep
  perl -e 'print "kernel/m$_.ko:\n" for 0 .. 200000' >>modules.dep
}
case_5_chain_of_softdeps() { module_lists chain_of_softdeps; }
long_alias() { perl -e 'print "alias pci:v", "0" x 200000, " vfio_pci\n"' >modules.alias; }
case_5_long_alias() { module_lists long_alias; }

# The boot waits for the gate: input that would take seconds is refused.
case_5_drop_ins() {
  needs perl
  machine tree
  mkdir -p tree/etc/vfio-early.conf.d
  rm tree/run/vfio-early/record.json
  printf '[second]\naddress = 0000:02:00\n' >tree/etc/vfio-early.conf.d/second.conf
  run "$early" --root tree
  expect_text out second
  (
    cd tree/etc/vfio-early.conf.d || exit
    perl -e 'print "# ", "x" x 60, "\n" for 1 .. 4000' >0.conf
    perl -e 'link "0.conf", "$_.conf" for 1 .. 4000'
  )
  run "$early" --root tree gate
  [[ $cpu -lt ${sanitized:+10}1000 ]] || fail "the gate takes $cpu ms of processor time"
}

# libarchive starts a program for a compression that it does not support itself.
expect_program_not_started() {  # PROGRAM FIRST-BYTES
  needs gzip perl
  local name=$1 image
  machine tree
  mkdir bin
  for name in "$1" "${1}cat"; do
    printf '#!/bin/sh\necho started >%s/started\ncat >/dev/null\n' "$PWD" >"bin/$name"
  done
  chmod +x bin/*
  PATH=$PWD/bin:$PATH
  run "$1"
  [[ -e started ]] || fail "the test program was not started from \$PATH"
  rm started
  { printf '%b' "$2"; head -c 200 /dev/zero; } >plain.img
  gzip -c plain.img >packed.img
  for image in plain.img packed.img; do
    verify_image $image
    [[ ! -e started ]] || fail "$1 of \$PATH was started for $image"
    expect_status 1 2
    run "$verify" --root $image list
    [[ ! -e started ]] || fail "$1 of \$PATH was started for the capture $image"
    expect_status 64
  done
}
case_6_lrzip() { expect_program_not_started lrzip 'LRZI\0000\0006'; }
case_6_lzop() { expect_program_not_started lzop '\0211LZO\0000\r\n\0032\n'; }
case_6_grzip() { expect_program_not_started grzip 'GRZipII\0000\0002\0004:)'; }

# A device that never ends, in place of the kernel log.
case_11_zero_device_for_kernel_log() {
  needs perl
  [[ $EUID -eq 0 ]] || not_run "creating a device needs root"
  machine tree
  run "$verify" --root tree --format json --quick
  expect_finding bind.history pass
  rm tree/dev/kmsg
  mknod tree/dev/kmsg c 1 5 || not_run "creating a device is not permitted"
  head -c 1 tree/dev/kmsg >/dev/null || not_run "opening a device is not permitted"
  run "$verify" --root tree --format json --quick
  expect_finding_not bind.history pass
}
