# SPDX-License-Identifier: GPL-2.0-or-later
#
# inputs.vfio-early.url = "git+file:///path/to/the/checkout?dir=packaging/nix";
{
  description = "Claim graphics cards for vfio-pci before any host driver does, and verify the result";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      package = nixpkgs.legacyPackages.x86_64-linux.callPackage ./package.nix { };
    in
    {
      packages.x86_64-linux = {
        default = package;
        vfio-early = package;
      };
      overlays.default = final: _: { vfio-early = final.callPackage ./package.nix { }; };
      nixosModules.default = import ./module.nix;
    };
}
