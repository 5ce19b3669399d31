"""IAM policy documents: validation, comparison by meaning, and the generated ids of the official plugin."""

from __future__ import annotations

import json
import re
import threading
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final

_counter = count(1)
_counter_lock = threading.Lock()
_USER_NAME: Final = re.compile(r"[0-9A-Za-z=,.@\-_+]+")
_POLICY_NAME: Final = re.compile(r"[\w+=,.@:/-]*")
_POLICY_NAME_LENGTH: Final = 96


def policy_problem(text: str) -> str | None:
    """Say what is wrong with a policy's text, or None."""
    if not text.startswith("{"):
        return '"policy" contains an invalid JSON policy'
    try:
        json.loads(text)
    except ValueError as error:
        return f'"policy" contains an invalid JSON: {error}'
    return None


def policy_name_problem(name: str) -> str | None:
    """Say what is wrong with the name of a policy, or None."""
    if len(name) > _POLICY_NAME_LENGTH:
        return f'"name" cannot be longer than {_POLICY_NAME_LENGTH} characters, name is limited to 128'
    return None if _POLICY_NAME.fullmatch(name) else r'"name" must match [\w+=,.@:/-]'


def user_name_problem(name: str) -> str | None:
    """Say what is wrong with the name of a user, or None; a distinguished name of LDAP passes too."""
    if _USER_NAME.fullmatch(name) or re.fullmatch(r"(?i)(cn=[^,]*,)+((cn|ou)=[^,]+,)*(dc=[^,]+,?)+", name):
        return None
    return (
        "only alphanumeric characters, hyphens, underscores, commas, periods, @ symbols, plus and equals signs allowed "
        f'or a valid LDAP Distinguished Name (DN) in "name": "{name}"'
    )


def same_policy(old: str, new: str) -> bool:
    """Compare two policies by meaning: the server reorders lists, drops empty fields and unwraps single items."""
    if old == new:
        return True
    try:
        return bool(_canonical(json.loads(old)) == _canonical(json.loads(new)))
    except ValueError:
        return False


def _canonical(value: Any) -> Any:
    """Drop what is empty, sort lists, and unwrap those of one item: AWS gives none of that a meaning."""
    if isinstance(value, dict):
        fields = {name: _canonical(item) for name, item in value.items()}
        return {name: item for name, item in fields.items() if item not in ("", [], {}, None)}
    if isinstance(value, list):
        items = sorted(map(_canonical, value), key=lambda item: json.dumps(item, sort_keys=True))
        return items[0] if len(items) == 1 else items
    return value


def unique_id(prefix: str = "terraform-") -> str:
    """Make an id as Terraform's SDK does: prefix, UTC time to a tenth of a millisecond, counter."""
    now = datetime.now(UTC)
    with _counter_lock:
        number = next(_counter)
    return f"{prefix}{now:%Y%m%d%H%M%S}{now.microsecond // 100:04d}{number:08x}"
