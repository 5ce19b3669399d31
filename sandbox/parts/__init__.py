"""The sandbox's parts, one file each; `sandbox.platform` orders them."""
