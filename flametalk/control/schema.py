"""The part of JSON Schema that PoseScripts need: one description serves reader, docs and models."""

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

MOST_PROBLEMS = 8  # told at once


@lru_cache(maxsize=1)
def posescript_schema() -> dict[str, Any]:
    """The schema of PoseScripts, as a dictionary."""
    return json.loads((files("flametalk.control") / "posescript.schema.json").read_text("utf-8"))


def check(value: Any, schema: Mapping[str, Any]) -> tuple[Any, list[str], list[str]]:
    """(value with numbers brought into their ranges, what was brought into range, what is wrong)."""
    clamped: list[str] = []
    problems: list[str] = []
    checked = _check(value, schema, schema, "script", clamped, problems)
    return checked, clamped, problems[:MOST_PROBLEMS]


def _check(
    value: Any,
    rule: Mapping[str, Any],
    root: Mapping[str, Any],
    at: str,
    clamped: list[str],
    wrong: list[str],
) -> Any:
    if len(wrong) >= MOST_PROBLEMS:
        return value
    if "$ref" in rule:
        rule = root["$defs"][rule["$ref"].rsplit("/", 1)[1]]
    if "const" in rule and (value != rule["const"] or isinstance(value, bool)):
        wrong.append(f"{at} is {_short(value)}, expected {rule['const']}")
    if "enum" in rule and value not in rule["enum"]:
        wrong.append(f"{at} is {_short(value)}, expected one of {', '.join(rule['enum'])}")
    kind = rule.get("type")
    if kind is not None and not _is(value, kind):
        wrong.append(f"{at} is {_short(value)}, expected {kind}")
        return value
    if kind in ("number", "integer"):
        return _number(value, rule, at, clamped, wrong)
    if kind == "string" and len(value) > rule.get("maxLength", len(value)):
        return value[: rule["maxLength"]]
    if kind == "array":
        low, high = rule.get("minItems", 0), rule.get("maxItems", len(value))
        if not low <= len(value) <= high:
            wrong.append(f"{at} has {len(value)} items, expected {low} to {high}")
            return value
        return [_check(v, rule["items"], root, f"{at}[{k}]", clamped, wrong) for k, v in enumerate(value)]
    if kind == "object":
        return _object(value, rule, root, at, clamped, wrong)
    return value


def _object(value: dict, rule: Mapping, root: Mapping, at: str, clamped: list[str], wrong: list[str]) -> dict:
    known = rule["properties"]
    for name in value:
        if name not in known:
            wrong.append(f"{at} has {_short(name)}, which is not one of {', '.join(known)}")
    for name in rule.get("required", ()):
        if name not in value:
            wrong.append(f"{at} lacks '{name}'")
    return {
        name: _check(part, known[name], root, f"{at}.{name}", clamped, wrong)
        for name, part in value.items()
        if name in known
    }


def _number(value: Any, rule: Mapping, at: str, clamped: list[str], wrong: list[str]) -> Any:
    try:
        finite = math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        finite = False
    if not finite:
        wrong.append(f"{at} is {_short(value)}, expected a finite number")
        return value
    low, high = rule.get("minimum", value), rule.get("maximum", value)
    if not low <= value <= high:
        clamped.append(f"{at} {value:g} → {min(max(value, low), high):g}")
    return min(max(value, low), high)


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer":
        return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    types: dict[str, Any] = {
        "number": (int, float), "string": str, "array": list, "object": dict, "boolean": bool
    }  # fmt: skip
    return isinstance(value, types[kind])


def _short(value: Any) -> str:
    if isinstance(value, int) and abs(value) > 10**30:
        return "a huge number"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
