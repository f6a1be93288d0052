# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How Cloudflare writes records."""

from __future__ import annotations

from typing import Any

import dns.name
import dns.rdatatype
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.providers.cloudflare.records import (
    CloudflareRecord,
    fields,
    operations,
    parse,
)
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import RecordSet
from ansible_collections.postmaster.mail.plugins.module_utils.zone.plan import Change
from ansible_collections.postmaster.mail.plugins.module_utils.zone.rdata import from_presentation, to_display, txt

NAME = dns.name.from_text("company-name.com")
LABELS = st.lists(st.from_regex(r"[a-z0-9_]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True), min_size=1, max_size=8)


def record(kind: str, content: str = "", **more: Any) -> CloudflareRecord:
    return parse({"id": "1", "name": "company-name.com", "type": kind, "ttl": 300, "content": content, **more})


def texts(*values: bytes, ttl: int = 300) -> RecordSet:
    return RecordSet(NAME, dns.rdatatype.TXT, tuple(txt(value) for value in dict.fromkeys(values)), ttl)


def there(*values: bytes) -> dict[Any, list[CloudflareRecord]]:
    raw = [{"id": f"id of {value!r}", "content": txt(value).to_text(), "ttl": 300} for value in dict.fromkeys(values)]
    return {(NAME, dns.rdatatype.TXT): [parse({**item, "name": str(NAME), "type": "TXT"}) for item in raw]}


@given(st.binary(max_size=2048))
@example(b'"')
@example(b"\\")
@example(b"")
def test_any_txt_value_is_read_as_it_was_written(value: bytes) -> None:
    assert record("TXT", fields(txt(value))["content"]).value == txt(value)


@given(st.text(max_size=300).filter(lambda text: '"' not in text and "\\" not in text))
def test_a_txt_value_without_quotes_is_read_as_it_is(text: str) -> None:
    assert record("TXT", text).value == txt(text.encode("utf-8", "surrogatepass"))


@given(st.text(max_size=100))
def test_any_content_can_be_read(content: str) -> None:
    for kind in ("TXT", "CNAME", "MX", "SRV", "CAA", "A", "HTTPS", "WORKER", "URI"):
        assert record(kind, content, priority=10, data={}).raw["content"] == content


@given(LABELS)
def test_a_proxied_cname_differs_from_a_plain_one_and_can_be_restored(labels: list[str]) -> None:
    host = ".".join(labels)
    proxied, plain = record("CNAME", host, proxied=True), record("CNAME", host, proxied=False)
    assert proxied.value is not None
    assert plain.value is not None
    assert proxied.value != plain.value
    assert to_display(proxied.value) == f"{host}.proxied-by-cloudflare.invalid"
    assert fields(plain.value) == {"content": host, "proxied": False}
    assert fields(proxied.value) == {"content": host, "proxied": True, "ttl": 1}


def test_a_proxied_cname_to_the_longest_name_differs_from_a_plain_one() -> None:
    host = ".".join(["x" * 63] * 3 + ["y" * 61])
    assert to_display(record("CNAME", host, proxied=True).value) == "proxied-by-cloudflare.invalid"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "item", "text"),
    [
        ("MX", {"content": "mx.hoster.example", "priority": 10}, "10 mx.hoster.example."),
        ("MX", {"content": ".", "priority": 0}, "0 ."),
        ("CAA", {"content": '0 issue "letsencrypt.org"', "data": {}}, '0 issue "letsencrypt.org"'),
        (
            "SRV",
            {
                "content": "60\t5060\tsip.hoster.example",
                "data": {"priority": 10, "weight": 60, "port": 5060, "target": "sip.hoster.example"},
            },
            "10 60 5060 sip.hoster.example.",
        ),
        ("HTTPS", {"content": '1 . alpn="h3,h2"', "data": {}}, '1 . alpn="h3,h2"'),
    ],
)
def test_a_record_is_read(kind: str, item: dict[str, Any], text: str) -> None:
    assert record(kind, **item).value == from_presentation(dns.rdatatype.from_text(kind), text)


def test_an_invalid_txt_value_is_not_read() -> None:
    assert record("TXT", r'"\999"').value is None


@given(st.sets(st.binary(max_size=8)), st.sets(st.binary(max_size=8)), st.sampled_from([300, 600]))
def test_operations_lead_from_any_set_to_any_other_with_the_fewest_steps(
    old: set[bytes], new: set[bytes], ttl: int
) -> None:
    if not old and not new:
        return
    before = texts(*old) if old else None
    after = texts(*new, ttl=ttl) if new else None
    held = there(*old)
    batch = operations([Change(before, after)], held)
    state = {item.id: (item.raw["content"], item.ttl) for item in held[NAME, dns.rdatatype.TXT]}
    for entry in batch["deletes"]:
        del state[entry["id"]]
    for entry in batch["patches"]:
        state[entry["id"]] = (entry.get("content", state[entry["id"]][0]), entry["ttl"])
    for number, entry in enumerate(batch["posts"]):
        state[f"new {number}"] = (entry["content"], entry["ttl"])
    assert sorted(state.values()) == sorted((txt(value).to_text(), ttl) for value in new)
    untouched = len(old & new) if ttl == 300 else 0
    assert sum(map(len, batch.values())) == max(len(old), len(new)) - untouched
