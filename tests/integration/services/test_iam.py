# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The IAM policies that the page of Amazon SES gives, and the user that Odoo sends by, at moto's IAM."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import set_initial_no_auth_action_count

from ansible_collections.postmaster.mail.plugins.filter.ses_smtp_password import FilterModule
from ansible_collections.postmaster.mail.plugins.module_utils.services.registry import SERVICES
from ansible_collections.postmaster.mail.tests.simulators.services import amazon_ses as simulator

REGION = "eu-west-1"
ROOT = Path(__file__).parents[3]
OF_TOOL, OF_ODOO = (
    json.loads(text)
    for text in re.findall(r"```json\n(.*?)```", (ROOT / "docs/services/amazon_ses.md").read_text("utf-8"), re.DOTALL)
)


@pytest.fixture
def iam(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield boto3.client("iam", region_name=REGION)


def user(iam: Any, name: str, policy: dict[str, Any]) -> dict[str, Any]:
    """A new user with this policy; its access key."""
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="mail", PolicyDocument=json.dumps(policy))
    key: dict[str, Any] = iam.create_access_key(UserName=name)["AccessKey"]
    return key


def test_iam_takes_the_policies_of_the_page(iam: Any) -> None:
    for name, policy in (("tool", OF_TOOL), ("odoo", OF_ODOO)):
        user(iam, name, policy)
        assert iam.get_user_policy(UserName=name, PolicyName="mail")["PolicyDocument"] == policy
    (statement,) = OF_ODOO["Statement"]
    broken = {**OF_ODOO, "Statement": [{**statement, "Condition": {"StringLike": ["ses:FromAddress"]}}]}
    with pytest.raises(ClientError, match="MalformedPolicyDocument"):
        user(iam, "other", broken)


def test_the_policy_of_odoo_is_not_bound_to_an_identity() -> None:
    """With the domain's identity as its resource, recipients that are identities are refused with 554."""
    (statement,) = OF_ODOO["Statement"]
    assert statement["Resource"] == "*" and statement["Action"] == "ses:SendRawEmail"
    assert statement["Condition"] == {"StringLike": {"ses:FromAddress": "*@company-name.com"}}
    told = " ".join([*SERVICES["amazon_ses"].by_hand, *(one.sentence for one in SERVICES["amazon_ses"].answers)])
    assert told.count("condition on ses:FromAddress") >= 3


def test_the_policy_of_the_tool_allows_what_our_client_calls_and_nothing_else() -> None:
    (statement,) = OF_TOOL["Statement"]
    called = {name for dummy, dummy_path, name in simulator._OPERATIONS}
    assert set(statement["Action"]) == {f"ses:{name}" for name in (*called, "TagResource")}
    model = botocore.session.get_session().get_service_model("sesv2")
    assert {action.partition(":")[2] for action in statement["Action"]} <= set(model.operation_names)


def test_the_key_of_a_new_user_gives_the_password_of_smtp(iam: Any) -> None:
    key = user(iam, "odoo", OF_ODOO)
    derived = FilterModule().filters()["ses_smtp_password"](key["SecretAccessKey"], REGION)
    service = SERVICES["amazon_ses"]
    assert "ses_smtp_password" in service.slip_of("password", key["SecretAccessKey"])
    assert not service.slip_of("password", derived) and not service.slip_of("username", key["AccessKeyId"])
    assert derived != FilterModule().filters()["ses_smtp_password"](key["SecretAccessKey"], "eu-west-3")
    iam.create_access_key(UserName="odoo")
    with pytest.raises(ClientError, match="LimitExceeded") as third:
        iam.create_access_key(UserName="odoo")
    assert third.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409


def test_odoo_may_send_and_do_nothing_else(iam: Any) -> None:
    key = user(iam, "odoo", OF_ODOO)
    keys = {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}
    boto3.client("ses", region_name=REGION).verify_domain_identity(Domain="company-name.com")
    message = {"Data": b"From: odoo@company-name.com\nTo: a@partner.example\n\nHello"}

    @set_initial_no_auth_action_count(0)
    def as_odoo() -> None:
        ses = boto3.client("ses", region_name=REGION, **keys)
        ses.send_raw_email(Source="odoo@company-name.com", RawMessage=message)
        with pytest.raises(ClientError, match="AccessDenied"):
            ses.delete_identity(Identity="company-name.com")
        with pytest.raises(ClientError, match="AccessDenied"):
            boto3.client("iam", region_name=REGION, **keys).list_users()

    as_odoo()
