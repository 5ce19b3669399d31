"""Component `Canary`: what does all day what users do, and tells how it goes."""

from components.canary.args import CanaryArgs, PublicRouteProbe
from components.canary.canary import Canary, canary_peer

__all__ = ["Canary", "CanaryArgs", "PublicRouteProbe", "canary_peer"]
