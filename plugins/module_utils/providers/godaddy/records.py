# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Convert records from and to GoDaddy's JSON."""

from __future__ import annotations

from ...libraries import dns
from ...zone.model import Zone
from ...zone.rdata import from_presentation, rdata_type, txt
from .api import Item

_TARGETS = ("CNAME", "MX", "NS", "SRV")  # types whose data is a host name


def owner_of(zone: Zone, item: Item) -> dns.name.Name:
    owner = str(item["name"]).lower()
    # the first two labels of an SRV or TLSA are fields of their own
    labels = [item[field] for field in ("service", "protocol") if item.get(field)]
    if labels and not owner.startswith("_"):
        owner = ".".join([*labels, *([] if owner == "@" else [owner])])
    return dns.name.from_text(owner, zone.name)


def value_of(zone: Zone, item: Item) -> dns.rdata.Rdata:
    """The value of a record from the API. Raises InvalidInput, ValueError or KeyError."""
    rdtype, data = item["type"], str(item["data"])
    if rdtype == "TXT":
        quoted = len(data) > 1 and data[0] == data[-1] == '"'
        return from_presentation(dns.rdatatype.TXT, data) if quoted else txt(data.encode("utf-8", "surrogateescape"))
    if rdtype in _TARGETS and data == "@":
        data = zone.name.to_text()
    if rdtype == "MX":
        data = f"{item['priority']} {data}"
    elif rdtype == "SRV":
        data = f"{item['priority']} {item['weight']} {item['port']} {data}"
    elif rdtype == "CAA" and "tag" in item:
        data = f'{item.get("flag", 0)} {item["tag"]} "{data}"'
    return from_presentation(rdata_type(rdtype), data)
