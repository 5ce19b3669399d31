"""Cases in which each alert fires or stays quiet, for `promtool test rules`."""
