# SPDX-License-Identifier: GPL-2.0-or-later
#
# For tests/package-nix: evaluates packaging/nix without nixpkgs. `lib` has only the functions that it
# uses, and checks no types; with `nixpkgsLib`, the directory lib of nixpkgs, everything is checked. `pkgs`
# builds nothing.
{
  package, # the directory that stands for the built package: bin/vfio-early
  settings, # a file with what a user writes into hardware.vfio-early, as JSON
  systemdInitrd ? true,
  nixpkgsLib ? null,
}:

let
  stub = rec {
    inherit (builtins) concatStringsSep attrNames attrValues any;
    mkOption = option: option;
    mkEnableOption = _: { default = false; };
    mkIf = condition: content: if condition then content else { };
    literalExpression = text: text;
    optional = condition: element: if condition then [ element ] else [ ];
    mapAttrsToList = f: set: map (name: f name set.${name}) (attrNames set);
    concatMapStringsSep = separator: f: list: concatStringsSep separator (map f list);
    filterAttrs =
      keep: set:
      builtins.listToAttrs (
        map (name: {
          inherit name;
          value = set.${name};
        }) (builtins.filter (name: keep name set.${name}) (attrNames set))
      );
    types = {
      str = "str";
      int = "int";
      bool = "bool";
      package = "package";
      either = a: b: [ a b ];
      oneOf = list: list;
      listOf = type: [ type ];
      nullOr = type: type;
      attrsOf = type: type;
      submodule = content: content;
    };
    licenses = {
      gpl2Plus = "GPL-2.0-or-later";
      lgpl21Plus = "LGPL-2.1-or-later";
    };
  };
  real = import nixpkgsLib;
  lib = if nixpkgsLib == null then stub else real;

  # What a build of each package would have.
  builds = {
    stdenv.mkDerivation = arguments: arguments // {
      outPath = package;
      initrd = "${package}-initrd";
      type = "derivation";
    };
    runCommand = name: arguments: script: arguments // {
      inherit name script;
      outPath = "/nix/store/stub-${name}";
      type = "derivation";
    };
    fetchurl = arguments: arguments // { outPath = "/nix/store/stub-source"; };
    glibc.static = "glibc.static";
    zlib.static = "zlib.static";
    xz.override = arguments: arguments;
    zstd.override = arguments: arguments;
  };
  callPackage =
    file: _:
    let
      function = import file;
      names = builtins.functionArgs function;
    in
    function (builtins.mapAttrs (name: _: if name == "lib" then lib else builds.${name} or name) names);
  pkgs = builds // {
    inherit callPackage;
  };

  module = ../../packaging/nix/module.nix;
  user = builtins.fromJSON (builtins.readFile settings);

  # As lib.evalModules does, for this one module.
  withDefaults =
    options: given: builtins.mapAttrs (name: option: given.${name} or option.default or null) options;
  evaluated = import module {
    inherit lib pkgs;
    config = {
      boot.initrd.systemd.enable = systemdInitrd;
      hardware.vfio-early =
        let
          options = evaluated.options.hardware.vfio-early;
          given = withDefaults options user;
        in
        given
        // {
          cards = builtins.mapAttrs (_: card: withDefaults options.cards.type.options card) given.cards;
        };
    };
  };

  # The options of NixOS that the module sets.
  nixos =
    { lib, ... }:
    let
      inherit (lib) types;
      list = lib.mkOption {
        type = types.listOf types.anything;
        default = [ ];
      };
      set = lib.mkOption {
        type = types.attrsOf types.anything;
        default = { };
      };
    in
    {
      options = {
        assertions = list;
        boot.kernelParams = list;
        boot.initrd.availableKernelModules = list;
        boot.initrd.services.udev.packages = list;
        boot.initrd.systemd.enable = lib.mkEnableOption "systemd";
        boot.initrd.systemd.packages = list;
        boot.initrd.systemd.services = set;
        boot.initrd.systemd.contents = set;
        environment.etc = set;
        environment.systemPackages = list;
        services.udev.packages = list;
        systemd.packages = list;
        systemd.services = set;
        virtualisation.libvirtd.hooks.qemu = set;
      };
    };
  checked = real.evalModules {
    specialArgs = { inherit pkgs; };
    modules = [
      module
      nixos
      {
        hardware.vfio-early = user;
        boot.initrd.systemd.enable = systemdInitrd;
      }
    ];
  };
  config = if nixpkgsLib == null then evaluated.config else checked.config;
  flake = (import ../../packaging/nix/flake.nix).outputs {
    self = { };
    nixpkgs.legacyPackages.x86_64-linux = pkgs;
  };
  built = flake.packages.x86_64-linux.vfio-early;
  wanted = services: builtins.mapAttrs (_: service: service.wantedBy) services;
in
{
  package = {
    inherit (built) version postInstall cmakeFlags outputs;
    overlay = (flake.overlays.default pkgs { }).vfio-early.version;
    module = builtins.isFunction flake.nixosModules.default;
  };
}
// (
  if (config.assertions or [ ]) != [ ] then
    {
      refused = map (item: item.message) (builtins.filter (item: !item.assertion) config.assertions);
      kernelParams = config.boot.kernelParams;
      modules = config.boot.initrd.availableKernelModules;
      configuration = config.environment.etc."vfio-early.conf".source.configuration;
      check = config.environment.etc."vfio-early.conf".source.script;
      initrd = {
        services = wanted config.boot.initrd.systemd.services;
        packages = map toString config.boot.initrd.systemd.packages;
        rules = map toString config.boot.initrd.services.udev.packages;
        program = config.boot.initrd.systemd.contents."/usr/bin/vfio-early".source;
        configuration = config.boot.initrd.systemd.contents."/etc/vfio-early.conf".source.configuration;
      };
      system = {
        services = wanted config.systemd.services;
        packages = map toString config.systemd.packages;
        rules = map toString config.services.udev.packages;
        libvirt = config.virtualisation.libvirtd.hooks.qemu;
      };
    }
  else
    { disabled = true; }
)
