"""The Pulumi program: settings in, platform out."""

import pulumi

from stacks.platform import deploy
from stacks.settings import load_settings

for name, value in deploy(load_settings()).items():
    pulumi.export(name, value)
