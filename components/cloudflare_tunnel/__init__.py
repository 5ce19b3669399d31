"""Component `CloudflareTunnel`: a way in that pods open from the inside.

Like `components.access_application`, it exports only what does not import the Cloudflare SDK.
"""

from components.cloudflare_tunnel.args import CloudflareTunnelArgs, tunnel_peer

__all__ = ["CloudflareTunnelArgs", "tunnel_peer"]
