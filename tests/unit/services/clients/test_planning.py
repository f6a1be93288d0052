# Copyright: (c) 2026, postmaster.mail contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning what to do for a domain at any sending service."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ansible_collections.postmaster.mail.plugins.module_utils.errors import Conflict, InvalidInput
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients import planning
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.contract import (
    VERIFIED,
    Desired,
    Progress,
    Registration,
    ServiceFacts,
)
from ansible_collections.postmaster.mail.plugins.module_utils.services.clients.planning import Surroundings

FACTS = ServiceFacts(
    "Service",
    "2026-11-29",
    1.0,
    can_mark=True,
    return_path_labels=("bounce", "bounces"),
    options=("key_length", "configuration_set", "feedback"),
)
MARKLESS = dataclasses.replace(FACTS, can_mark=False)
WANTED = Desired("company.test", "company.test")
FREE = Surroundings(
    holders={"bounce.company.test": "", "mail.company.test": ""}, alignment=("r", "r"), exchanges=(), has_dmarc=True
)
HELD = dataclasses.replace(FREE, holders={"bounce.company.test": "CNAME x.other.test", "bounces.company.test": ""})


def registered(**state: Any) -> Registration:
    return Registration(
        "company.test",
        "1",
        {"domain": Progress(VERIFIED, "SUCCESS"), "return_path": Progress(VERIFIED, "SUCCESS")},
        records=(),
        **{
            "in_use": {"return_path": "send.company.test", "key_length": 1024},
            "mark": {},
            "was_verified": True,
            **state,
        },
    )


def plan(desired: Desired, found: Registration | None = None, around: Surroundings = FREE, **more: Any) -> Any:
    return planning.plan(desired, found, more.pop("facts", FACTS), around, **{"keys": {}, **more})


def with_return_path(value: str | bool) -> Desired:
    return dataclasses.replace(WANTED, return_path=value)


# -- nothing is registered -------------------------------------------------------------------------------------------


def test_a_new_registration_gets_the_first_free_label_and_stores_it_in_the_mark() -> None:
    made = plan(WANTED, now="2026-11-29T08:00:00+00:00")
    assert (made.action, made.desired.return_path) == (planning.REGISTER, "bounce.company.test")
    assert made.desired.mark == {"registered": "2026-11-29T08:00:00+00:00", "return-path": "bounce.company.test"}


def test_a_label_in_use_is_skipped_with_a_note() -> None:
    made = plan(WANTED, around=HELD)
    assert made.desired.return_path == "bounces.company.test"
    assert made.notes == (
        "The return path is bounces.company.test, as bounce.company.test is held by CNAME x.other.test.",
    )


def test_a_given_label_in_use_is_refused_with_its_record() -> None:
    with pytest.raises(Conflict, match=r"bounce\.company\.test is held by CNAME x\.other\.test"):
        plan(with_return_path("bounce.company.test"), around=HELD)


S1, S2 = "s1._domainkey.company.test", "s2._domainkey.company.test"
KEYS = {"": (S1, S2)}


@pytest.mark.parametrize(
    ("unknown", "desired", "what"),
    [
        ({"holders": {}}, WANTED, "Whether there is something at bounce.company.test"),
        ({}, WANTED, "Whether there is something at s1._domainkey.company.test"),  # FREE does not contain it
        ({"exchanges": None}, WANTED, "What is at company.test"),
        ({"has_dmarc": None}, Desired("company.test", "mg.company.test"), "The DMARC record of company.test"),
    ],
)
def test_a_name_that_could_not_be_queried_does_not_count_as_free(
    unknown: dict[str, Any], desired: Desired, what: str
) -> None:
    with pytest.raises(Conflict) as caught:
        plan(desired, around=dataclasses.replace(FREE, **unknown), keys=KEYS)
    assert str(caught.value).startswith(f"{what} could not be found out: none of its name servers")


def test_a_name_whose_value_the_service_chooses_must_be_free() -> None:
    around = with_holders({S1: "CNAME s1.domainkey.u1.other.test", S2: ""})
    with pytest.raises(Conflict, match=r"s1\._domainkey\.company\.test is held by CNAME s1.*not registered in this"):
        plan(WANTED, around=around, keys=KEYS)


def with_holders(holders: dict[str, str]) -> Surroundings:
    return dataclasses.replace(FREE, holders={**FREE.holders, **holders})


# -- the selector of DKIM --------------------------------------------------------------------------------------------

SELECTING = dataclasses.replace(
    FACTS, options=("dkim_selector",), dkim_selectors=("", "sga", "sgb"), selector_length=3, return_path_is_final=True
)
MORE_KEYS = {**KEYS, "sga": ("sga", "sga2"), "sgb": ("sgb", "sgb2")}
NOBODY = dict.fromkeys((S1, S2, "sga", "sga2", "sgb", "sgb2"), "")


@pytest.mark.parametrize(
    ("held", "selector", "note"),
    [
        ((), None, ""),
        ((S1,), "sga", f"The DKIM selector is sga, as {S1} is held by the sender Shop."),
        ((S2,), "sga", f"The DKIM selector is sga, as {S2} is held by the sender Shop."),
        (
            (S1, "sga2"),
            "sgb",
            f"The DKIM selector is sgb, as {S1} is held by the sender Shop; sga2 is held by the sender Shop.",
        ),
    ],
)
def test_a_new_registration_gets_the_first_free_selector(
    held: tuple[str, ...], selector: str | None, note: str
) -> None:
    around = with_holders({**NOBODY, **dict.fromkeys(held, "the sender Shop")})
    made = plan(WANTED, around=around, facts=SELECTING, keys=MORE_KEYS)
    assert made.action == planning.REGISTER and made.desired.dkim_selector == selector
    assert made.notes == ((note,) if note else ())


def test_selectors_of_which_none_is_free_are_a_conflict() -> None:
    around = with_holders({**NOBODY, **dict.fromkeys((S1, "sga", "sgb"), "the sender Shop")})
    with pytest.raises(planning.NameTaken) as caught:
        plan(WANTED, around=around, facts=SELECTING, keys=MORE_KEYS)
    assert caught.value.found.startswith(f"{S1} is held by the sender Shop; sga is held by the sender Shop; sgb is")
    assert caught.value.cure.startswith("Give another dkim_selector, use the account that holds it")


def test_a_selector_of_which_nobody_could_be_asked_is_not_passed_over() -> None:
    with pytest.raises(Conflict, match=f"Whether there is something at {S2} could not be found out"):
        plan(WANTED, around=with_holders({S1: "", "sga": "", "sga2": ""}), facts=SELECTING, keys=MORE_KEYS)


@pytest.mark.parametrize("selector", ["ab", "abcd", "a-b", "a.b", "ABC", "äbc", "abc\n", ""])
def test_a_selector_that_the_service_would_not_accept_is_refused(selector: str) -> None:
    with pytest.raises(InvalidInput, match="dkim_selector: Service accepts 3 lower-case letters or digits, not '"):
        planning.check(dataclasses.replace(WANTED, dkim_selector=selector), SELECTING)
    planning.check(dataclasses.replace(WANTED, dkim_selector="a1b"), SELECTING)


def test_a_registration_keeps_the_selector_that_it_has() -> None:
    found = registered(in_use={"return_path": "send.company.test", "dkim_selector": "old"})
    kept = plan(WANTED, found, facts=SELECTING, keys=MORE_KEYS)
    assert (kept.action, kept.desired.dkim_selector, kept.notes) == (planning.NOTHING, None, ())
    same = dataclasses.replace(WANTED, dkim_selector="old")
    assert plan(same, found, facts=SELECTING).action == planning.NOTHING


def test_another_selector_is_a_conflict_and_can_not_be_set() -> None:
    found = registered(in_use={"return_path": "send.company.test", "dkim_selector": "s1"})
    other = dataclasses.replace(WANTED, dkim_selector="abc")
    with pytest.raises(Conflict) as caught:
        plan(other, found, facts=SELECTING)
    assert str(caught.value) == (
        "company.test is registered at Service with the DKIM selector s1, but abc is requested. Nothing was changed. "
        "Leave out dkim_selector to keep it."
    )
    with pytest.raises(Conflict, match="Service cannot change the DKIM selector of company.test"):
        plan(other, found, facts=SELECTING, take_over=True)


# -- what is refused before anything is made -------------------------------------------------------------------------


def test_a_wrong_delegation_is_refused_before_anything_is_registered() -> None:
    with pytest.raises(Conflict, match="is not delegated. Nothing was registered at Service"):
        plan(WANTED, around=dataclasses.replace(FREE, delegation="company.test is not delegated."))


def test_the_mark_also_says_that_no_return_path_is_wanted() -> None:
    made = plan(with_return_path(False))
    assert made.desired.return_path is False and made.desired.mark["return-path"] == "none"


@pytest.mark.parametrize(
    ("desired", "said"),
    [
        (Desired("company.test", "other.test"), "other.test is not company.test or below it"),
        (with_return_path("bounce.other.test"), "bounce.other.test is not below company.test"),
        (with_return_path("company.test"), "company.test is not below company.test"),
    ],
)
def test_names_outside_the_domain_are_refused(desired: Desired, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        planning.check(desired, FACTS)


def test_a_return_path_is_refused_if_the_service_has_no_choice() -> None:
    with pytest.raises(InvalidInput, match="has no return path to choose"):
        planning.check(with_return_path("mail.company.test"), dataclasses.replace(FACTS, return_path_labels=None))


# -- alignment -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("own_return_path", [True, False])
@pytest.mark.parametrize(
    ("alignment", "outcome"), [(("r", "r"), "fine"), (("r", "s"), "dkim"), (("s", "r"), "spf"), (("s", "s"), "refused")]
)
def test_a_sending_subdomain_must_align(alignment: tuple[str, str], outcome: str, own_return_path: bool) -> None:
    facts = dataclasses.replace(FACTS, own_return_path=own_return_path, return_path_labels=None)
    desired = Desired("company.test", "mg.company.test")
    around = dataclasses.replace(FREE, alignment=alignment)
    outcome = "refused" if outcome == "spf" and not own_return_path else outcome
    if outcome == "refused":
        with pytest.raises(Conflict, match="itself as sending_domain, or send from addresses of mg.company.test"):
            plan(desired, around=around, facts=facts)
        return
    notes = " ".join(plan(desired, around=around, facts=facts).notes)
    assert ("only with SPF" in notes) == (outcome == "spf")
    assert ("only with DKIM" in notes) == (outcome == "dkim" or (outcome == "fine" and not own_return_path))


def test_the_signature_of_the_domain_itself_is_always_aligned() -> None:
    strict = dataclasses.replace(FREE, alignment=("s", "r"))
    assert plan(WANTED, around=strict).notes == ()
    strict = dataclasses.replace(FREE, alignment=("r", "s"))
    assert plan(WANTED, around=strict).notes == ("Mail of company.test through Service passes DMARC only with DKIM.",)
    assert plan(with_return_path(False), around=strict).notes == ()  # the envelope sender is unknown then


def test_an_existing_registration_that_does_not_align_is_only_reported() -> None:
    found = dataclasses.replace(registered(), name="mg.company.test")
    desired = Desired("company.test", "mg.company.test")
    kept = plan(desired, found, Surroundings(alignment=("s", "s")))
    assert kept.action == planning.NOTHING and "would fail DMARC" in kept.notes[0]


# -- a registration exists -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [None, {}, {"return-path": "send.company.test"}])
def test_options_that_are_not_given_stay(mark: dict[str, str] | None) -> None:
    assert plan(WANTED, registered(mark=mark)).action == planning.NOTHING


def test_options_in_use_already_are_no_change() -> None:
    desired = dataclasses.replace(WANTED, return_path="send.company.test", key_length=1024)
    assert plan(desired, registered()).action == planning.NOTHING


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"return_path": "mail.company.test"}, "return path send.company.test (SUCCESS), but mail.company.test"),
        ({"return_path": False}, "return path send.company.test (SUCCESS), but none is requested"),
        ({"key_length": 2048}, "with the key length 1024, but 2048 is requested"),
        ({"configuration_set": "shop"}, "with the configuration set other, but shop is requested"),
        ({"configuration_set": ""}, "with the configuration set other, but none is requested"),
        ({"feedback": False}, "with the feedback on, but off is requested"),
    ],
)
def test_a_difference_is_a_conflict_without_take_over_registration(change: dict[str, Any], said: str) -> None:
    desired = dataclasses.replace(WANTED, **change)
    there = {"return_path": "send.company.test", "key_length": 1024, "configuration_set": "other", "feedback": True}
    with pytest.raises(Conflict) as caught:
        plan(desired, registered(in_use=there))
    assert said in str(caught.value) and "take_over_registration: true" in str(caught.value)
    assert plan(desired, registered(in_use=there), take_over=True).action == planning.UPDATE
    ours = registered(in_use=there, mark={"registered": "2026-11-29T08:00:00+00:00"}, was_verified=False)
    assert plan(desired, ours).action == planning.UPDATE, "no mail has been sent with it yet"


def test_a_return_path_may_be_added() -> None:
    found = registered(in_use={"return_path": False})
    assert plan(with_return_path("mail.company.test"), found).action == planning.UPDATE


def test_an_option_that_the_service_does_not_show_stays() -> None:
    kept = plan(dataclasses.replace(WANTED, key_length=2048), registered(in_use={}))
    assert kept.action == planning.NOTHING and kept.desired.key_length is None
    assert kept.notes == ("Service does not show the key length of company.test, so it is not changed.",)


def test_an_interrupted_registration_is_continued_with_its_return_path() -> None:
    begun = {"in_use": {"return_path": False}, "mark": {"return-path": "mail.company.test"}, "was_verified": False}
    found = registered(**begun)
    desired = planning.resumed(WANTED, found)
    assert plan(desired, found).desired.return_path == "mail.company.test"
    for mark in (None, {}, {"return-path": "none"}):
        assert planning.resumed(WANTED, registered(**{**begun, "mark": mark})) == WANTED
    assert planning.resumed(with_return_path(False), found).return_path is False


def test_a_return_path_that_somebody_removed_stays_removed() -> None:
    found = registered(in_use={"return_path": False}, mark={"return-path": "mail.company.test"})
    desired = planning.resumed(WANTED, found)
    assert desired == WANTED and plan(desired, found).action == planning.NOTHING


@pytest.mark.parametrize("option", [{"key_length": 2048}, {"configuration_set": "shop"}, {"feedback": True}])
def test_an_option_that_a_service_does_not_have_is_refused(option: dict[str, Any]) -> None:
    (name,) = option
    words = name.replace("_", " ")
    with pytest.raises(InvalidInput, match=f"{name}: Service has no {words} to choose for a domain. Leave it out."):
        planning.check(dataclasses.replace(WANTED, **option), dataclasses.replace(FACTS, options=()))


# -- removal ---------------------------------------------------------------------------------------------------------


def test_only_a_registration_with_our_mark_is_removed() -> None:
    ours = registered(mark={"registered": "2026-11-29T08:00:00+00:00"})
    assert planning.plan_removal(ours, WANTED, FACTS, unmarked=False).action == planning.REMOVE
    assert planning.plan_removal(None, WANTED, FACTS, unmarked=False).action == planning.NOTHING
    for found, facts, said in (
        (registered(), FACTS, "has no mark"),
        (registered(mark=None), MARKLESS, "cannot store a mark"),
    ):
        with pytest.raises(Conflict, match=said):
            planning.plan_removal(found, WANTED, facts, unmarked=False)
        assert planning.plan_removal(found, WANTED, facts, unmarked=True).action == planning.REMOVE
