"""YAML bodies in and out, by the rules of sigs.k8s.io/yaml over go-yaml v2.

libyaml (by PyYAML) does the scanning and the emitting, as go-yaml is a port of it; which scalar is
what, which keys repeat, how keys are sorted and strings are quoted is decided here.
"""

from __future__ import annotations

import binascii
import math
import re
from functools import cmp_to_key
from typing import Any, Final

import orjson
import yaml

from fakek8s.machinery.wire.jsontext import ExactFloat, go_float, may_repeat_keys
from fakek8s.machinery.wire.resolve import BINARY, MERGE, STR, YAMLError, go_g, resolve
from fakek8s.machinery.wire.scan import quote

__all__ = ["YAMLError", "to_yaml", "yaml_to_json_value", "yaml_warnings"]

_STRICT_PREFIX: Final = "yaml: unmarshal errors:\n"
_CONTROL = re.compile("[\x7f-\x84\x86-\x9f\ufffe\uffff]")
_INDENTED_QUOTE = re.compile("(?<=[\u2028\u2029]) +(?='\n)")
_BASE60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?", re.ASCII)

# --- in


class _Node:
    """A composed node. kind: scalar, list, map; value: text, nodes, or pairs of nodes."""

    __slots__ = ("anchor", "kind", "line", "quoted", "tag", "value")

    def __init__(self, event: Any, kind: str, value: Any) -> None:
        self.kind = kind
        self.value = value
        self.tag: str = event.tag or ""
        self.anchor: str = event.anchor or ""
        self.line: int = event.start_mark.line + 1
        self.quoted = kind == "scalar" and not event.implicit[0] and not self.tag


def _compose(loader: Any) -> _Node | None:
    """The first document's node; an anchor may be set anew, as go-yaml allows and PyYAML's own
    composer doesn't.
    """
    anchors: dict[str, _Node] = {}
    open_nodes: list[_Node] = []
    while True:
        event = loader.get_event()
        if event is None or isinstance(event, yaml.StreamEndEvent):
            return None
        if isinstance(event, yaml.ScalarEvent):
            node = _Node(event, "scalar", event.value)
        elif isinstance(event, yaml.AliasEvent):
            found = anchors.get(event.anchor or "")
            if found is None:
                raise YAMLError(f"yaml: unknown anchor '{event.anchor}' referenced")
            node = found
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            kind = "map" if isinstance(event, yaml.MappingStartEvent) else "list"
            opened = _Node(event, kind, [])
            if opened.anchor:
                anchors[opened.anchor] = opened
            open_nodes.append(opened)
            continue
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            node = open_nodes.pop()
        else:
            continue
        if node.anchor and node.kind == "scalar" and isinstance(event, yaml.ScalarEvent):
            anchors[node.anchor] = node
        if not open_nodes:
            return node
        open_nodes[-1].value.append(node)


def yaml_to_json_value(raw: bytes) -> tuple[Any, list[str]]:
    """The first document of a text as JSON values, maps with sorted keys, and the strict errors.

    Strict errors are one text at most, `yaml: unmarshal errors:` and a line for each repeated key;
    `yaml_warnings` splits it. Raises YAMLError. Upstream: sigs.k8s.io/yaml YAMLToJSON and
    YAMLToJSONStrict.
    """
    alike = _alike(raw)
    if alike is not None:
        return alike, []
    loader = yaml.CLoader(raw)
    try:
        node = _compose(loader)
    except yaml.YAMLError as bad:
        raise YAMLError(_message(bad)) from None
    finally:
        loader.dispose()
    maker = _Maker()
    value = None if node is None else maker.json(maker.value(node))
    if maker.errors:
        return value, [_STRICT_PREFIX + "\n".join(f"  {e}" for e in maker.errors)]
    return value, []


def _alike(raw: bytes) -> dict[str, Any] | None:
    """The value of a text that is JSON, and as YAML is the same; None if that is not plain.

    Most clients send JSON, which orjson reads ten times as fast.
    """
    if raw[:1] != b"{" or not raw.isascii() or any(text in raw for text in _NOT_ALIKE):
        return None
    if (b"\n" in raw or b"\r" in raw) and _LONE_COLON(raw):
        return None
    try:
        value = orjson.loads(raw)
        if may_repeat_keys(raw, value) or _unlike(value):
            return None
    except (ValueError, RecursionError):
        return None
    found: dict[str, Any] = orjson.loads(orjson.dumps(value, option=orjson.OPT_SORT_KEYS))
    return found


#: What JSON and YAML read differently: tabs between tokens, DEL, surrogates, merge keys.
_NOT_ALIKE: Final = (b"\t", b"\x7f", b"\\ud", b"\\uD", b'"<<"')
#: A key may be apart from its colon, but not in YAML by a line.
_LONE_COLON: Final = re.compile(rb'"[ ]*[\r\n]\s*:').search
#: A key and its colon lie within 1024 characters of YAML, where six may stand for one.
_LONG_KEY: Final = 160


def _unlike(value: Any) -> bool:
    """Whether there are long keys, floats or large integers, whose spelling YAML loses."""
    kind = value.__class__
    if kind is dict:
        for name, below in value.items():
            if len(name) > _LONG_KEY or (below.__class__ is not str and _unlike(below)):
                return True
        return False
    if kind is list:
        return any(map(_unlike, value))
    return kind is float or (kind is int and not -(2**53) < value < 2**53)


def yaml_warnings(error: str) -> list[str]:
    """A strict error as warnings: one for each line of a YAML error, others as they are
    (parseYAMLWarnings).
    """
    for prefix in (_STRICT_PREFIX, "error converting YAML to JSON: " + _STRICT_PREFIX):
        if error.startswith(prefix):
            return [line.strip() for line in error.removeprefix(prefix).split("\n")]
    return [error]


def _message(bad: yaml.YAMLError) -> str:
    if isinstance(bad, yaml.reader.ReaderError):
        return f"yaml: {bad.reason}"
    if not isinstance(bad, yaml.MarkedYAMLError):
        return f"yaml: {bad}"
    problem = bad.problem or "unknown problem parsing YAML content"
    line = 0
    if bad.problem_mark is not None and bad.problem_mark.line:
        line = bad.problem_mark.line + isinstance(bad, yaml.scanner.ScannerError)
    elif bad.context_mark is not None and bad.context_mark.line:
        line = bad.context_mark.line
    return f"yaml: line {line}: {problem}" if line else f"yaml: {problem}"


#: Shorter documents may be made of aliases as they like (go-yaml decode.go).
_ALIASES = 100
_DECODED = 1000


class _Key:
    """A map key as Go tells keys apart: 1 and true and "1" differ."""

    __slots__ = ("kind", "value")

    def __init__(self, value: Any) -> None:
        self.kind = value.__class__
        self.value = value

    def __hash__(self) -> int:
        return hash(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.kind is other.kind and self.value == other.value


class _Maker:
    """Nodes into values, as go-yaml decodes into interface{}, then as sigs.k8s.io/yaml makes JSON
    of that.
    """

    def __init__(self) -> None:
        self.errors: list[str] = []
        self._open: set[int] = set()
        #: Anchored nodes that were read; to meet one again is to follow an alias.
        self._met: set[int] = set()
        self._depth = 0
        self._decoded = 0
        self._aliased = 0

    def value(self, node: _Node) -> Any:
        if not node.anchor:
            return self._counted(node)
        again = id(node) in self._met
        self._met.add(id(node))
        self._depth += again
        made = self._counted(node)
        self._depth -= again
        return made

    def _counted(self, node: _Node) -> Any:
        """A node's value. Raises YAMLError when most of what was read came by aliases."""
        self._decoded += 1
        self._aliased += self._depth > 0
        if (
            self._aliased > _ALIASES
            and self._decoded > _DECODED
            and self._aliased / self._decoded > _allowed_aliases(self._decoded)
        ):
            raise YAMLError("yaml: document contains excessive aliasing")
        if node.kind == "scalar":
            return self._scalar(node)
        if id(node) in self._open:
            raise YAMLError(f"yaml: anchor '{node.anchor}' value contains itself")
        self._open.add(id(node))
        if node.kind == "list":
            made: Any = [self.value(n) for n in node.value]
        else:
            made = {}
            self._mapping(node, made)
        self._open.discard(id(node))
        return made

    def _scalar(self, node: _Node) -> Any:
        if node.quoted:
            return node.value
        tag, value = resolve(node.value, node.tag)
        if tag == BINARY:
            try:
                return binascii.a2b_base64(value, strict_mode=True).decode("utf-8", "replace")
            except (binascii.Error, ValueError):
                raise YAMLError("yaml: !!binary value contains invalid base64 data") from None
        return value

    def _mapping(self, node: _Node, out: dict[_Key, Any]) -> None:
        children = iter(node.value)
        for key_node, value_node in zip(children, children, strict=True):
            if _is_merge(key_node):
                self._merge(value_node, out)
                continue
            held = self.value(key_node)
            if held.__class__ in (dict, list):
                raise YAMLError(f"yaml: invalid map key: {_go_value(held)}")
            key = _Key(held)
            value = self.value(value_node)
            if key in out:
                self.errors.append(
                    f"line {value_node.line}: key {_go_value(held)} already set in map"
                )
            out[key] = value

    def _merge(self, node: _Node, out: dict[_Key, Any]) -> None:
        nodes = node.value if node.kind == "list" else [node]
        if any(n.kind != "map" for n in nodes):
            raise YAMLError("yaml: map merge requires map or sequence of maps as the value")
        for each in reversed(nodes):
            self._mapping(each, out)

    def json(self, value: Any) -> Any:
        if value.__class__ is dict:
            named = {_key_text(key, held): held for key, held in value.items()}
            return {name: self.json(named[name]) for name in sorted(named)}
        if value.__class__ is list:
            return [self.json(v) for v in value]
        if value.__class__ is float:
            if not math.isfinite(value):
                text = "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
                raise YAMLError(f"json: unsupported value: {text}")
            text = go_float(value)
            whole = text.lstrip("-").isdigit() and text != "-0"
            return int(text) if whole else ExactFloat(value, text)
        return value


def _allowed_aliases(decoded: int) -> float:
    """How much of a document may come by aliases: less of a long one (allowedAliasRatio)."""
    low, high = 400_000, 4_000_000
    return 0.99 - 0.89 * (min(max(decoded, low), high) - low) / (high - low)


def _is_merge(node: _Node) -> bool:
    plain = not node.quoted and not node.tag
    return node.kind == "scalar" and node.value == "<<" and (plain or node.tag == MERGE)


def _go_value(value: Any) -> str:
    """%#v of a key."""
    if value.__class__ is list:
        return "[]interface {}{" + ", ".join(map(_go_value, value)) + "}"
    if value.__class__ is dict:
        pairs = (f"{_go_value(k.value)}:{_go_value(v)}" for k, v in value.items())
        return "map[interface {}]interface {}{" + ", ".join(pairs) + "}"
    if value.__class__ is str:
        return quote(value)
    if value is None:
        return "<nil>"
    if value.__class__ is bool:
        return "true" if value else "false"
    return go_g(value) if value.__class__ is float else str(value)


def _key_text(key: _Key, held: Any) -> str:
    value = key.value
    if value.__class__ is str:
        text: str = value
        return text
    if value is None or (value.__class__ is int and value >= 2**63):
        kind = "%!s(<nil>)" if value is None else "uint64"
        shown = f"key: {_go_value(value)}, value: {_go_value(held)}"
        raise YAMLError(f"unsupported map key of type: {kind}, {shown}")
    if value.__class__ is bool:
        return "true" if value else "false"
    return go_g(value, single=True) if value.__class__ is float else str(value)


# --- out


def _less(a: str, b: str) -> bool:
    """Whether go-yaml puts key `a` before `b`: letters after the rest, digits by value (sorter.go
    keyList).
    """
    for i, (x, y) in enumerate(zip(a, b, strict=False)):
        if x == y:
            continue
        if x.isalpha() or y.isalpha():
            return x < y if x.isalpha() and y.isalpha() else y.isalpha()
        lead = 0
        if "0" in (x, y):
            j = i - 1
            while j >= 0 and a[j].isdecimal():
                if a[j] != "0":
                    lead = 1
                    break
                j -= 1
        (an, ai), (bn, bi) = _digits(a, i, lead), _digits(b, i, lead)
        if an != bn:
            return an < bn
        return ai < bi if ai != bi else x < y
    return len(a) < len(b)


def _digits(text: str, at: int, lead: int) -> tuple[int, int]:
    value = lead
    while at < len(text) and text[at].isdecimal():
        value = value * 10 + ord(text[at]) - ord("0")
        at += 1
    return value, at


def _compare(a: str, b: str) -> int:
    return -1 if _less(a, b) else 1 if _less(b, a) else 0


def to_yaml(obj: Any) -> bytes:
    """A value as upstream's YAML answers write it (sigs.k8s.io/yaml JSONToYAML)."""
    events: list[yaml.Event] = [yaml.StreamStartEvent(), yaml.DocumentStartEvent(explicit=False)]
    _emit(obj, events)
    events += [yaml.DocumentEndEvent(explicit=False), yaml.StreamEndEvent()]
    text = yaml.emit(events, Dumper=yaml.CDumper, allow_unicode=True, width=80)
    # Nor does it indent a closing quote that follows a line separator.
    made = _INDENTED_QUOTE.sub("", str(text)) if "\u2028" in text or "\u2029" in text else str(text)
    # libyaml closes a document that ends in kept newlines; go-yaml does not.
    return (made[:-4] if made.endswith("\n...\n") else made).encode()


_BOTH: Final = (True, True)


def _emit(value: Any, out: list[yaml.Event]) -> None:
    if isinstance(value, dict):
        out.append(yaml.MappingStartEvent(None, None, True, flow_style=False))
        for name in sorted(value, key=cmp_to_key(_compare)):
            out.append(_string_event(name))
            _emit(value[name], out)
        out.append(yaml.MappingEndEvent())
    elif isinstance(value, list):
        out.append(yaml.SequenceStartEvent(None, None, True, flow_style=False))
        for item in value:
            _emit(item, out)
        out.append(yaml.SequenceEndEvent())
    elif isinstance(value, str):
        out.append(_string_event(value))
    else:
        out.append(yaml.ScalarEvent(None, None, _BOTH, _plain_text(value), style=None))


def _plain_text(value: Any) -> str:
    if value is None:
        return "null"
    if value.__class__ is bool:
        return "true" if value else "false"
    if value.__class__ is int and -(2**63) <= value < 2**64:
        return str(value)
    return go_g(float(value))


def _string_event(text: str) -> yaml.ScalarEvent:
    if _CONTROL.search(text):
        # Upstream reads its own JSON as YAML first, which refuses these.
        raise YAMLError("yaml: control characters are not allowed")
    style: str | None = None
    if "\n" in text:
        style = "|"
    elif resolve(text)[0] != STR or _BASE60.fullmatch(text):
        style = '"'
    return yaml.ScalarEvent(None, None, _BOTH, text, style=style)
