# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arbitrary master files of company-name.com, in all formats that people and programs write."""

from __future__ import annotations

import dns.name
import dns.rdatatype
from hypothesis import strategies as st

from ansible_collections.postmaster.mail.plugins.module_utils.zone import rdata
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Draft, RecordSet

ZONE = dns.name.from_text("company-name.com")
ORIGINS = [
    ZONE,
    ZONE,
    dns.name.from_text("sub", ZONE),
    dns.name.from_text("_domainkey", ZONE),
    dns.name.from_text("com"),
]
# OWNERS have anything but a CNAME, ALIASES only a CNAME
OWNERS = [
    dns.name.from_text(text, ZONE) for text in ("a", "mail", "_dmarc", "s1._domainkey", "x.sub", "*.b", "d\\.e.f")
]
OWNERS.append(ZONE)
ALIASES = [dns.name.from_text(text, ZONE) for text in ("www", "s2._domainkey", "y.sub")]
TTLS = [0, 60, 300, 3600, 7200, 86400]

_BLANKS = st.sampled_from([" ", "\t", "  ", "\t\t", "        "])
_COMMENTS = st.sampled_from(["; note", ";", '; "quoted" ( and open', "; caf\xe9 \xc3\xa9 ) \\", ";;; ----"])


def txt_values() -> st.SearchStrategy[bytes]:
    plain = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40).map(str.encode)
    return st.one_of(plain, st.binary(max_size=12), st.integers(200, 700).map(lambda n: b"k" * n))


def values(rdtype: str) -> st.SearchStrategy[dns.rdata.Rdata]:
    kind = dns.rdatatype.from_text(rdtype)
    if rdtype == "TXT":
        return txt_values().map(rdata.txt)
    if rdtype == "A":
        return st.integers(1, 9).map(lambda n: rdata.from_presentation(kind, f"192.0.2.{n}"))
    target = st.sampled_from([*OWNERS, *ALIASES, dns.name.from_text("mx.hoster.net")])
    if rdtype == "MX":
        return st.tuples(st.sampled_from([5, 10]), target).map(lambda pair: rdata.mx(*pair))
    return target.map(rdata.cname)


def keys() -> st.SearchStrategy[tuple[dns.name.Name, str]]:
    ordinary = st.tuples(st.sampled_from(OWNERS), st.sampled_from(["TXT", "TXT", "A", "MX"]))
    return st.one_of(ordinary, ordinary, st.tuples(st.sampled_from(ALIASES), st.just("CNAME")))


@st.composite
def revisions(draw: st.DrawFn, draft: Draft) -> None:
    """Change some existing or new record sets of a draft."""
    there = [(s.name, dns.rdatatype.to_text(s.rdtype)) for s in draft.snapshot if not s.locked]
    there = [key for key in there if key[1] != "NS"]
    candidates = st.one_of(st.sampled_from(there), keys()) if there else keys()
    for name, rdtype in draw(st.lists(candidates, min_size=1, max_size=4, unique=True)):
        kind = dns.rdatatype.from_text(rdtype)
        before = draft.get(name, kind)
        kept = [value for value in (before.values if before else ()) if draw(st.booleans())]
        if rdtype == "CNAME":
            new = draw(st.lists(values(rdtype), max_size=1))
            kept = []
        else:
            new = draw(st.lists(values(rdtype), max_size=3))
        wanted = tuple(dict.fromkeys(draw(st.permutations(kept + new))))
        if not wanted:
            draft.remove(name, kind)
            continue
        ttl = before.ttl if before is not None and draw(st.booleans()) else draw(st.sampled_from(TTLS))
        draft.put(RecordSet(name, kind, wanted, ttl))


@st.composite
def texts(draw: st.DrawFn) -> str:
    """The text of a master file, one character per octet."""
    eol = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    state = _State()
    lines = draw(st.lists(_COMMENTS, max_size=2))
    if draw(st.booleans()):
        lines.append(f"$ttl{draw(_BLANKS)}{draw(_ttl_text())}")
        state.has_ttl = True
    if draw(st.booleans()):
        lines.append("$ORIGIN company-name.com.")
    lines += draw(_soa(state))
    lines += [draw(_record(state, ZONE, "NS", f"ns{number}.hoster.net.")) for number in (1, 2)]
    aliases: set[dns.name.Name] = set()
    for dummy in range(draw(st.integers(0, 12))):
        lines += draw(_piece(state, aliases))
    text = eol.join(line.replace("\n", eol) for line in lines)
    ends = [eol, eol, eol + eol]
    if not lines[-1].startswith("$"):  # BIND refuses a directive in a last line without a line end
        ends.append("")
    return text + draw(st.sampled_from(ends))


class _State:
    """The state of a reader at a line of the text."""

    def __init__(self) -> None:
        self.origin: dns.name.Name = ZONE
        self.owner: dns.name.Name | None = None
        self.has_ttl = False


@st.composite
def _piece(draw: st.DrawFn, state: _State, aliases: set[dns.name.Name]) -> list[str]:
    kind = draw(st.sampled_from(["record"] * 8 + ["comment", "blank", "origin", "ttl", "generate"]))
    if kind == "comment":
        return [draw(st.sampled_from(["", "  ", "\t"])) + draw(_COMMENTS)]
    if kind == "blank":
        return [draw(st.sampled_from(["", "   ", "\t"]))]
    if kind == "origin":
        state.origin = draw(st.sampled_from(ORIGINS))
        return [f"$ORIGIN {state.origin.to_text()}{draw(st.sampled_from(['', ' ; here']))}"]
    if kind == "ttl":
        return [f"$TTL {draw(_ttl_text())}"]
    if kind == "generate":
        state.owner = None  # servers disagree about a blank owner after it
        return ["$GENERATE 1-3 host$.company-name.com. 77 A 192.0.2.$"]
    name, rdtype = draw(keys())
    if rdtype == "CNAME":
        if name in aliases:
            return []
        aliases.add(name)
    return [draw(_record(state, name, rdtype, draw(_spelled_value(rdtype, state.origin))))]


def _ttl_text() -> st.SearchStrategy[str]:
    return st.sampled_from(["0", "60", "5m", "3600", "1h", "1H", "1h30m", "1d", "1w2d"])


@st.composite
def _soa(draw: st.DrawFn, state: _State) -> list[str]:
    ttl = draw(st.sampled_from(["", "1h ", "300 "]))
    serial = draw(st.sampled_from([1, 2026112000, 2026112107, 1763683200, 4294967295]))
    state.owner = ZONE
    owner = draw(st.sampled_from(["@", "company-name.com."]))
    rest = draw(
        st.sampled_from(
            [
                "IN SOA ns1.hoster.net. host.hoster.net. {} 2h 1h 4w 1h",
                "SOA\tns1.hoster.net. host.hoster.net. (\n\t{}   ; serial\n\t7200 3600\n  2419200 ; (expire\n 3600 )",
                "( IN SOA ns1.hoster.net. host.hoster.net.\n\n {} 2h 1h 4w 1h\n) ; end",
            ]
        )
    )
    return [f"{owner} {ttl}{rest.format(serial)}"]


def _spelled_name(name: dns.name.Name, origin: dns.name.Name) -> st.SearchStrategy[str]:
    spellings = [name.to_text()]
    if name == origin:
        spellings += ["@", "@"]
    elif name.is_subdomain(origin):
        spellings += [name.relativize(origin).to_text()] * 3
    return st.sampled_from(spellings)


@st.composite
def _spelled_value(draw: st.DrawFn, rdtype: str, origin: dns.name.Name) -> str:
    value = draw(values(rdtype))
    if rdtype == "TXT":
        text = value.to_text()
        whole = rdata.txt_bytes(value)
        if whole.isalnum() and len(whole) < 256 and draw(st.booleans()):
            text = whole.decode()
        elif whole and len(whole) < 200 and draw(st.booleans()):
            cut = draw(st.integers(0, len(whole)))
            text = " ".join(rdata.txt(part).to_text() for part in (whole[:cut], whole[cut:]))
        return draw(st.sampled_from([text, f"( {text} )", f"(\n  {text} ; ) note\n)"]))
    if rdtype == "MX":
        return f"{value.preference}{draw(_BLANKS)}{draw(_spelled_name(value.exchange, origin))}"  # type: ignore[attr-defined]
    if rdtype == "CNAME":
        return draw(_spelled_name(value.target, origin))  # type: ignore[attr-defined]
    return value.to_text()


@st.composite
def _record(draw: st.DrawFn, state: _State, name: dns.name.Name, rdtype: str, data: str) -> str:
    if name == state.owner and draw(st.booleans()):
        owner = draw(_BLANKS)
    else:
        owner = draw(_spelled_name(name, state.origin)) + draw(_BLANKS)
    state.owner = name
    ttl = draw(st.one_of(st.just(""), _ttl_text()))
    rdclass = draw(st.sampled_from(["", "IN", "in"]))
    fields = [field for field in draw(st.permutations([ttl, rdclass])) if field]
    head = "".join(field + draw(_BLANKS) for field in [*fields, draw(st.sampled_from([rdtype, rdtype.lower()]))])
    if "\n" not in data and draw(st.integers(0, 9)) == 0:
        return f"{owner}( {head}{data}\n )"
    return f"{owner}{head}{data}{draw(st.sampled_from(['', '', ' ', ' ; kept', chr(9) + ';kept too']))}"
