"""How changes are reviewed and shipped: what the workflows in `.github/workflows` run, the same on a laptop.

Standard library only, so that it starts on any machine with Python 3.11: `python3 -m delivery --help`.
"""
