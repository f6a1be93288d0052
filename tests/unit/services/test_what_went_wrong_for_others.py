# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What went wrong for others who set up domains at sending services, by public reports, and the tests that show that it
does not happen here. Whoever removes one of these tests sees what it was for.
"""

from __future__ import annotations

import ast
import functools
from pathlib import Path
from typing import NamedTuple

import pytest

TESTS = Path(__file__).parents[2]
MODULE = "integration/services/test_sending_domain.py"
MANY = "integration/services/test_sending_domains.py"
SES, MAILGUN = "integration/services/test_amazon_ses.py", "integration/services/test_mailgun.py"
SENDGRID, BREVO = "integration/services/test_sendgrid.py", "integration/services/test_brevo.py"
MAILJET, POSTMARK = "integration/services/test_mailjet.py", "integration/services/test_postmark.py"
SCALEWAY, DNS = "integration/services/test_scaleway.py", "integration/services/test_dns_view.py"
ROLE, KILLED = "integration/role/test_services.py", "integration/role/test_killed_at_services.py"
PLANNING, PUBLICATION = "unit/services/clients/test_planning.py", "unit/services/clients/test_publication.py"
CONTRACT, CATALOGUE = "unit/services/clients/test_contract.py", "unit/services/test_catalogue.py"
ANSWERS, ACCOUNTS = "unit/services/test_answers.py", "unit/role/test_accounts.py"
SENDERS, INTENTS = "unit/role/test_by_service.py", "unit/intents/test_records.py"


class Case(NamedTuple):
    """``tests``: each is the file, and what follows ``test_`` in the name."""

    happened: str
    tests: tuple[tuple[str, str], ...]


CASES = (
    # -- found and kept, never made twice, never taken over by accident
    Case(
        "Each run made another object for the same domain at SendGrid, and validating one made the other invalid.",
        (
            (SENDGRID, "the_valid_one_of_two_is_used_and_the_other_never_validated"),
            (SENDGRID, "two_of_which_none_is_valid_are_a_conflict"),
            (SENDGRID, "names_are_compared_exactly"),
        ),
    ),
    Case(
        "A tool adopted an identity and wrote its own return path over the one that was in use.",
        (
            (MODULE, "what_is_not_stated_stays"),
            (MODULE, "another_return_path_is_a_conflict"),
            (MODULE, "another_option_than_that_in_use_is_a_conflict"),
            (MODULE, "a_return_path_that_was_switched_off_stays_off"),
        ),
    ),
    Case(
        "DNS did not answer, which was taken for a missing key: a new one was made, and mail was no longer signed.",
        (
            (MODULE, "silence_of_the_name_servers_changes_nothing"),
            (MODULE, "nothing_is_registered_while_dns_is_silent"),
            (PLANNING, "what_could_not_be_asked_is_not_taken_for_free"),
            (PUBLICATION, "silence_is_not_missing"),
        ),
    ),
    Case(
        "A run died right after it had registered a domain, and all later ones ended with 'already exists'.",
        (
            (MANY, "killed_after_any_call_the_next_run_reaches_the_same_state"),
            (KILLED, "killed_after_any_call_the_next_rollout_reaches_the_same_state"),
            (MODULE, "registered_already_and_never_shown_allows_both_readings"),
        ),
    ),
    Case(
        "Mailjet answered the question to look with 200 and no errors, and the sender was inactive all the same.",
        ((MAILJET, "an_answer_without_errors_is_no_success"), (MAILJET, "a_deleted_sender_comes_back")),
    ),
    # -- reading a state
    Case(
        "A domain that waited was shown as failed, although all its records were there.",
        ((MODULE, "all_published_and_the_service_has_not_looked_yet"),),
    ),
    Case(
        "Another key length gave new tokens, and a verified domain was unsigned for a while without a word.",
        ((SES, "another_key_length_gives_new_tokens_and_the_domain_stays_verified"),),
    ),
    Case(
        "The answer to the question to look contradicted what the console showed, and a loop asked for ever.",
        ((POSTMARK, "a_contradiction_is_pending_and_told"),),
    ),
    Case(
        "Asking once more made a verified domain pending.",
        (
            (MAILGUN, "from_nothing_to_a_verified_domain"),
            (MAILGUN, "pending_right_after_the_question_is_no_change_for_the_worse"),
        ),
    ),
    Case(
        "A tool crashed, or made a second domain, because the service did not show yet what it had just made.",
        tuple(
            (file, "it_is_read_again_when_it_is_not_shown_at_once")
            for file in (MODULE, MAILGUN, SENDGRID, BREVO, MAILJET, POSTMARK)
        ),
    ),
    Case(
        "Time ran out while a tool waited, and it said that the domain was validated.",
        ((MODULE, "verified_is_not_waited_for_longer_than_is_said"),),
    ),
    Case(
        "One bad check switched off a sender that worked; and a move to another DNS host lost records, unnoticed.",
        (
            (ROLE, "a_server_that_sends_stays_as_it_is_whatever_the_service_says"),
            (ROLE, "verify_names_what_a_service_waits_for"),
            (MODULE, "a_record_that_was_lost_is_told_and_the_tokens_stay"),
        ),
    ),
    # -- time
    Case(
        "After 72 hours SES had stopped looking in one region, and nobody knew.",
        (
            (MODULE, "given_up_after_72_hours"),
            (MODULE, "the_second_run_changes_nothing_while_it_waits"),
            (SES, "other_regions_know_nothing_of_it"),
        ),
    ),
    Case(
        "Records were published in a zone to which nobody delegates, and a run waited for half an hour.",
        (
            (DNS, "records_at_servers_to_which_nobody_delegates"),
            (PLANNING, "a_wrong_delegation_is_told_before_anything_is_made"),
        ),
    ),
    Case(
        "The service was asked too early, and DNS told it for an hour that nothing was there.",
        (
            (DNS, "records_are_asked_of_the_authoritative_servers_alone"),
            (DNS, "for_how_long_it_is_remembered_that_nothing_was_there"),
            (MANY, "waiting_asks_the_service_only_once_the_records_are_there"),
        ),
    ),
    # -- names and values
    Case(
        "Records were published with the domain twice in their names, or one level too high.",
        (
            (CONTRACT, "a_name_is_absolute_however_the_service_tells_it"),
            (CONTRACT, "a_label_below_a_registered_subdomain_stays_below_it"),
            (MODULE, "a_return_path_is_written_in_several_ways"),
            (MODULE, "a_name_with_the_domain_twice_is_named"),
        ),
    ),
    Case(
        "Values that mean the same were called wrong: a final dot, a long key in two parts, another order.",
        ((PUBLICATION, "equal_but_not_the_same_text"),),
    ),
    Case(
        "The zone of SES's keys was taken for a constant, and differs by region.",
        (
            (SES, "the_zone_of_the_keys_is_read"),
            (SES, "an_old_boto3_does_not_tell_the_zone_of_the_keys"),
            (CATALOGUE, "a_region_that_a_service_lacks_gets_the_nearest"),
        ),
    ),
    Case(
        "A selector was guessed, and the key stood at a name that Mailgun does not use.",
        (
            (MAILGUN, "a_domain_without_automatic_keys_keeps_its_selector"),
            (MAILGUN, "from_nothing_to_a_verified_domain"),
        ),
    ),
    # -- what stands there already
    Case(
        "The default label of a return path was another service's already.",
        (
            (MODULE, "a_label_that_somebody_holds"),
            (SENDGRID, "a_label_that_another_account_holds"),
            (SENDGRID, "a_selector_that_another_account_holds"),
            (DNS, "nothing_stands_beside_a_cname"),
        ),
    ),
    Case(
        "Receivers refused mail of a subdomain that could not receive; elsewhere an MX took away a company's mail.",
        (
            (MAILGUN, "it_is_never_beside_another_mx"),
            (MAILGUN, "it_stays_away_from_the_organisational_domain"),
            (PUBLICATION, "the_mx_where_mail_would_find_nobody"),
            (PUBLICATION, "the_mx_stays_away_from_the_organisational_domain_and_from_what_swallows"),
        ),
    ),
    Case(
        "A vendor held _dmarc by a CNAME, a TXT record stood beside it, and the policy was lost.",
        (
            (DNS, "a_policy_behind_a_cname_counts"),
            (INTENTS, "a_policy_that_a_vendor_holds_by_a_cname_gets_none_beside_it"),
        ),
    ),
    Case(
        "A CNAME was written and not to be seen, as the DNS host put addresses in its place.",
        (
            (MODULE, "a_proxied_cname_is_named_as_the_cause"),
            ("integration/providers/test_cloudflare.py", "a_proxied_cname_at_a_name_of_ours_becomes_dns_only"),
        ),
    ),
    Case(
        "Tracking links lost their certificate, because a tool switched off the proxy that gave it.",
        ((MAILGUN, "a_tracking_record_that_stands_is_never_touched"),),
    ),
    Case(
        "Records outlived a registration, and somebody else registered the domain there.",
        (
            (MODULE, "what_still_leads_to_the_service_is_told_though_nothing_is_registered"),
            (MODULE, "ours_is_removed_and_what_led_there_is_listed"),
            (ROLE, "verify_names_what_a_service_waits_for"),
        ),
    ),
    # -- region
    Case(
        "A domain was asked for in the EU and made in the US; a right key was refused at the wrong door.",
        (
            (MAILGUN, "a_domain_of_the_other_region_is_not_made_again"),
            (MAILGUN, "a_key_of_the_other_region_is_told_after_one_probe"),
            (SENDGRID, "a_key_of_the_other_region_is_told_after_one_probe"),
        ),
    ),
    Case(
        "A region cannot be changed or seen, and a tool deleted and made anew what was in use.",
        (
            (SENDGRID, "from_nothing_to_a_verified_domain"),
            (SCALEWAY, "rights_regions_and_keys"),
            (CATALOGUE, "a_region_that_a_service_lacks_gets_the_nearest"),
        ),
    ),
    Case(
        "The region was changed and the password, which is derived from it, was not.",
        (
            (ACCOUNTS, "changing_the_region_changes_host_and_password_together"),
            (CATALOGUE, "where_an_account_is_of_one_region_it_is_never_guessed"),
        ),
    ),
    # -- logging in
    Case(
        "The secret of an IAM key was used as SMTP password.",
        (
            (CATALOGUE, "an_iam_secret_is_no_smtp_password"),
            (CATALOGUE, "temporary_credentials_are_refused"),
            (SENDERS, "an_iam_secret_is_refused_with_the_name_of_the_filter"),
        ),
    ),
    Case(
        "A policy that was bound to the sender's identity refused recipients who are identities too.",
        ((ANSWERS, "an_answer_is_explained"),),
    ),
    Case(
        "At Mailgun the same password again was an error, a weak one left no login, and each run saw a change.",
        (
            (MAILGUN, "a_login_is_made_once"),
            (MAILGUN, "a_password_is_set_when_that_is_said"),
            (MAILGUN, "an_unusable_password_is_refused_before_any_call"),
            (ROLE, "two_senders_at_two_services_are_one_run"),
        ),
    ),
    Case(
        "A login was refused for a quota or for what came after it, and people changed a right password.",
        ((ANSWERS, "an_answer_is_explained"),),
    ),
    Case(
        "A closed port, and TLS at a port that begins without it, said nothing of either.",
        (
            (ANSWERS, "a_closed_port_comes_with_the_others_of_the_service"),
            (ANSWERS, "tls_at_a_port_for_starttls_is_no_riddle"),
            (SENDERS, "encryption_that_the_port_does_not_speak"),
        ),
    ),
    Case(
        "Google closed the connection of a container that greeted as localhost.",
        ((ANSWERS, "an_answer_is_explained"),),
    ),
    Case(
        "Microsoft had switched SMTP AUTH off for the tenant, and passwords end.",
        ((ANSWERS, "an_answer_is_explained"), (CATALOGUE, "microsofts_dates_for_passwords_are_told")),
    ),
    # -- who appears as sender
    Case(
        "A strict DMARC policy and a sending subdomain: all mail was quarantined, and the service showed green.",
        (
            (MODULE, "a_subdomain_can_not_align_with_a_strict_policy"),
            (PLANNING, "a_sending_subdomain_must_align"),
        ),
    ),
    Case(
        "The From, or the bounce address, was of a domain that is not registered in that account and region.",
        (
            (ACCOUNTS, "the_default_from_must_be_of_a_domain_that_is_registered"),
            (ACCOUNTS, "an_account_that_cannot_be_meant"),
            (ANSWERS, "an_answer_is_explained"),
        ),
    ),
    Case(
        "Brevo sent as an address of its own, as the domain was verified and not authenticated.",
        ((BREVO, "verified_and_not_authenticated_is_pending"),),
    ),
    Case(
        "The records of a return path were published and checked, and it was never set at SES.",
        ((MODULE, "records_of_a_return_path_that_was_never_set"), (DNS, "records_of_a_return_path_that_is_not_set")),
    ),
    Case(
        "A mailbox took login, sender and recipient, and refused the message; or took it and never sent it.",
        (
            (SENDERS, "the_default_from_must_be_it_too"),
            (SENDERS, "a_whole_domain_as_from_filter_is_refused"),
            ("integration/odoo/test_test_message.py", "a_message_that_passes_is_told_in_every_part"),
        ),
    ),
    # -- afterwards
    Case(
        "Replies missed their thread, as SES replaces the Message-Id.",
        ((CATALOGUE, "the_page_of_the_services_is_that_of_the_catalogue"),),
    ),
    Case(
        "An address at SES had settings of its own, which won over those of its domain.",
        ((SES, "an_address_with_settings_of_its_own_is_a_finding"),),
    ),
    Case(
        "A service took one call a second, and the same registration was sent again and again.",
        (
            (MANY, "many_new_domains_obey_the_limit_of_the_account"),
            (SES, "a_registration_is_never_sent_twice"),
            (MODULE, "a_call_that_failed_leads_to_the_same_state"),
        ),
    ),
)


@functools.cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.happened[:50])
def test_each_has_a_test(case: Case) -> None:
    lacking = [f"{file}::test_{name}" for file, name in case.tests if f"test_{name}" not in functions_of(file)]
    assert case.tests and not lacking


def test_no_case_is_there_twice() -> None:
    assert len({case.happened for case in CASES}) == len(CASES)
