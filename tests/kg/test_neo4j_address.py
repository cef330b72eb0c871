"""Where a server is and who asks it: URIs, what settings add, and what is never shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgmed.facade import server_address
from kgmed.kg.errors import UsageError
from kgmed.kg.store.neo4j.address import SCHEMES, Address, is_server, shown
from kgmed.kg.store.neo4j.leaving import allowed

HIDDEN = "s3cr3t"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_scheme_of_the_driver_is_a_server(scheme: str) -> None:
    assert is_server(f"{scheme}://host")
    assert Address.parse(f"{scheme}://host:7688/").uri == f"{scheme}://host:7688"


@pytest.mark.parametrize(
    "uri",
    [
        f"bolt://u:{HIDDEN}@", f"bolt://u:{HIDDEN}@host:port", f"bolt://:{HIDDEN}@host",
        f"bolt://u:{HIDDEN}/x@ho st", f"bolt://u:{HIDDEN}@host/path", f"http://u:{HIDDEN}@host",
        f"bolt://u:{HIDDEN}@[::1", f"bolt://u:{HIDDEN}@host:123456", "bolt://", "bolt://host:",
        f"bolt://u:{HIDDEN}@host?x", f"bolt://u:{HIDDEN}@[host]:1",
    ],
)  # fmt: skip
def test_a_uri_that_can_not_be_read_is_refused_and_not_shown(uri: str) -> None:
    with pytest.raises(UsageError, match="expected SCHEME") as caught:
        Address.parse(uri)
    assert HIDDEN not in str(caught.value)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_any_password_can_be_written_and_is_not_shown(password: str) -> None:
    from urllib.parse import quote

    uri = f"bolt://neo4j:{quote(password, safe='')}@host"
    found = Address.parse(uri)
    assert (found.user, found.password, found.uri) == ("neo4j", password, "bolt://host")
    assert shown(uri) == "bolt://host"
    assert repr(found) == repr(Address.parse("bolt://neo4j@host"))


def test_a_uri_says_more_than_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "USER": "eve",
        "PASSWORD": HIDDEN,
        "DATABASE": "kg",
        "TIMEOUT": "7",
    }.items():
        monkeypatch.setenv(f"KGMED_NEO4J_{name}", value)
    assert server_address("bolt://h") == Address("bolt://h", "eve", HIDDEN, "kg", 7.0)
    assert server_address("bolt://ann:x@h") == Address("bolt://h", "ann", "x", "kg", 7.0)
    assert server_address("bolt://ann@h").password == HIDDEN
    monkeypatch.delenv("KGMED_NEO4J_USER")
    assert server_address("bolt://h").user == "neo4j"
    monkeypatch.delenv("KGMED_NEO4J_PASSWORD")
    assert (server_address("bolt://h").user, server_address("bolt://h").password) == ("", "")


def test_everything_goes_to_a_server_of_ones_own() -> None:
    for host in ("localhost", "127.0.0.1:7687", "[::1]:7687", "127.1.2.3"):
        assert allowed(Address(f"bolt://{host}"), allow_restricted=["UMLS"]) is None
    there = Address("bolt://graph.example")
    assert allowed(there, trusted=True) is None
    assert allowed(there) == ()
    assert allowed(there, allow_restricted=["UMLS"]) == ("UMLS",)
