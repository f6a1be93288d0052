# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amazon Simple Email Service over SMTP. Identities, quota, password and sandbox are separate in each region."""

from __future__ import annotations

from .model import (
    RELAY,
    STARTTLS,
    TLS,
    DkimKeys,
    ReturnPath,
    SendingService,
    Slip,
    SmtpAnswer,
    SmtpLogin,
    SmtpPort,
)

# the regions of sesv2 in botocore
_REGIONS = (
    "af-south-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
    "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6",
    "ap-southeast-7", "ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1",
    "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1", "me-south-1", "mx-central-1",
    "sa-east-1", "us-east-1", "us-east-2", "us-gov-east-1", "us-gov-west-1", "us-west-1", "us-west-2",
)  # fmt: skip
_DERIVE = "{{ secret | postmaster.mail.ses_smtp_password('eu-west-1') }}, with the region of the sender"

SERVICE = SendingService(
    name="amazon_ses",
    title="Amazon SES",
    kind=RELAY,
    hosts={region: f"email-smtp.{region}.amazonaws.com" for region in _REGIONS},
    ports=(
        SmtpPort(587, STARTTLS),
        SmtpPort(465, TLS),
        SmtpPort(2587, STARTTLS),
        SmtpPort(2465, TLS),
        SmtpPort(25, STARTTLS),
    ),
    login=SmtpLogin(
        username_is="the id of an IAM access key",
        password_is="derived from the secret of that key and the region, by postmaster.mail.ses_smtp_password",
        slips=(
            Slip(
                "password",
                "[A-Za-z0-9/+]{40}",
                "it looks like the secret of an IAM access key, but SES needs the SMTP password that is derived from "
                f"it: {_DERIVE}.",
            ),
            Slip(
                "password",
                "A[A-Za-z0-9/+]{43}",
                f"it was derived in the old way, which SES no longer accepts: derive it again with {_DERIVE}.",
            ),
            Slip(
                "username",
                "ASIA[A-Z0-9]+",
                "it is the id of temporary credentials, which SES does not accept for SMTP: give the id of an IAM "
                "user's access key, which begins with AKIA.",
            ),
        ),
    ),
    dkim=DkimKeys(is_cname=True),
    console_records="three CNAME for DKIM",
    return_path=ReturnPath(
        of_service="amazonses.com",
        label="bounce",
        mx="10 feedback-smtp.{region}.amazonses.com",
        spf_include="amazonses.com",
    ),
    console="the identity in https://console.aws.amazon.com/ses",
    daily_limit="200 messages in the sandbox, then what AWS grants",
    bounces_reach_odoo=True,
    replaces_message_id=True,
    by_hand=(
        "Check in AWS's list whether the region has an SMTP endpoint.",
        "Ask AWS to take the account out of the sandbox of the region, in which only verified addresses receive mail.",
        "Create an IAM user that may ses:SendRawEmail, with Resource * and a condition on ses:FromAddress.",
    ),
    answers=(
        SmtpAnswer(
            r"not authorized to perform|ses:Send(Raw)?Email",
            "the IAM user may not send this message: its policy should allow ses:SendRawEmail with Resource * and a "
            "condition on ses:FromAddress such as *@company-name.com. A Resource that is only the domain's identity "
            "refuses recipients that are identities themselves, and a default configuration set",
        ),
        SmtpAnswer(
            r"Email address is not verified",
            "SES names the identities that fail. The From and the bounce address of Odoo must both be of a domain that "
            "is verified in that region. If it names a recipient, the account is in the sandbox, or the IAM policy is "
            "bound to the identity of the sender: use Resource * with a condition on ses:FromAddress",
        ),
        SmtpAnswer(
            r"\b454\b",
            "the rate or the day's quota of the account is used up, and SES has dropped the message: send more slowly, "
            "or ask AWS for more",
        ),
        SmtpAnswer(
            r"\b535\b",
            "the SMTP password is not that of this region, or is the secret of the IAM key itself. Each region has its "
            f"own: {_DERIVE}",
        ),
    ),
    sources=(
        "https://docs.aws.amazon.com/ses/latest/dg/smtp-connect.html",
        "https://docs.aws.amazon.com/ses/latest/dg/mail-from.html",
        "https://docs.aws.amazon.com/general/latest/gr/ses.html",
        "botocore 1.44.8, sesv2",
    ),
    checked="2026-11-29",
)
