# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How GoDaddy spells a record, and what it stands for."""

from __future__ import annotations

from ansible_collections.postmaster.mail.plugins.module_utils.errors import InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.libraries import dns
from ansible_collections.postmaster.mail.plugins.module_utils.providers.godaddy.api import Item
from ansible_collections.postmaster.mail.plugins.module_utils.zone.model import Zone
from ansible_collections.postmaster.mail.plugins.module_utils.zone.rdata import from_presentation, rdata_type, txt

_UNKNOWN_TYPE = 65534  # the last for private use (RFC 6895 3.1)
_TARGETS = ("CNAME", "MX", "NS", "SRV")  # types whose data is a host name


def owner_of(zone: Zone, item: Item) -> dns.name.Name:
    owner = str(item["name"]).lower()
    # the first two labels of a SRV or TLSA are fields of their own
    labels = [item[field] for field in ("service", "protocol") if item.get(field)]
    if labels and not owner.startswith("_"):
        owner = ".".join([*labels, *([] if owner == "@" else [owner])])
    return dns.name.from_text(owner, zone.name)


def rdtype_of(text: str) -> dns.rdatatype.RdataType:
    try:
        return rdata_type(text)
    except InvalidInput:
        return dns.rdatatype.RdataType.make(_UNKNOWN_TYPE)


def value_of(zone: Zone, item: Item) -> dns.rdata.Rdata:
    """The value of a record as the API spells it. Raises InvalidInput, ValueError or KeyError."""
    rdtype, data = item["type"], str(item["data"])
    if rdtype == "TXT":
        return from_presentation(dns.rdatatype.TXT, data) if _is_quoted(data) else txt(_octets(data))
    if rdtype in _TARGETS and data == "@":
        data = zone.name.to_text()
    if rdtype == "MX":
        data = f"{item['priority']} {data}"
    elif rdtype == "SRV":
        data = f"{item['priority']} {item['weight']} {item['port']} {data}"
    elif rdtype == "CAA" and "tag" in item:
        data = f'{item.get("flag", 0)} {item["tag"]} "{data}"'
    return from_presentation(rdata_type(rdtype), data)


def _octets(data: str) -> bytes:
    return data.encode("utf-8", "surrogateescape")


def _is_quoted(data: str) -> bool:
    return len(data) > 1 and data[0] == data[-1] == '"'


def is_plain(data: str) -> bool:
    return bool(data) and data.isascii() and data.isprintable() and data == data.strip() and not _is_quoted(data)


def opaque(rdtype: dns.rdatatype.RdataType, item: Item) -> dns.rdata.Rdata:
    """A value that is shown and compared, and never sent."""
    return dns.rdata.GenericRdata(dns.rdataclass.IN, rdtype, str(item.get("data", "")).encode("utf-8", "surrogatepass"))
