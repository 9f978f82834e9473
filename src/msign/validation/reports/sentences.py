"""Codes into plain words, in three languages, with who can fix it. The tables are data; here is how they are read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from msign.kernel.clock import state_time
from msign.kernel.languages import Language
from msign.validation.model import Reason
from msign.validation.reports import words_pdf, words_signature, words_structure, words_trust
from msign.validation.reports.words_trust import Row

_COLUMN = {Language.EN: 1, Language.RO: 2, Language.RU: 3}
_MAX_FACT = 200
_MOMENT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")

# Who can fix it: code of the remedy -> English, Romanian, Russian.
REMEDIES: Mapping[str, tuple[str, str, str]] = {
    "none": ("", "", ""),
    "signer": ("The signer has to sign again.", "Semnatarul trebuie să semneze din nou.", "Подписанту нужно подписать заново."),
    "sender": ("Ask the sender for the original file.", "Cereți expeditorului fișierul original.", "Попросите у отправителя исходный файл."),
    "hand-over": ("Hand over the signed file, too.", "Prezentați și fișierul semnat.", "Предоставьте также подписанный файл."),
    "authority": ("The authority that issued the certificate has to act.", "Trebuie să intervină autoritatea care a emis certificatul.", "Действовать должен центр, выдавший сертификат."),
    "trust": ("The signer can say who issued the certificate; only the operator of this service can add an authority that deserves trust.", "Semnatarul poate spune cine a emis certificatul; doar operatorul serviciului poate adăuga o autoritate demnă de încredere.", "Подписант может сказать, кто выдал сертификат; добавить заслуживающий доверия центр может только оператор службы."),
    "stamp": ("Whoever made the signature has to add a valid time-stamp.", "Cine a creat semnătura trebuie să adauge o marcă temporală validă.", "Создавшему подпись нужно добавить действительный штамп времени."),
    "earlier": ("Only a proof that the signature is older, such as a time-stamp, would help.", "Ar ajuta doar o dovadă că semnătura este mai veche, de exemplu o marcă temporală.", "Поможет только доказательство более раннего времени, например штамп времени."),
    "later": ("Try again later.", "Încercați mai târziu.", "Повторите попытку позже."),
    "compare": ("Look at what was signed, or ask the sender for the original file.", "Vedeți ce s-a semnat sau cereți expeditorului fișierul original.", "Посмотрите, что было подписано, или попросите у отправителя исходный файл."),
    "limit": ("Send a smaller or simpler file.", "Trimiteți un fișier mai mic sau mai simplu.", "Отправьте файл меньше или проще."),
    "operator": ("Tell the operator of this service.", "Anunțați operatorul serviciului.", "Сообщите оператору службы."),
}  # fmt: skip

_ROWS: Mapping[str, Row] = {**words_trust.ROWS, **words_signature.ROWS, **words_pdf.ROWS, **words_structure.ROWS}


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is wrong, and who can do what about it (empty if nothing needs doing)."""

    text: str
    remedy: str


class _Facts(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "–"


def sentence(reason: Reason, language: Language) -> Sentence:
    """Return a reason in words. A code that the tables do not know stands for itself."""
    facts = _Facts({name: readable(value)[:_MAX_FACT] for name, value in reason.facts if value})
    if "why" in facts and facts["why"] in known_codes():
        facts["why"] = sentence(Reason(facts["why"], facts=_others(reason)), language).text
    if "cause" in facts:
        facts["cause"] = _causes(facts["cause"], language)
    row = _row(str(reason.code), facts, language)
    if row is None:
        return Sentence(str(reason.code), "")
    column = _COLUMN[language]
    return Sentence(row[column].format_map(facts), REMEDIES[row[0]][column - 1])


def readable(fact: str) -> str:
    """Return a fact with its moments as people write them, in Chișinău time.

    >>> readable("until 2026-01-31T09:15:30+00:00")
    'until 31.01.2026 11:15'
    """
    return _MOMENT.sub(_local, fact)


def _local(found: re.Match[str]) -> str:
    try:
        moment = dt.datetime.fromisoformat(found[0])
    except ValueError:
        return found[0]
    return f"{state_time(moment):%d.%m.%Y %H:%M}"


@cache
def known_codes() -> frozenset[str]:
    """Return every code that has a sentence."""
    roles = {f"{role}-{code}" for role in words_trust.WHO for code in words_trust.ROLE_ROWS}
    return frozenset(_ROWS) | roles


def _causes(codes: str, language: Language) -> str:
    """Known causes in words; what the network said stands as it is."""
    column = _COLUMN[language] - 1
    return "; ".join(
        words_trust.CAUSES[code][column] if code in words_trust.CAUSES else code for code in codes.split(", ")
    )


def _others(reason: Reason) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in reason.facts if name != "why")


def _row(code: str, facts: _Facts, language: Language) -> Row | None:
    if code in _ROWS:
        return _ROWS[code]
    role, _, rest = code.partition("-")
    if role not in words_trust.WHO or rest not in words_trust.ROLE_ROWS:
        return None
    facts["who"] = words_trust.WHO[role][_COLUMN[language] - 1]
    return words_trust.ROLE_ROWS[rest]
