"""Negotiation gives what upstream's would."""

from __future__ import annotations

import pytest

from fakek8s.api import media
from fakek8s.api.negotiate import (
    Convert,
    Form,
    Negotiator,
    allows_aggregated,
    allows_custom,
    allows_nothing,
    parse_accept,
    routable,
)

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", media.JSON),
        ("*/*", media.JSON),
        ("application/*", media.JSON),
        ("application/yaml", media.YAML),
        ("application/json;q=0.2,application/yaml;q=0.8", media.YAML),
        ("*/*;q=0.9, application/vnd.kubernetes.protobuf;q=0.1", media.PROTOBUF),
        ("text/html, application/yaml", media.YAML),
    ],
)
def test_the_best_clause_that_can_be_served_wins(header: str, expected: str) -> None:
    form = Negotiator().form(header)
    assert form is not None
    assert form.media == expected


@pytest.mark.parametrize(
    "header", ["text/plain", "application/json;sv=v9", "application/json;stream=x", "json"]
)
def test_what_cannot_be_served_is_refused(header: str) -> None:
    assert Negotiator().form(header) is None


def test_a_table_falls_back_to_the_next_clause_where_tables_are_not_served() -> None:
    header = f"{TABLE},application/json"
    found = Negotiator().form(header)
    assert found == Form(convert=Convert("Table", "meta.k8s.io", "v1"))
    assert Negotiator().form(header, allows_nothing) == Form()
    assert Negotiator().form(TABLE, allows_nothing) is None


def test_custom_resources_are_not_written_as_protobuf_but_their_metadata_is() -> None:
    negotiator = Negotiator()
    protobuf = "application/vnd.kubernetes.protobuf"
    assert negotiator.form(protobuf, allows_custom) is None
    partial = f"{protobuf};as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
    form = negotiator.form(partial, allows_custom)
    assert form is not None
    assert form.media == protobuf


def test_a_stream_is_not_served_as_yaml() -> None:
    assert Negotiator().form("application/yaml;stream=watch") is None
    assert Negotiator().form("application/json;stream=watch") == Form()


@pytest.mark.parametrize(
    ("pretty", "agent", "expected"),
    [
        (None, "curl/8", True),
        (None, "kubectl/v1", False),
        ("false", "curl/8", False),
        ("1", "kubectl/v1", True),
        ("nonsense", "kubectl/v1", False),
        ("", "Mozilla/5.0 (X11)", True),
    ],
)
def test_people_get_indented_answers(pretty: str | None, agent: str, expected: bool) -> None:
    form = Negotiator().form("*/*", pretty=pretty, user_agent=agent)
    assert form is not None
    assert form.pretty is expected


def test_aggregated_discovery_needs_its_exact_type() -> None:
    negotiator = Negotiator()
    wanted = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList,application/json"
    form = negotiator.form(wanted.format("v2"), allows_aggregated)
    assert form is not None
    assert form.convert is not None
    assert form.convert.api_version == "apidiscovery.k8s.io/v2"
    assert negotiator.form(wanted.format("v9"), allows_aggregated) is None


def test_a_named_type_stands_before_any_type_whatever_their_qualities() -> None:
    found = parse_accept("json, a/b/c, *, text/*;level=1;q=x")
    assert [(c.type, c.subtype, c.quality, c.params) for c in found] == [
        ("text", "*", 0.0, {"level": "1"}),
        ("*", "*", 1.0, {}),
    ]


def test_routes_know_only_exact_names_and_everything() -> None:
    assert routable("", media.ALL)
    assert routable("text/html, application/json;q=0.1", media.ALL)
    assert routable("*/*;q=0.1", media.ALL)
    assert not routable("text/html, application/*;q=0.5", media.ALL)
