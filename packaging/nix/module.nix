# SPDX-License-Identifier: GPL-2.0-or-later
#
# NixOS module: the cards of hardware.vfio-early.cards are claimed in the initramfs.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  cfg = config.hardware.vfio-early;
  inherit (lib) mkOption types;

  # One key of vfio-early.conf(5). A list becomes words, true and false become yes and no.
  value = types.oneOf [
    types.str
    types.int
    types.bool
    (types.listOf (types.either types.str types.int))
  ];
  text =
    value:
    if builtins.isList value then
      lib.concatMapStringsSep " " toString value
    else if value == true then
      "yes"
    else if value == false then
      "no"
    else
      toString value;

  key =
    example: description:
    mkOption {
      type = types.nullOr value;
      default = null;
      inherit example description;
    };

  # The keys, as config/keys.cc and vfio-early.conf(5) have them.
  keys = {
    address = key "0000:01:00" "The slot of the card, or functions of it. Use one of address, id, class, path, serial and slot.";
    id = key "10de:1b81" "The card with this vendor and device.";
    class = key "0300" "The card with this class code: two, four or six digits.";
    path = key "0000:00/01.0/00.0" "The card on this path from the root bus, which other cards do not change.";
    serial = key "00-1b-21-ff-ff-ab-cd-ef" "The card with this PCIe device serial number.";
    slot = key "PCIEX16_1" "The card in the slot with this label, as the firmware or the kernel names it.";
    index = key 1 "With id or class: which of several matches, counted from 0 in the order of addresses.";
    count = key "all" "With id or class: how many cards of this kind there are, or all. Each is claimed separately.";
    expect = key 8 "The selected devices are one unit of this many. Missing devices are reported.";
    identity = key [ "10de:1b81" "10de:10f0" ] "The ids that the card must have. Always set this.";
    on-moved = key "follow" "What to do if the identity is at another address: refuse (the default) or follow.";
    functions = key [ 0 1 ] "all, or the numbers of the functions. The default: those of identity.";
    vfs = key 4 "Claim this many virtual functions (SR-IOV) of the card, which itself stays with the host.";
    only-display = key "allow" "If the host would have no other display: refuse (the default) or allow.";
    group = key "claim" "The other functions of the IOMMU group: warn (the default) or claim.";
    allow = key [ "0000:00:1f.3" ] "Functions that stay in the card's IOMMU group, without a warning.";
    unbind = key "display" "What to unbind: yes (the default), display, which includes a graphics driver, or no.";
    hand-over = key true "The host has the card until a guest starts: no boot claims it. yes or no (the default).";
    healthy-when = key "display" "Use the dead-man rescue: display or boot.";
    framebuffer = key "keep" "A boot framebuffer on the card: release (the default), keep or force.";
    driver = key "auto" ''
      vfio-pci (the default) or auto. With auto, add the variant driver of the card to
      boot.initrd.availableKernelModules.
    '';
    bar-size = key "1:8G" "The sizes of resizable BARs.";
    reset-method = key "flr bus" "How the kernel resets the functions, in order of preference.";
    modules = key [ "vendor-reset" ] ''
      Modules that are loaded before vfio-pci; the initramfs gets them. Add the package of a module that is not
      part of the kernel to boot.extraModulePackages.
    '';
    disable-idle-d3 = key true "Keep unused functions powered on.";
  };

  modulesOf =
    card:
    lib.optional (card.modules != null) (builtins.filter builtins.isString (builtins.split " +" (text card.modules)));

  section =
    name: card:
    lib.concatStringsSep "\n" (
      [ "[${name}]" ] ++ lib.mapAttrsToList (key: value: "${key} = ${text value}") (lib.filterAttrs (_: value: value != null) card)
    );
  configuration = lib.concatStringsSep "\n\n" (lib.mapAttrsToList section cfg.cards) + "\n";

  # A mistake fails the build of the system, with the line and the remedy. Whether the cards are there is
  # known only on the machine: vfio-early then exits with 1.
  checked =
    pkgs.runCommand "vfio-early.conf"
      {
        inherit configuration;
        passAsFile = [ "configuration" ];
      }
      ''
        mkdir -p tree/etc tree/sys/bus/pci/devices
        cp $configurationPath tree/etc/vfio-early.conf
        status=0
        ${cfg.package}/bin/vfio-early --root $PWD/tree plan >plan || status=$?
        if [ $status -gt 1 ]; then
          cat plan >&2
          exit 1
        fi
        cp $configurationPath $out
      '';
in
{
  options.hardware.vfio-early = {
    enable = lib.mkEnableOption "claiming graphics cards for virtual machines in the initramfs, before any host driver";

    package = mkOption {
      type = types.package;
      default = pkgs.vfio-early or (pkgs.callPackage ./package.nix { });
      defaultText = lib.literalExpression "pkgs.callPackage ./package.nix { }";
      description = "The package with vfio-early and vfio-verify.";
    };

    cards = mkOption {
      type = types.attrsOf (types.submodule { options = keys; });
      default = { };
      example = lib.literalExpression ''
        {
          gaming = {
            address = "0000:01:00";
            identity = [ "10de:1b81" "10de:10f0" ];
          };
        }
      '';
      description = ''
        The cards to claim, as sections of /etc/vfio-early.conf. `sudo vfio-early` prints a section for
        each graphics card. The keys are described in vfio-early.conf(5).
      '';
    };

    intelIommu = mkOption {
      type = types.bool;
      default = true;
      description = ''
        Add intel_iommu=on to the kernel parameters. Kernels need it on most machines from Intel; other
        machines ignore it.
      '';
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = config.boot.initrd.systemd.enable;
        message = "hardware.vfio-early needs an initramfs with systemd. Set boot.initrd.systemd.enable = true;";
      }
      {
        assertion = cfg.cards != { };
        message = "hardware.vfio-early claims nothing. Add a card to hardware.vfio-early.cards; `vfio-early` prints a section for each card.";
      }
    ];

    boot.kernelParams = lib.optional cfg.intelIommu "intel_iommu=on";

    boot.initrd = {
      # Modules that the machine's own hardware does not load. efivarfs: the flag of the dead-man rescue.
      availableKernelModules = [
        "vfio_pci"
        "vfio_iommu_type1"
      ]
      ++ lib.optional (lib.any (card: card.healthy-when != null) (lib.attrValues cfg.cards)) "efivarfs"
      ++ builtins.concatLists (builtins.concatMap modulesOf (lib.attrValues cfg.cards));
      services.udev.packages = [ cfg.package.initrd ];
      systemd = {
        packages = [ cfg.package.initrd ];
        # NixOS ignores the links of units in packages, so they are started here.
        services.vfio-early-gate.wantedBy = [ "sysinit.target" ];
        services.vfio-early-bind.wantedBy = [ "sysinit.target" ];
        contents."/usr/bin/vfio-early".source = "${cfg.package}/bin/vfio-early";
        contents."/etc/vfio-early.conf".source = checked;
      };
    };

    environment.etc."vfio-early.conf".source = checked;
    environment.systemPackages = [ cfg.package ];
    services.udev.packages = [ cfg.package ];
    systemd.packages = [ cfg.package ];
    # Hands the cards with hand-over over as libvirt starts and stops a domain.
    virtualisation.libvirtd.hooks.qemu =
      lib.mkIf (lib.any (card: card.hand-over != null && text card.hand-over == "yes") (lib.attrValues cfg.cards))
        { vfio-early = "${cfg.package}/etc/libvirt/hooks/qemu.d/vfio-early"; };
    # `nixos-rebuild switch` must not restart these: that would claim a released card again.
    systemd.services = {
      vfio-early-complete = {
        wantedBy = [ "sysinit.target" ];
        restartIfChanged = false;
      };
      vfio-early-stopped = {
        wantedBy = [ "sysinit.target" ];
        restartIfChanged = false;
      };
      vfio-early-healthy.wantedBy = [ "multi-user.target" ];
      vfio-verify-after-update.wantedBy = [ "multi-user.target" ];
    };
  };
}
