"""Component `AccessApplication`: who may enter, told to Cloudflare.

The component itself is in `application` and not exported here: importing the Cloudflare SDK takes seconds, which only a
stack that uses it should pay. The arguments are what the settings need.
"""

from components.access_application.args import AccessApplicationArgs, MachineClientArgs, PeopleArgs

__all__ = ["AccessApplicationArgs", "MachineClientArgs", "PeopleArgs"]
