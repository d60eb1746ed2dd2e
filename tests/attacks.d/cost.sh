# shellcheck shell=bash disable=SC2154,SC2016  # tests/attacks sets them; perl's variables
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fault 5: small input that costs a minute of processor time, or a gigabyte of memory.

# As `run`, with less memory; a program with sanitizers has no such limit.
run_with_memory_limit() {  # MEGABYTES PROGRAM ARGUMENT…
  local kilobytes=$(($1 << 10))
  shift
  if [[ $sanitized ]]; then run "$@"; else run bash -c 'ulimit -v "$1" && shift && exec "$@"' - "$kilobytes" "$@"; fi
}
# The limits are at least three times what a slow machine takes.
expect_cpu_time() { [[ $cpu -lt ${sanitized:+10}$1 ]] || fail "it takes $cpu ms of processor time"; }  # MILLISECONDS

# A decoder allocates what a header of a few bytes requests.
case_5_xz_dictionary() {
  good_image
  { entry x 0100644 '' size=20000000 && head -c $((1 << 29)) /dev/zero && cat good.img; } |
    xz -T1 --check=crc32 --lzma2=dict=512MiB,mode=fast,mf=hc3,nice=273 -c >bad.img
  run_with_memory_limit 400 "$verify" --root tree --format json image bad.img
  expect_status 1 2
  expect_finding image.readable unknown
  expect_text out "MiB of memory"
  expect_cpu_time 3000
}
case_5_xz_level_9_dictionary() { image_passes through xz -T1 --check=crc32 -9 -c; }
# The command that writes an image also unpacks modules.
case_5_xz_dictionary_of_module() {
  [[ ! $sanitized ]] || not_run "a program with sanitizers is not static"
  needs perl xz
  machine tree
  modules tree/lib/modules/6.12.0 6.12.0
  cd tree/lib/modules/6.12.0 || exit
  sed -i s,vfio-pci.ko,vfio-pci.ko.xz, modules.dep
  xz --check=crc32 -9 -k kernel/vfio-pci.ko
  cd - || exit
  run_with_memory_limit 300 "$early" --root tree --loader grub image 6.12.0 -o made.img
  expect_status 0
  { cat tree/lib/modules/6.12.0/kernel/vfio-pci.ko && head -c $((200 << 20)) /dev/zero; } |
    xz -T1 --check=crc32 --lzma2=dict=1GiB,mode=fast,mf=hc3,nice=273 -c >tree/lib/modules/6.12.0/kernel/vfio-pci.ko.xz
  run_with_memory_limit 300 "$early" --root tree --loader grub image 6.12.0 -o made.img
  expect_status 1
  expect_text err "160 MiB"
}

# Each module has 1 KB compressed, and 8 MiB uncompressed.
many_entries() {  # FORMAT COUNT MODE FILE
  perl -e '
    my ($format, $count, $mode, $file) = @ARGV;
    open(my $in, "<:raw", $file) or die; local $/; my $text = <$in> // "";
    my $padded = $text . "\0" x (-length($text) % 4);
    for (1 .. $count) {
      my $name = sprintf $format, $_;
      my $out = sprintf("070701" . "%08X" x 13, $_, oct $mode, 0, 0, 1, 0, length $text, 0, 0, 0, 0, 1 + length $name, 0);
      $out .= "$name\0"; print $out, "\0" x (-length($out) % 4), $padded
    }' "$@"
}
modules_of_zeros() {
  cat good.img
  head -c $((8 << 20)) /dev/zero | xz -T1 --check=crc32 -c >zeros.xz
  archive many_entries usr/lib/modules/6.12.0/kernel/vfio%d.ko.xz 20000 0100644 zeros.xz
}
case_5_modules_of_zeros() {
  breaks_image image.modules modules_of_zeros
  expect_cpu_time 40000
  image_passes behind archive many_entries usr/lib/modules/6.12.0/kernel/x%d.ko 1000 0100644 good.img
}

# A path through 38 links, each of which goes up and down 800 times.
links() {
  perl -e '
    sub entry {
      my ($name, $mode, $text) = @_;
      my $out = sprintf("070701" . "%08X" x 13, 1, $mode, 0, 0, 1, 0, length $text, 0, 0, 0, 0, 1 + length $name, 0);
      $out .= "$name\0"; print $out, "\0" x (-length($out) % 4), $text, "\0" x (-length($text) % 4)
    }
    entry("a", 040755, ""); entry("l0", 0120777, "a");
    entry("l$_", 0120777, "a/../" x 800 . "l" . ($_ - 1)) for 1 .. 38;
    entry("l38/x$_", 0100644, "") for 1 .. $ARGV[0]' "$@"
}
many_links() { behind archive links 150000 | gzip -c; }
case_5_links_in_a_path() {
  breaks_image image.readable many_links
  expect_cpu_time 25000
  image_passes behind archive links 10
}

# Links that are expensive to follow: 4 of them with 2000 names each. Many files are links to the first.
chain() {  # CONTENT
  local i
  printf '%b' "$1" >end
  ln -s end l4
  for i in 3 2 1; do ln -s "/$(perl -e 'print "./" x 1900')l$((i + 1))" l$i; done
}
links_to() {  # TARGET COUNT FORMAT
  mkdir -p "$(dirname "$3")"
  perl -e 'my ($target, $count, $format) = @ARGV; for (1 .. $count) { symlink $target, sprintf $format, $_ or die }' "$@"
}
linked_drop_ins() { chain '[Unit]\nDescription=x\n' && links_to /l1 "$1" "$units/vfio-early-gate.service.d/%d.conf"; }
case_5_drop_ins_through_links() {
  breaks systemd image.started linked_drop_ins 9000
  expect_finding image.readable unknown
  expect_text out 'look-up steps'
  expect_cpu_time 10000
}
case_5_few_drop_ins_through_links() { keeps_passing systemd linked_drop_ins 3; }
linked_options() { chain 'options x y=1\n' && links_to /l1 "$1" etc/modprobe.d/%d.conf; }
case_5_options_through_links() { breaks systemd image.modules linked_options 30000 && expect_cpu_time 10000; }
large_options() {
  perl -e 'print "options x y=1\n" x 4000' >options
  links_to /options "$1" etc/modprobe.d/%d.conf
}
case_5_large_options_through_links() { breaks systemd image.modules large_options 50000 && expect_cpu_time 10000; }
case_5_few_large_options_through_links() { keeps_passing systemd large_options 3; }
case_5_few_options_through_links() { keeps_passing systemd linked_options 3; }
linked_parameters() { chain 'quiet\n' && links_to /l1 "$1" etc/cmdline.d/%d.conf; }
case_5_parameters_through_links() { breaks systemd image.started linked_parameters 30000 && expect_cpu_time 10000; }
case_5_few_parameters_through_links() { keeps_passing systemd linked_parameters 3; }
linked_conditions() {
  chain x
  mkdir -p "$units/service.d"
  perl -e 'print "[Unit]\n", "AssertPathExists=/l1\n" x $ARGV[0]' "$1" >"$units/service.d/x.conf"
}
case_5_conditions_through_links() { breaks systemd image.started linked_conditions 9000 && expect_cpu_time 10000; }
case_5_few_conditions_through_links() { keeps_passing systemd linked_conditions 3; }
linked_hooks() {  # COUNT REPEATS-OF-TEXT
  large "$2" >hook
  links_to /hook "$1" "$dracut_hooks/cmdline/00-a%d.sh"
}
large() { perl -e 'print "a b " x $ARGV[0]' "$1"; }
case_5_hooks_through_links() { breaks dracut image.first linked_hooks 20000 15000 && expect_cpu_time 10000; }
case_5_few_hooks_through_links() { keeps_passing dracut linked_hooks 3 15000; }

# Many settings and drop-ins of one unit.
settings() { mkdir -p "$(dirname "$1")" && perl -e 'print "[Unit]\n", "A=\n" x 2700000' >>"$1"; }
case_5_settings_of_drop_in() {
  breaks systemd image.started settings "$units/vfio-early-gate.service.d/x.conf"
  expect_text out 'more than 10000 settings'
  expect_cpu_time 6000
}
long_section() {
  mkdir -p "$gate.d"
  perl -e 'print "[", "x" x 2000000, "]\n", "A=\n" x 5000' >"$gate.d/x.conf"
}
case_5_settings_of_long_section() { breaks systemd image.started long_section && expect_cpu_time 6000; }
case_5_settings_of_unit() { breaks systemd image.started settings "$units/vfio-early-gate.service" && expect_cpu_time 6000; }
drop_ins() {  # COUNT REPEATS
  mkdir -p "$units/service.d"
  perl -e 'for (1 .. $ARGV[0]) { open my $out, ">", "usr/lib/systemd/system/service.d/$_.conf" or die;
           print $out "[Unit]\n", "Description=x\n" x $ARGV[1] }' "$@"
}
case_5_many_drop_ins() {
  breaks systemd image.started drop_ins 12000 1
  expect_text out 'more than 10000 settings'
  expect_cpu_time 10000
}
case_5_few_drop_ins() { keeps_passing systemd drop_ins 3 3000; }

# One hook or script that is named very often.
repeat_early_hook() { perl -pi -e 's/other /"a " x 1000000/e if /^EARLYHOOKS/' config; }
repeated_exiting_hook() { echo exit >hooks/a && repeat_early_hook; }
case_5_repeated_hook() { breaks mkinitcpio image.started repeated_exiting_hook && expect_cpu_time 6000; }
repeated_large_hook() { { printf ': ' && large 500000; } >hooks/a && repeat_early_hook; }
case_5_repeated_large_hook() { keeps_passing mkinitcpio repeated_large_hook && expect_cpu_time 6000; }
repeated_script() {
  large 500000 >scripts/init-top/a
  perl -e 'print "/scripts/init-top/a \"\$@\"\n" x 200000, <>' scripts/init-top/ORDER >ORDER
  mv ORDER scripts/init-top/ORDER
}
case_5_repeated_script() { keeps_passing initramfs-tools repeated_script && expect_cpu_time 6000; }

dependencies() {
  perl -e 'print "kernel/vfio-pci.ko:", (map { " kernel/m$_.ko" } 1 .. 200000), "\n"' >usr/lib/modules/6.12.0/modules.dep
}
case_5_many_module_dependencies() { breaks initramfs-tools image.modules dependencies && expect_cpu_time 3000; }

# A machine with COUNT more functions, each of which is configured.
many_functions() {  # COUNT
  needs perl
  machine tree
  perl -e '
    my $system = "tree/sys";
    my $group = "$system/kernel/iommu_groups/9/devices";
    mkdir "$system/kernel/iommu_groups/9"; mkdir $group;
    open(my $configuration, ">>", "tree/etc/vfio-early.conf") or die;
    for my $i (0 .. $ARGV[0] - 1) {
      my $slot = sprintf "0000:%02x:%02x", 2 + $i / 256, $i / 8 % 32;
      my $address = sprintf "%s.%x", $slot, $i % 8;
      my $home = "$system/devices/pci0000:00/$address";
      mkdir $home or die;
      my %files = (uevent => "DRIVER=vfio-pci\nPCI_CLASS=30000\nPCI_ID=10DE:1B81\nPCI_SUBSYS_ID=1AF4:1100\nPCI_SLOT_NAME=$address\n",
                   modalias => sprintf("pci:v000010DEd00001B81sv00001AF4sd%08Xbc03sc00i00\n", $i),
                   resource => "0x0 0x0 0x0\n" x 7);
      for (keys %files) { open(my $out, ">", "$home/$_") or die; print $out $files{$_} }
      symlink "../../../bus/pci/drivers/vfio-pci", "$home/driver";
      symlink "../../../kernel/iommu_groups/9", "$home/iommu_group";
      symlink "../../../devices/pci0000:00/$address", "$system/bus/pci/devices/$address";
      symlink "../../../../devices/pci0000:00/$address", "$group/$address";
      print $configuration "[card$i]\naddress = $slot\nonly-display = allow\n" if $i % 8 == 0;
    }' "$1"
}
verify_tree() {  # ARGUMENT…
  run_with_memory_limit 1000 "$verify" --root tree --format json "$@"
  expect_status 0 1 2
  expect_cpu_time 10000
}
case_5_log_of_many_functions() {
  many_functions 3000
  verify_tree --quick
  perl -e 'print "6,$_,$_,-;x\n" for 4 .. 400000' >>tree/dev/kmsg
  verify_tree --quick
}
# As many empty records as fit into the size limit of a log.
case_5_log_of_short_lines() {
  needs perl
  machine tree
  run_with_memory_limit 300 "$verify" --root tree --format json --quick
  expect_finding bind.history pass
  perl -e 'print "6,$_,1,-;\n" for 4 .. 4500000' >>tree/dev/kmsg
  run_with_memory_limit 300 "$verify" --root tree --format json --quick
  expect_finding bind.history unknown
  expect_cpu_time 3000
}
case_5_memory_map_of_many_functions() {
  many_functions 3000
  perl -e 'print "0000-0fff : x\n" x 250000' >tree/proc/iomem
  verify_tree --quick
}
case_5_aliases_of_many_functions() {
  many_functions 3000
  mkdir -p tree/lib/modules/6.12.0
  echo 'alias pci:v000010DEd*sv*sd*bc*sc*i* nouveau' >tree/lib/modules/6.12.0/modules.alias
  verify_tree list
  expect_text out nouveau
  perl -e 'print "alias pci:v*d*sv*sd*bc*sc*i*x*y*z m\n" x 150000' >tree/lib/modules/6.12.0/modules.alias
  verify_tree list
}

# A passport of 30 MB, which needs 20 times as much memory when it is parsed.
case_5_large_passport() {
  needs perl
  echo '[]' >small.json
  run_with_memory_limit 300 "$verify" diff small.json small.json
  expect_text err 'passport of'
  perl -e 'print "[", join(",", ("[]") x 10000000), "]"' >bad.json
  run_with_memory_limit 300 "$verify" diff bad.json bad.json
  expect_text err bad.json
  expect_cpu_time 2000
}

# Each unit is read, and the units that it names.
linked_units() {  # COUNT
  perl -e 'print "[Unit]\nWants=", "x " x 30000, "\n"' >big
  links_to /big "$1" "$units/%d.service"
}
case_5_units_through_links() { breaks systemd image.started linked_units 9000 && expect_cpu_time 10000; }
case_5_few_units_through_links() { keeps_passing systemd linked_units 3; }
units_with_mutual_wants() {  # COUNT
  perl -e '
    my ($count, $directory) = @ARGV;
    for my $i (1 .. $count) {
      open(my $out, ">", "$directory/u$i.target") or die;
      print $out "[Unit]\nWants=", join(" ", map "u$_.target", 1 .. $count), "\nAfter=", join(" ", map "u$_.target", 1 .. $count), "\n";
    }' "$1" "$units"
  mkdir -p "$units/sysinit.target.wants"
  ln -s ../u1.target "$units/sysinit.target.wants/u1.target"
}
case_5_units_with_mutual_wants() { breaks systemd image.started units_with_mutual_wants 1000 && expect_cpu_time 10000; }
case_5_few_units_with_mutual_wants() { keeps_passing systemd units_with_mutual_wants 10; }

# Each rule of modprobe.d is compared with each module that vfio-pci needs.
rules_and_modules() {
  perl -i -pe 'if (m{^kernel/vfio-pci}) { chomp; $_ .= join "", map(" kernel/" . "a" x 40 . "$_.ko", 1 .. $ENV{count}), "\n" }' usr/lib/modules/6.12.0/modules.dep
  mkdir -p etc/modprobe.d
  perl -e 'print "install *a*a*a*a*a*a*a*b$_ /bin/false\n" for 1 .. $ENV{count}' >etc/modprobe.d/x.conf
}
case_5_rules_and_modules() { count=1500 && export count && breaks systemd image.modules rules_and_modules && expect_cpu_time 6000; }

# Each kernel has lists of its own, which are searched in the image and on this machine.
case_5_many_kernels() {
  breaks_image image.readable behind archive many_entries lib/modules/%d 3000 040755 /dev/null
  expect_text out "limit of 100 kernels"
  expect_cpu_time 2000
}

# The shell text of an init: what each command depends on.
nested_groups() {  # DEPTH FILE
  perl -e 'print "{ " x $ARGV[0], "a\n" x 40000, "}\n" x $ARGV[0]' "$1" >>"$2"
}
case_5_nested_groups() { breaks mkinitcpio image.started nested_groups 40000 config && expect_cpu_time 3000; }
case_5_few_nested_groups() { keeps_passing mkinitcpio nested_groups 20 config && expect_cpu_time 3000; }
