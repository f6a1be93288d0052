# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Route 53 as boto3 makes and shows it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import boto3

from ansible_collections.postmaster.mail.tests.integration.providers.backend import Backend, Record, Sets
from ansible_collections.postmaster.mail.tests.servers.process import free_port
from ansible_collections.postmaster.mail.tests.simulators.route53 import Account, Route53Simulator


class Route53Backend(Backend):
    def __init__(self, simulator: Route53Simulator) -> None:
        self.simulator = simulator
        self.account = simulator.add_account()
        self.client = client(simulator, simulator.add_account(limited=False))
        self.options = options(simulator, self.account)
        other = secrets.token_urlsafe(30)
        self.wrong = [
            ({**self.options, "secret_key": other}, other),
            ({**self.options, "access_key": "AKIAUNKNOWN"}, self.account.secret_key),
        ]
        self.unreachable = {**self.options, "endpoint": f"http://127.0.0.1:{free_port()}"}
        self.ids: dict[str, str] = {}

    @property
    def calls(self) -> dict[str, int]:
        """The calls of the provider so far, by operation."""
        return dict(self.account.calls)

    def put_zone(self, zone: str, records: Iterable[Record], private: bool = False) -> None:
        extra: dict[str, Any] = {"VPC": {"VPCId": "vpc-1", "VPCRegion": "eu-west-1"}} if private else {}
        made = self.client.create_hosted_zone(
            Name=zone,
            CallerReference=secrets.token_hex(),
            HostedZoneConfig={"PrivateZone": private},
            **extra,
        )
        self.ids[zone] = made["HostedZone"]["Id"].rpartition("/")[2]
        self.change(zone, *(("CREATE", record_set(*record)) for record in records))

    def change(self, zone: str, *changes: tuple[str, Mapping[str, Any]]) -> None:
        """What another program writes."""
        batch = [{"Action": action, "ResourceRecordSet": each} for action, each in changes]
        for start in range(0, len(batch), 200):
            self.client.change_resource_record_sets(
                HostedZoneId=self.ids[zone], ChangeBatch={"Changes": batch[start : start + 200]}
            )

    def listed(self, zone: str) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("list_resource_record_sets").paginate(HostedZoneId=self.ids[zone])
        return [each for page in pages for each in page["ResourceRecordSets"]]

    def sets(self, zone: str) -> Sets:
        return {
            (unescaped(each["Name"]).rstrip("."), each["Type"]): (
                each["TTL"],
                frozenset(in_decimal(record["Value"]) for record in each["ResourceRecords"]),
            )
            for each in self.listed(zone)
            if each["Type"] != "SOA" and "TTL" in each
        }

    def put_aliases(self, zone: str) -> dict[str, bool]:
        target = {"HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": "d1.cloudfront.net.", "EvaluateTargetHealth": False}
        self.change(zone, ("DELETE", next(s for s in self.listed(zone) if (s["Name"], s["Type"]) == (f"{zone}.", "A"))))
        for owner, kind in (("", "A"), ("", "AAAA"), ("www6.", "AAAA"), ("front.", "CNAME")):
            self.change(zone, ("CREATE", {"Name": f"{owner}{zone}.", "Type": kind, "AliasTarget": target}))
        return {"": False, "www6": False, "front": True}

    def aliases(self, zone: str) -> list[dict[str, Any]]:
        return [each for each in self.listed(zone) if "AliasTarget" in each]

    def writes(self, zone: str) -> int:
        return self.simulator.applied[self.ids[zone]]

    def interfere(self, zone: str, name: str, rdtype: str, value: str) -> None:
        ttl, values = self.sets(zone).get((name, rdtype), (3600, frozenset()))
        self.change(zone, ("UPSERT", record_set(name, rdtype, ttl, [*values, value])))


def options(simulator: Route53Simulator, account: Account) -> dict[str, Any]:
    return {
        "provider": "route53",
        "endpoint": simulator.endpoint,
        "access_key": account.access_key,
        "secret_key": account.secret_key,
    }


def client(simulator: Route53Simulator, account: Account) -> Any:
    return boto3.client(
        "route53",
        region_name="us-east-1",
        endpoint_url=simulator.endpoint,
        aws_access_key_id=account.access_key,
        aws_secret_access_key=account.secret_key,
    )


def record_set(name: str, rdtype: str, ttl: int, values: Iterable[str]) -> dict[str, Any]:
    return {
        "Name": f"{name}.",
        "Type": rdtype,
        "TTL": ttl,
        "ResourceRecords": [{"Value": in_octal(value)} for value in values],
    }


def in_octal(text: str) -> str:
    """The escapes of a master file as Route 53 wants them."""
    return re.sub(r"\\(\d{3}|.)", lambda m: m[0] if len(m[1]) == 1 else f"\\{int(m[1]):03o}", text)


def in_decimal(text: str) -> str:
    return re.sub(r"\\([0-7]{3}|.)", lambda m: m[0] if len(m[1]) == 1 else f"\\{int(m[1], 8):03d}", text)


def unescaped(name: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), name)
