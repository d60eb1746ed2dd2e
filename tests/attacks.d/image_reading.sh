# shellcheck shell=bash disable=SC2154,SC2016  # tests/attacks sets them; perl's variables
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Fault 2: images whose unpacked files differ from what they seem to contain, and kernel modules that the
# kernel would reject.

# An entry of a cpio archive, format "newc". FIELDs: magic, ino, mode, uid, gid, nlink, mtime, size,
# major, minor, rmajor, rminor, namesize, sum, each as it is written; end (of the name).
entry() {  # NAME OCTAL-MODE CONTENT [FIELD=VALUE…]
  perl -e '
    my ($name, $mode, $content, @set) = @ARGV;
    my %is = (magic => "070701", nlink => 1, mode => oct $mode, size => length $content, end => "\0",
              map { split /=/, $_, 2 } @set);
    $name .= $is{end};
    $is{namesize} //= length $name;
    my $out = $is{magic} . join "", map { my $v = $is{$_} // 0; $v =~ /^\d{1,7}$/ ? sprintf "%08X", $v : $v }
      qw(ino mode uid gid nlink mtime size major minor rmajor rminor namesize sum);
    for ($name, $content) { $out .= $_; $out .= "\0" x (-length($out) % 4) }
    print $out' "$@"
}
trailer() { entry 'TRAILER!!!' 0 ''; }
archive() { "$@" && trailer; }

# The good image passes; CHECK must not pass for the image that COMMAND prints.
breaks_image() {  # CHECK COMMAND…
  local check=$1
  shift
  good_image
  "$@" >bad.img
  verify_image bad.img
  [[ $status -ne 0 ]] || fail "the bad image passes"
  expect_status 1 2
  expect_finding_not "$check" pass
}
good_image() {
  needs cpio perl
  machine tree
  mkdir image
  (cd image && image_files initramfs-tools && rm bin && ln -s usr/bin bin) || exit
  write_image image >good.img
  verify_image good.img
  expect_status 0
}
# The output of COMMAND after the good image, or before it.
behind() { cat good.img && "$@"; }
before() { "$@" && cat good.img; }
# Control: the image that COMMAND prints is valid, and passes.
image_passes() {  # COMMAND…
  good_image
  "$@" >other.img
  verify_image other.img
  expect_status 0
}

files_alone() { (cd image && find . -mindepth 1 ! -type d -printf '%P\n' | cpio --quiet -o -H newc); }
case_2_files_without_directories() { breaks_image image.started files_alone; }
case_2_unknown_file_type_removes_program() {
  breaks_image image.started behind archive entry usr/bin/vfio-early 0000755 ''
}
case_2_directory_over_link() { breaks_image image.modules behind archive entry lib 040755 ''; }
case_2_directory_through_link() { image_passes behind archive entry lib/ 040755 ''; }
link_as_directory() { entry lib 040755 '' && entry lib/x 040755 '' && trailer; }
case_2_link_over_directory() { breaks_image image.modules before link_as_directory; }
case_2_no_link_to_modules() { breaks initramfs-tools image.modules rm lib; }
# A file cannot have a name that ends in a slash.
name_with_slash() {
  mv image/usr/bin/vfio-early program
  write_image image
  archive perl -e '
    open(my $in, "<:raw", $ARGV[0]) or die; local $/; my $text = <$in>; my $name = "usr/bin/vfio-early/";
    my $out = sprintf("070701" . "%08X" x 13, 1, 0100755, 0, 0, 1, 0, length $text, 0, 0, 0, 0, 1 + length $name, 0);
    $out .= "$name\0"; print $out, "\0" x (-length($out) % 4), $text' program
}
case_2_name_with_slash() { breaks_image image.started name_with_slash; }
# Two names of one file (hard links).
one_file() {  # CONTENT-OF-SECOND-NAME [FIELD=VALUE…]
  perl -e '
    open(my $in, "<:raw", "image/usr/bin/vfio-early") or die; local $/; my $text = <$in>;
    my $head = sub { sprintf "070701" . "%08X" x 13, 77, 0100755, 0, 0, 2, 0, $_[1], 0, 0, 0, 0, 1 + length $_[0], 0 };
    sub padded { my $t = shift; $t . "\0" x (-length($t) % 4) }
    my ($first, $second) = $ARGV[0] eq "last" ? ("", $text) : ($text, $ARGV[1]);
    print padded($head->("usr/bin/vfio-early", length $first) . "usr/bin/vfio-early\0"), padded($first);
    print padded($head->("TRAILER!!!", 0) . "TRAILER!!!\0") if $ARGV[0] eq "apart";
    print padded($head->("usr/x", length $second) . "usr/x\0"), padded($second)' "$@"
}
case_2_hard_link_overwrites() { breaks_image image.started behind archive one_file first 'no program'; }
case_2_hard_link_with_content_last() { image_passes behind archive one_file last; }
case_2_hard_link_of_another_archive() { image_passes behind archive one_file apart 'no program'; }
case_2_name_without_terminator() { breaks_image image.readable before archive entry abc 0100644 '' end=x; }
case_2_wrong_checksum() {
  breaks_image image.readable before archive entry x 0100644 abc magic=070702 sum=1
}
case_2_right_checksum() { image_passes before archive entry x 0100644 abc magic=070702 sum=294; }
case_2_field_not_hexadecimal() {
  breaks_image image.readable before archive entry x 0100644 '' uid=0000000x
}
second_is_odc() { entry x 0100644 '' && entry y 0100644 '' magic=070707 && trailer; }
case_2_old_magic() { breaks_image image.readable before second_is_odc; }
case_2_content_of_directory() { breaks_image image.readable before archive entry x 040755 abcd; }
case_2_not_aligned() { breaks_image image.readable before after_one_byte; }
after_one_byte() { archive entry x 0100644 '' && printf '\0'; }

# An archive of its last entry only, and a compressed stream of nothing (init/initramfs.c: do_name, do_reset).
case_2_trailer_alone_first() { image_passes before trailer; }
case_2_trailer_alone_compressed_first() { image_passes before packed_by gzip trailer; }
case_2_trailer_alone_before_compressed() { image_passes packed_behind trailer; }
case_2_trailer_alone_last() { image_passes behind packed_by gzip trailer; }
case_2_nothing_compressed_last() { image_passes behind packed_by gzip true; }
case_2_nothing_compressed_first() { breaks_image image.readable before packed_by gzip true; }
case_2_zeros_compressed_first() { breaks_image image.readable before packed_by gzip printf '\0\0\0\0'; }
packed_by() { "${@:2}" | "$1" -c; }  # COMPRESSOR COMMAND…
packed_behind() { "$@" && gzip -c good.img; }

# Compression options that the kernel's decoders do not support.
through() { "$@" <good.img; }
case_2_xz_crc64() { breaks_image image.readable through xz -T1 --check=crc64 -c; }
case_2_xz_sha256() { breaks_image image.readable through xz -T1 --check=sha256 -c; }
case_2_xz_delta_filter() { breaks_image image.readable through xz -T1 --check=crc32 --delta=dist=1 --lzma2 -c; }
case_2_xz_x86_filter() { image_passes through xz -T1 --check=crc32 --x86 --lzma2 -c; }
case_2_xz_multiple_blocks() { image_passes through xz -T1 --check=crc32 --block-size=4096 -c; }
case_2_zstd_window() { needs zstd; breaks_image image.readable through zstd -q --ultra --long=28 -c; }
case_2_zstd_largest_window() { needs zstd; image_passes through zstd -q --ultra --long=27 -c; }
zstd_skippable() { printf 'P*M\030\004\0\0\0abcd' && zstd -q -c <good.img; }
case_2_zstd_skippable_frame() { needs zstd; breaks_image image.readable zstd_skippable; }
gzip_with() {  # FLAGS FIELD
  perl -e 'print "\x1f\x8b\x08", chr $ARGV[0], "\0" x 5, "\x03", eval qq("$ARGV[1]")' "$1" "$2"
  gzip -nc <good.img | tail -c +11
}
case_2_gzip_comment() { breaks_image image.readable gzip_with 16 'a comment\0'; }
case_2_gzip_extra_field() { breaks_image image.readable gzip_with 4 '\x04\0abcd'; }
case_2_gzip_name() { image_passes gzip_with 8 'initrd\0'; }
halves() {  # COMPRESSOR…
  head -c 2048 good.img | "$@" && tail -c +2049 good.img | "$@"
}
case_2_bzip2_halves() { needs bzip2; breaks_image image.readable halves bzip2 -c; }
case_2_gzip_halves() { breaks_image image.readable halves gzip -c; }
case_2_zstd_halves() { needs zstd; breaks_image image.readable halves zstd -q -c; }

lz4_first() {  # ZEROS
  archive entry x 0100644 '' | lz4 -lqc && head -c "$1" /dev/zero
}
case_2_lz4_without_zeros() { needs lz4; breaks_image image.readable before lz4_first 0; }

gzip_behind() { "$@" <good.img && archive entry usr/bin/vfio-early 0000755 '' | gzip -c; }
case_2_archive_after_bzip2() { needs bzip2; breaks_image image.started gzip_behind bzip2 -c; }

# A link is read as its target.
linked_drop_in() {
  mkdir -p opt/x etc/systemd/system
  printf '[Service]\nExecStart=\n' >opt/x/x.conf
  ln -s ../../../opt/x etc/systemd/system/vfio-early-gate.service.d
}
case_2_linked_drop_ins() { breaks systemd image.started linked_drop_in; }

# Kernel modules.
breaks_module() { breaks systemd image.modules "$@"; }
bare_header() { head -c 64 "$module" >bare && cat bare >"${1:-$module}" && rm bare; }
case_2_module_bare_header() { breaks_module bare_header; }
rewrite() { elf_module "$@" >"$module"; }
case_2_module_without_vermagic() { breaks_module rewrite license=GPL name=vfio_pci; }
case_2_module_of_another_name() { breaks_module rewrite name=vfio 'vermagic=6.12.0 SMP'; }
case_2_module_without_name() { breaks_module rewrite 'vermagic=6.12.0 SMP'; }
case_2_module_vermagic_in_other_text() { breaks_module rewrite name=vfio_pci 'description=vermagic=6.12.0 SMP'; }
case_2_module_second_vermagic() { breaks_module rewrite name=vfio_pci 'vermagic=6.1.0 SMP' 'vermagic=6.12.0 SMP'; }
case_2_module_cut_off() { breaks_module truncate -s -100 "$module"; }
dependency() {
  cd usr/lib/modules/6.12.0 || exit
  sed -i 's,^kernel/vfio-pci.ko:.*,& kernel/irqbypass.ko,' modules.dep
  module_for irqbypass 6.12.0 >kernel/irqbypass.ko
  "$@"
}
header_of_dependency() { head -c 64 kernel/vfio.ko >kernel/irqbypass.ko; }
case_2_module_dependency_bare_header() { breaks_module dependency header_of_dependency; }
case_2_module_dependency_good() { passes_after dependency true; }
passes_after() {  # COMMAND…
  good_image
  (cd image && "$@") || exit
  write_image image >other.img
  verify_image other.img
  expect_status 0
}
packed_module() { xz "$@" "$module" && sed -i 's,vfio-pci.ko:,vfio-pci.ko.xz:,' usr/lib/modules/6.12.0/modules.dep; }
case_2_module_xz_crc64() { breaks_module packed_module --check=crc64; }
case_2_module_xz_crc32() { passes_after packed_module --check=crc32; }
# libkmod reads this index only, and not modules.dep.
index=usr/lib/modules/6.12.0/modules.dep.bin
case_2_module_index_missing() { breaks_module rm $index; }
case_2_module_index_empty() { breaks_module truncate -s 0 $index; }
case_2_module_index_cut_off() { breaks_module truncate -s -40 $index; }
case_2_module_index_is_text() { breaks_module cp usr/lib/modules/6.12.0/modules.dep $index; }
case_2_only_module_index() { passes_after rm usr/lib/modules/6.12.0/modules.dep; }
rename_section() { perl -pi -e 's/\.gnu\.linkonce\.this_module/.gnu.linkonce.that_module/' "$module"; }
case_2_module_without_structure() { breaks_module rename_section; }
# The command that writes an image also rejects modules that the kernel would reject.
case_2_module_without_vermagic_written() {
  [[ ! $sanitized ]] || not_run "a program with sanitizers is not static"
  needs perl
  machine tree
  modules tree/lib/modules/6.12.0 6.12.0
  run "$early" --root tree --loader grub image 6.12.0 -o made.img
  expect_status 0
  elf_module name=vfio_pci >tree/lib/modules/6.12.0/kernel/vfio-pci.ko
  run "$early" --root tree --loader grub image 6.12.0 -o made.img
  expect_status 1
}
