# Copyright: (c) 2026, postmaster.mail contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From addresses at a free mail service, which no record of the company can authorise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .finding import ERROR, WARNING, Finding, Rule
from .observation import Observation

# Services whose DMARC policy makes receivers reject failing mail or treat it as spam
_REJECTING = """
yahoo.com ymail.com rocketmail.com myyahoo.com aol.com aim.com verizon.net netscape.net att.net sbcglobal.net
mail.ru bk.ru list.ru inbox.ru internet.ru xmail.ru icloud.com me.com mac.com protonmail.com protonmail.ch
proton.me pm.me zoho.com zohomail.com zohomail.eu
"""
_REJECTING_FAMILIES = ("yahoo", "aol")
# Services whose failing mail is only marked or held against the sender
_OTHERS = """
gmail.com googlemail.com outlook.com hotmail.com live.com msn.com passport.com windowslive.com gmx.de gmx.net
gmx.at gmx.ch gmx.com gmx.eu gmx.org gmx.info gmx.biz web.de email.de mail.com email.com 1und1.de t-online.de
magenta.de freenet.de arcor.de vodafone.de online.de posteo.de posteo.net mailbox.org tutanota.com tutanota.de
tutamail.com tuta.io tuta.com keemail.me orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr bbox.fr
numericable.fr libero.it virgilio.it alice.it tim.it tin.it tiscali.it telenet.be skynet.be proximus.be voo.be
ziggo.nl kpnmail.nl planet.nl xs4all.nl home.nl hetnet.nl casema.nl bluewin.ch hispeed.ch sunrise.ch a1.net
aon.at chello.at btinternet.com virginmedia.com sky.com talktalk.net ntlworld.com blueyonder.co.uk comcast.net
xfinity.com cox.net charter.net spectrum.net bellsouth.net earthlink.net optonline.net juno.com rogers.com
bell.net sympatico.ca shaw.ca telus.net videotron.ca bigpond.com bigpond.net.au optusnet.com.au yandex.ru
yandex.com ya.ru rambler.ru qq.com 163.com 126.com yeah.net sina.com sohu.com foxmail.com naver.com
hanmail.net daum.net rediffmail.com uol.com.br bol.com.br terra.com.br ig.com.br wp.pl o2.pl onet.pl
interia.pl seznam.cz centrum.cz email.cz abv.bg ukr.net fastmail.com fastmail.fm hushmail.com hey.com duck.com
inbox.lv mail.ee sapo.pt
"""
_OTHER_FAMILIES = ("outlook", "hotmail", "live", "gmx")
_COUNTRIES = frozenset(("co", "com"))

FREEMAIL = Rule(
    "freemail_address",
    WARNING,
    "RFC 9989 4.4",
    "An address of a free mail service, such as Gmail, Outlook, Yahoo, iCloud or GMX, is used as a From address. Mail "
    "from it through other servers fails DMARC, because no record of the company can authorise it.",
    "Use an address of the company's own domain.",
    or_else="error where the service asks receivers to refuse such mail or to treat it as spam, as Yahoo and iCloud do",
)

RULES = (FREEMAIL,)


def addresses(observed: Observation) -> Iterator[Finding]:
    yield from freemail(observed.from_addresses)


CHECKS = (addresses,)


def freemail(from_addresses: Iterable[str]) -> Iterator[Finding]:
    """A finding for each address, of a user or a company, at a free mail service."""
    for address in dict.fromkeys(from_addresses):
        domain = address.rpartition("@")[2].strip(" >").rstrip(".").lower()
        if _is_of(domain, _REJECTING, _REJECTING_FAMILIES):
            yield FREEMAIL.at(
                address, f"{address} belongs to {domain}, which asks receivers to refuse mail of others", ERROR
            )
        elif _is_of(domain, _OTHERS, _OTHER_FAMILIES):
            yield FREEMAIL.at(address, f"{address} belongs to {domain}")


def _is_of(domain: str, known: str, families: tuple[str, ...]) -> bool:
    """``yahoo.fr`` and ``yahoo.co.uk`` belong to the family ``yahoo``."""
    if domain in known.split():
        return True
    first, *rest = domain.split(".")
    of_country = len(rest) == 1 and len(rest[0]) == 2 or len(rest) == 2 and rest[0] in _COUNTRIES and len(rest[1]) == 2
    return first in families and of_country
