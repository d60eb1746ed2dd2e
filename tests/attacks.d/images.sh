# shellcheck shell=bash disable=SC2154  # tests/attacks sets them
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fault 2: initramfs images from which no card would be claimed, and which pass.

# The start of vfio-early, followed by a section table with one section, as at the end of the whole
# program, which has tens of megabytes with sanitizers.
small_program() {
  perl -e '
    open(my $in, "<:raw", $ARGV[0]) or die; read $in, my $text, 4096;
    substr($text, 0x28, 8) = pack "Q<", 4096; substr($text, 0x3c, 4) = pack "v2", 1, 0;
    print $text, "\0" x 64' "$early"
}

# The files of an image with our units or hooks, as systemd, mkinitcpio or initramfs-tools starts it.
image_files() {  # systemd|dracut|mkinitcpio|initramfs-tools
  made_once "image-$1" . image_files_of "$1"
  cp ../tree/etc/vfio-early.conf etc/
}
image_files_of() {
  local unit units=lib/systemd/system wants=etc/systemd/system/sysinit.target.wants point
  mkdir -p usr/bin usr/lib etc
  ln -s usr/lib lib
  ln -s usr/bin bin
  small_program >usr/bin/vfio-early
  chmod 755 usr/bin/vfio-early
  cp usr/bin/vfio-early usr/bin/sh  # or systemd
  modules usr/lib/modules/6.12.0 6.12.0
  case $1 in
    systemd)
      mkdir -p usr/$units $wants
      for unit in vfio-early-gate.service vfio-early-bind.service; do
        cp "$sources/systemd/$unit" usr/$units/
        ln -s "../../../../usr/$units/$unit" $wants/
      done
      printf '[Unit]\nWants=local-fs.target swap.target\n' >usr/$units/sysinit.target
      printf '[Unit]\nRequires=sysinit.target\n' >usr/$units/basic.target
      printf '[Unit]\nRequires=basic.target\n' >usr/$units/initrd.target
      mv usr/bin/sh usr/lib/systemd/systemd
      ln -s usr/lib/systemd/systemd init
      echo ID=x >etc/initrd-release
      ;;
    dracut)
      for point in cmdline/00:gate pre-trigger/00:resume pre-pivot/99:join; do
        mkdir -p usr/lib/dracut/hooks/${point%/*}
        cp "$sources/dracut/50vfio-early/vfio-early-${point#*:}.sh" \
          "usr/lib/dracut/hooks/${point%:*}-vfio-early-${point#*:}.sh"
      done
      printf '#!/usr/bin/sh\n. /lib/dracut-lib.sh\nsource_hook cmdline\n' >init
      chmod 755 init
      cat >lib/dracut-lib.sh <<'END'
source_all() {
    local f
    local _dir
    _dir=$1
    shift
    [ "$_dir" ] && [ -d "/$_dir" ] || return
    for f in "/$_dir"/*.sh; do
        if [ -e "$f" ]; then
            . "$f" "$@"
        fi
    done
}
source_hook() {
    local _dir
    _dir=$1
    shift
    source_all "/lib/dracut/hooks/$_dir" "$@"
}
END
      ;;
    mkinitcpio)
      mkdir hooks
      cp "$sources/mkinitcpio/hooks/vfio-early" hooks/
      printf '#!/usr/bin/sh\n. /init_functions\n. /config\n%s\n' \
        "run_hookfunctions 'run_earlyhook' 'early hook' \$EARLYHOOKS" >init
      cat >init_functions <<'END'
run_hookfunctions() {
    local hook fn="$1" desc="$2"

    shift 2
    for hook in "$@"; do
        [ -x "/hooks/$hook" ] || continue

        unset "$fn"
        . "/hooks/$hook"
        type "$fn" >/dev/null || continue

        msg ":: running $desc [$hook]"
        "$fn"
    done
}
END
      printf '%s="other vfio-early udev"\n' EARLYHOOKS HOOKS LATEHOOKS >config
      chmod 755 init hooks/vfio-early
      printf 'run_earlyhook() {\n    echo\n}\n' >hooks/other
      ;;
    initramfs-tools)
      for point in init-top init-bottom local-premount; do
        mkdir -p scripts/$point
        cp "$sources/initramfs-tools/scripts/$point/00-vfio-early" scripts/$point/
      done
      printf '#!/bin/sh\n. /scripts/functions\nrun_scripts /scripts/init-top\n' >init
      cat >scripts/functions <<'END'
run_scripts()
{
	initdir=${1}
	[ ! -d "${initdir}" ] && return

	shift
	. "${initdir}/ORDER"
}
END
      chmod 755 init
      # shellcheck disable=SC2016  # the dollar is the image's
      printf '/scripts/init-top/%s "$@"\n' 00-vfio-early udev >scripts/init-top/ORDER
      ;;
  esac
}
write_image() {  # DIRECTORY: on standard output
  (cd "$1" && find . -mindepth 1 -printf '%P\n' | sort | cpio --quiet -o -H newc)
}

# A good image passes, which is tested once for each KIND; after COMMAND has changed its files, CHECK
# does not pass.
verify_image() {  # ARGUMENT…
  run "$verify" --root tree --format json image "$@"
}
breaks() {  # KIND CHECK COMMAND…
  local kind=$1 check=$2
  shift 2
  needs cpio perl
  machine tree
  mkdir image
  (cd image && image_files "$kind") || exit
  write_image image >good.img
  if [[ ! -e $scratch/passes-$kind ]]; then
    verify_image good.img
    [[ $status -eq 0 ]] || fail "the good image gets exit status $status: $(perl -MJSON::PP -0777 -e '
      print "$_->{id} $_->{status} $_->{evidence}; " for grep { $_->{status} !~ /pass|skip/ }
      @{decode_json(<STDIN>)->{findings}}' <out)"
    touch "$scratch/passes-$kind"
  fi
  (cd image && "$@") || exit
  write_image image >bad.img
  verify_image bad.img
  [[ $status -ne 0 ]] || fail "the bad image passes"
  expect_status 1 2
  expect_finding_not "$check" pass
}
units=usr/lib/systemd/system
breaks_start() { breaks systemd image.started "$@"; }
breaks_modules() { breaks systemd image.modules "$@"; }
program=usr/bin/vfio-early
module=usr/lib/modules/6.12.0/kernel/vfio-pci.ko

case_2_program_empty() { breaks_start truncate -s 0 $program; }
case_2_program_cut_off() { breaks_start truncate -s -1 $program; }
case_2_program_cut_off_behind_header() { breaks_start truncate -s 64 $program; }
cut_shell() { rm usr/bin/sh && small_program | head -c 2000 >usr/bin/sh && chmod 755 usr/bin/sh; }
case_2_shell_cut_off() { breaks initramfs-tools image.started cut_shell; }
case_2_program_not_executable() { breaks_start chmod 644 $program; }
case_2_program_dangling_link() { breaks_start ln -sf /opt/vfio-early $program; }
replace_by_directory() { rm "$1" && mkdir "$1"; }
case_2_program_directory() { breaks_start replace_by_directory $program; }
write_text() { printf '%b' "$2" >"$1"; }
case_2_program_of_another_processor() { breaks_start write_text $program '\0177ELF\0002\0001\0001 and no more'; }
case_2_module_empty() { breaks_modules truncate -s 0 $module; }
case_2_module_directory() { breaks_modules replace_by_directory $module; }
case_2_module_dangling_link() { breaks_modules ln -sf none.ko $module; }
module_of_another_kernel() { module_for vfio-pci 6.1.0-other >$module; }
case_2_module_of_another_kernel() { breaks_modules module_of_another_kernel; }
case_2_gate_masked() { breaks_start ln -s /dev/null etc/systemd/system/vfio-early-gate.service; }
case_2_gate_commented_out() { breaks_start sed -i 's/^ExecStart/#&/' $units/vfio-early-gate.service; }
start_other_program() { sed -i 's,^ExecStart=.*,ExecStart=/bin/true,' $units/vfio-early-gate.service; }
case_2_gate_starts_other_program() { breaks_start start_other_program; }
drop_in() {
  mkdir -p "etc/systemd/system/vfio-early-gate.service.d" &&
    printf '%b' "$1" >etc/systemd/system/vfio-early-gate.service.d/x.conf
}
case_2_gate_false_condition() { breaks_start drop_in '[Unit]\nConditionPathExists=!/etc/initrd-release\n'; }
case_2_gate_emptied_by_drop_in() { breaks_start drop_in '[Service]\nExecStart=\n'; }
case_2_no_initrd_release() { breaks_start rm etc/initrd-release; }
case_2_bind_missing() { breaks_start rm $units/vfio-early-bind.service; }
case_2_bind_not_wanted() { breaks_start rm etc/systemd/system/sysinit.target.wants/vfio-early-bind.service; }
off_in_image() { mkdir etc/cmdline.d && echo vfio_early=off >etc/cmdline.d/x.conf; }
case_2_off_in_image() { breaks_start off_in_image; }
off_in_boot_loader() {
  mkdir -p ../tree/etc/default
  echo 'GRUB_CMDLINE_LINUX="quiet vfio_early=off"' >../tree/etc/default/grub
}
case_2_off_in_boot_loader() { breaks_start off_in_boot_loader; }
off_in_entries() {
  mkdir -p ../tree/boot/loader/entries
  printf 'linux /vmlinuz\noptions quiet vfio_early=off\n' >../tree/boot/loader/entries/a.conf
}
case_2_off_in_every_entry() { breaks_start off_in_entries; }
early_hook() { printf 'run_earlyhook() {\n    modprobe -q amdgpu\n}\n' >hooks/other; }
case_2_hook_loads_driver_first() { breaks mkinitcpio image.first early_hook; }
remove_call() { printf '#!/bin/sh\n# /usr/bin/vfio-early gate\n' >scripts/init-top/00-vfio-early; }
case_2_script_without_call() { breaks initramfs-tools image.started remove_call; }
case_2_no_kernel() { breaks initramfs-tools image.builtin rm -r usr/lib/modules; }

# A part that cannot be read may contain the missing file: the result is unknown.
case_2_unreadable_part() {
  breaks systemd image.started rm $program
  { cat bad.img; printf '\211LZO\0'; head -c 100 /dev/zero; } >part.img
  verify_image part.img
  expect_status 2
  expect_finding image.started unknown
}

# An EFI program with the sections .cmdline and .initrd (PE format, 3 and 4).
unified_image() {  # COMMAND-LINE INITRD: on standard output
  perl -e '
    my ($line, $file) = @ARGV;
    open(my $in, "<:raw", $file) or die; local $/; my $initrd = <$in>;
    my $head = "MZ" . "\0" x 58 . pack("V", 64) . "PE\0\0" . pack("v2", 0x8664, 2) . "\0" x 16;
    my $at = 0x200;
    for ([".cmdline", $line], [".initrd", $initrd]) {
      $head .= pack("a8 V4", $$_[0], length $$_[1], 0, length $$_[1], $at) . "\0" x 16;
      $at += length $$_[1];
    }
    print $head, "\0" x (0x200 - length $head), $line, $initrd' "$1" "$2"
}
case_2_off_in_unified_image() {
  needs cpio perl
  machine tree
  mkdir image
  (cd image && image_files systemd) || exit
  write_image image >initrd
  unified_image quiet initrd >good.efi
  verify_image good.efi
  expect_status 0
  unified_image 'quiet vfio_early=off' initrd >bad.efi
  verify_image bad.efi
  expect_status 1 2
  expect_finding_not image.started pass
}
