"""The milter's config of the tests: a base, changes by path, and its text. The text is JSON, which every YAML
reader reads."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

Settings = dict[str, Any]


def base_settings(directory: Path, milter_socket: Path) -> Settings:
    return {
        # Postfix's processes must be let in.
        "milter": {"listen": f"unix:{milter_socket}", "socket_group": "postfix"},
        # Wide: only the cases about a hung store measure time.
        "store": {"type": "lmdb", "path": f"{directory}/store", "deadline": "5s", "write_deadline": "10s"},
        "keys": f"{directory}/keys",
        "public_url": "https://lists.example.com",
        "mailto": "unsubscribe@lists.example.com",
        "mailto_authserv_id": "mx.example.com",
        "lists": [
            {"name": "newsletter", "title": "Newsletter", "match": [{"sender": ["*@news.example.com"]}]},
            {"name": "product-news", "title": "Product news", "match": [{"header": {"List-Id": ["*product-news*"]}}]},
        ],
        "addresses": [{"domain": "example.com", "separator": "+"}],
        "log": {"to": "stderr", "level": "info"},
    }


def parse_value(text: str) -> Any:
    """JSON, or else the bare words."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


STEP = re.compile(r"([a-z_]+)(?:\[([a-z0-9._-]+)\])?$")


def change(settings: Settings, path: str, value: Any) -> Settings:
    """A copy with one value changed. "milter.mode", "lists[newsletter].existing_header"; "lists[first]" and
    "lists[last]" add a list."""
    changed = copy.deepcopy(settings)
    # Names of lists may hold dots: do not split inside brackets.
    steps = re.split(r"\.(?![^\[]*\])", path)
    place: Any = changed
    for index, step in enumerate(steps):
        match = STEP.match(step)
        if not match:
            raise ValueError(f"not a path into the config: {path}")
        key, item = match.groups()
        last = index == len(steps) - 1
        if item is None:
            if last:
                place[key] = value
            else:
                place = place.setdefault(key, {})
            continue
        rows = place.setdefault(key, [])
        if item in ("first", "last"):
            if not last:
                raise ValueError(f"{item} adds a whole entry: {path}")
            rows.insert(0 if item == "first" else len(rows), value)
            continue
        found = [row for row in rows if row.get("name") == item]
        if not found:
            raise ValueError(f"there is no {key} of that name: {path}")
        if last:
            rows[rows.index(found[0])] = value
        else:
            place = found[0]
    return changed


def to_text(settings: Settings) -> str:
    return json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
