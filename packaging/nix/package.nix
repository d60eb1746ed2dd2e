# SPDX-License-Identifier: GPL-2.0-or-later
#
# pkgs.callPackage ./package.nix { }: vfio-early and vfio-verify, from the tree that has this file.
#
# Two outputs: "out" for the booted system, and "initrd" with the units and the udev rule as they are in
# an initramfs, where the program is /usr/bin/vfio-early. There they are the files that vfio-verify has
# compiled in (cmake/ShippedFiles.cmake). module.nix uses both.
{
  lib,
  stdenv,
  fetchurl,
  runCommand,
  cmake,
  ninja,
  pkg-config,
  scdoc,
  cli11,
  fmt,
  glibc,
  libarchive,
  nlohmann_json,
  pciutils,
  xz,
  zlib,
  zstd,
}:

let
  version = "1.0.0";

  # libkmod is linked into the static vfio-early: see cmake/Kmod.cmake. This is Debian's archive of kmod's
  # tag v34.2, whose SHA-256 is verified by the signature of Debian's archive.
  kmodVersion = "34.2";
  kmodSource = runCommand "kmod-${kmodVersion}-source" {
    src = fetchurl {
      url = "https://deb.debian.org/debian/pool/main/k/kmod/kmod_${kmodVersion}.orig.tar.xz";
      sha256 = "012d16e2099115486d8aa9f2c2a23d058d3d0cad83113a60512647d25d3869e8";
    };
  } "mkdir $out && tar -xf $src -C $out --strip-components=1";
in
stdenv.mkDerivation {
  pname = "vfio-early";
  inherit version;
  src = ../..;
  outputs = [
    "out"
    "initrd"
  ];

  nativeBuildInputs = [
    cmake
    ninja
    pkg-config
    scdoc
  ];
  buildInputs = [
    cli11
    fmt
    libarchive
    nlohmann_json
    pciutils
    # vfio-early runs before any library is available.
    glibc.static
    zlib
    zlib.static
    (xz.override { enableStatic = true; })
    (zstd.override { enableStatic = true; })
  ];

  cmakeBuildType = "MinSizeRel";
  cmakeFlags = [
    "-DBUILD_TESTING=OFF"
    "-DKMOD_SOURCE=${kmodSource}"
    "-DCMAKE_INSTALL_SBINDIR=bin"
    "-DVFIO_EARLY_ZSH_DIR=zsh/site-functions"
  ];

  postInstall = ''
    # Hooks for generators that NixOS does not have, and rebuild-hint, which names their commands.
    rm -r $out/lib/dracut $out/lib/initcpio $out/share/initramfs-tools $out/share/vfio-early

    mkdir -p $initrd/lib/systemd/system $initrd/lib/udev/rules.d
    cp $out/lib/systemd/system/vfio-early-{gate,bind}.service $initrd/lib/systemd/system/
    cp $out/lib/udev/rules.d/60-vfio-early.rules $initrd/lib/udev/rules.d/

    sed -i -e "s,/usr/bin/vfio-early,$out/bin/vfio-early,g" -e "s,=vfio-verify ,=$out/bin/vfio-verify ," \
      $out/lib/systemd/system/vfio-*.service $out/lib/udev/rules.d/60-vfio-early.rules \
      $out/etc/libvirt/hooks/qemu.d/vfio-early
  '';

  doInstallCheck = true;
  installCheckPhase = ''
    [ "$($out/bin/vfio-early --version)" = "vfio-early ${version}" ]
    [ "$($out/bin/vfio-verify --version)" = "vfio-verify ${version}" ]
    if readelf -lW $out/bin/vfio-early | grep -E 'INTERP|DYNAMIC'; then
      echo 'vfio-early is not static' >&2
      exit 1
    fi
  '';

  meta = {
    description = "Claim graphics cards for vfio-pci before any host driver does, and verify the result";
    license = [
      lib.licenses.gpl2Plus
      lib.licenses.lgpl21Plus # libkmod
    ];
    mainProgram = "vfio-early";
    platforms = [ "x86_64-linux" ];
  };
}
