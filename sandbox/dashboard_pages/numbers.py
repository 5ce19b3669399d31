"""Numbers with their units, as people read them in Grafana."""

from __future__ import annotations

import math
from dataclasses import dataclass

_DIGITS = 3


@dataclass(frozen=True)
class _Unit:
    """How a unit is written: the largest size that fits, or else the size 1."""

    sizes: tuple[tuple[float, str], ...]
    factor: float = 1
    after: str = ""


_PLAIN = _Unit(((1, ""),))
_SHORT = ((1e12, " Tri"), (1e9, " Bil"), (1e6, " Mil"), (1e3, " K"), (1, ""))
_BYTES = ((2**40, " TiB"), (2**30, " GiB"), (2**20, " MiB"), (2**10, " KiB"), (1, " B"))
_UNITS = {
    "none": _PLAIN,
    "short": _Unit(_SHORT),
    "percentunit": _Unit(((1, "%"),), factor=100),
    "bytes": _Unit(_BYTES),
    "binBps": _Unit(_BYTES, after="/s"),
    "reqps": _Unit(_SHORT, after=" req/s"),
    "s": _Unit(((86_400, " days"), (3600, " hours"), (60, " mins"), (1, " s"), (1e-3, " ms"), (1e-6, " µs"))),
}


def written(value: float, unit: str, decimals: int | None = None) -> str:
    """A value in its unit.

    Args:
        value: what is counted.
        unit: one of Grafana's names of units; one that is unknown here is left out.
        decimals: as many, instead of three digits in all.
    """
    if not math.isfinite(value):
        return str(value)
    form = _UNITS.get(unit, _PLAIN)
    scaled = value * form.factor
    fitting = [(size, name) for size, name in form.sizes if abs(scaled) >= size]
    size, name = fitting[0] if fitting else next(each for each in form.sizes if each[0] == 1)
    return f"{_digits(scaled / size, decimals)}{name}{form.after}"


def _digits(value: float, decimals: int | None) -> str:
    if decimals is not None:
        return f"{value:.{decimals}f}"
    whole = len(str(int(abs(value))))
    text = f"{value:.{max(0, _DIGITS - whole)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
