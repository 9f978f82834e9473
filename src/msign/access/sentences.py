"""What people read about a check and a refusal, in three languages, and who can put it right."""

from __future__ import annotations

import enum

from msign.access.values import CheckCode, CheckOutcome, CheckResult, DenialReason
from msign.kernel.languages import Language

Texts = tuple[str, str, str]  # ro, ru, en
_COLUMN = {Language.RO: 0, Language.RU: 1, Language.EN: 2}


class Fixer(enum.StrEnum):
    """Who can put it right."""

    INTEGRATOR = "integrator"  # whoever configures the calling system
    BENEFICIARY = "beneficiary"  # in the connection desk
    OPERATOR = "operator"
    AUTHORITY = "authority"  # whoever issued the certificate


_CHECKS: dict[CheckCode, Texts] = {
    CheckCode.CERTIFICATE_PRESENTED: (
        "A fost prezentat un certificat",
        "Сертификат предъявлен",
        "A certificate was presented",
    ),
    CheckCode.CERTIFICATE_READABLE: (
        "Certificatul poate fi citit",
        "Сертификат читается",
        "The certificate can be read",
    ),
    CheckCode.ISSUER_TRUSTED: (
        "A fost emis de o autoritate acceptată în acest mediu",
        "Он выдан удостоверяющим центром, принятым в этой среде",
        "An accepted authority of this environment issued it",
    ),
    CheckCode.CERTIFICATE_REGISTERED: (
        "Este înregistrat pentru acest mediu",
        "Он зарегистрирован для этой среды",
        "It is registered for this environment",
    ),
    CheckCode.FINGERPRINT_PINNED: (
        "Este exact certificatul care a fost înregistrat",
        "Это именно тот сертификат, который был зарегистрирован",
        "It is the very certificate that was registered",
    ),
    CheckCode.WITHIN_VALIDITY: (
        "Este valabil astăzi",
        "Он действителен сегодня",
        "It is valid today",
    ),
    CheckCode.NOT_REVOKED: (
        "Nu este nici revocat, nici înlocuit",
        "Он не отозван и не заменён",
        "It is neither revoked nor replaced",
    ),
    CheckCode.ACCESS_ENABLED: (
        "Sistemul poate folosi acest mediu",
        "Система может использовать эту среду",
        "The system may use this environment",
    ),
    CheckCode.NETWORKS_LISTED: (
        "Pentru acest sistem sunt înscrise adrese",
        "Для этой системы указаны адреса",
        "Networks are listed for this system",
    ),
    CheckCode.ADDRESS_LISTED: (
        "Adresa se află printre cele înscrise",
        "Адрес есть среди указанных",
        "The address is in one of them",
    ),
}
_REFUSALS: dict[DenialReason, tuple[Fixer, Texts]] = {
    DenialReason.NO_CERTIFICATE: (
        Fixer.INTEGRATOR,
        (
            "Nu a fost prezentat niciun certificat client",
            "Клиентский сертификат не предъявлен",
            "No client certificate was presented",
        ),
    ),
    DenialReason.UNREADABLE_CERTIFICATE: (
        Fixer.INTEGRATOR,
        (
            "Certificatul nu poate fi citit",
            "Сертификат не читается",
            "The certificate cannot be read",
        ),
    ),
    DenialReason.UNTRUSTED_ISSUER: (
        Fixer.INTEGRATOR,
        (
            "Certificatul nu a fost emis de o autoritate acceptată în acest mediu",
            "Сертификат выдан не тем удостоверяющим центром, который принят в этой среде",
            "No accepted authority of this environment issued the certificate",
        ),
    ),
    DenialReason.NOT_REGISTERED: (
        Fixer.BENEFICIARY,
        (
            "Certificatul nu este înregistrat pentru acest mediu",
            "Сертификат не зарегистрирован для этой среды",
            "The certificate is not registered for this environment",
        ),
    ),
    DenialReason.FINGERPRINT_MISMATCH: (
        Fixer.OPERATOR,
        (
            "Este înregistrat un alt certificat cu același emitent și număr de serie",
            "Зарегистрирован другой сертификат с тем же издателем и серийным номером",
            "Another certificate with the same issuer and serial number is registered",
        ),
    ),
    DenialReason.CERTIFICATE_EXPIRED: (
        Fixer.AUTHORITY,
        (
            "Certificatul a expirat",
            "Срок действия сертификата истёк",
            "The certificate has expired",
        ),
    ),
    DenialReason.CERTIFICATE_NOT_YET_VALID: (
        Fixer.INTEGRATOR,
        (
            "Certificatul nu este încă valabil",
            "Сертификат ещё не действителен",
            "The certificate is not valid yet",
        ),
    ),
    DenialReason.CERTIFICATE_REVOKED: (
        Fixer.BENEFICIARY,
        (
            "Certificatul a fost revocat sau înlocuit",
            "Сертификат отозван или заменён",
            "The certificate was revoked or replaced",
        ),
    ),
    DenialReason.ACCESS_DISABLED: (
        Fixer.OPERATOR,
        (
            "Sistemul nu poate folosi acum acest mediu",
            "Система сейчас не может использовать эту среду",
            "The system may not use this environment now",
        ),
    ),
    DenialReason.NO_NETWORKS: (
        Fixer.BENEFICIARY,
        (
            "Pentru acest sistem nu este înscrisă nicio adresă, deci niciuna nu este admisă",
            "Для этой системы не указан ни один адрес, поэтому не допускается ни один",
            "No network is listed for this system, so no address is let in",
        ),
    ),
    DenialReason.FOREIGN_ADDRESS: (
        Fixer.BENEFICIARY,
        (
            "Adresa nu este înscrisă pentru acest sistem",
            "Адрес не указан для этой системы",
            "The address is not listed for this system",
        ),
    ),
}
_FACTS: dict[str, Texts] = {
    "serial": ("număr de serie", "серийный номер", "serial number"),
    "issuers": ("emitenți cu acest număr", "издателей с таким номером", "issuers with this number"),
    "subject": ("subiect", "владелец", "subject"),
    "issuer": ("emitent", "издатель", "issuer"),
    "why": ("de ce", "почему", "why"),
    "system": ("sistem", "система", "system"),
    "elsewhere": ("înregistrat în", "зарегистрирован в", "registered in"),
    "fingerprint": ("amprentă SHA-256", "отпечаток SHA-256", "SHA-256 fingerprint"),
    "presented": ("prezentat", "предъявлен", "presented"),
    "pinned": ("înregistrat", "зарегистрирован", "registered"),
    "until": ("valabil până la", "действителен до", "valid until"),
    "since": ("valabil de la", "действителен с", "valid from"),
    "status": ("stare", "состояние", "state"),
    "suspensions": ("motiv", "причина", "reason"),
    "networks": ("adrese înscrise", "указанные адреса", "listed addresses"),
    "address": ("adresa apelului", "адрес вызова", "address of the call"),
    "network": ("înscrisă ca", "указан как", "listed as"),
}
_VALUES: dict[str, Texts] = {
    "test": ("mediul de test", "тестовая среда", "the test environment"),
    "production": ("producție", "промышленная среда", "production"),
    "revoked": ("revocat", "отозван", "revoked"),
    "replaced": ("înlocuit", "заменён", "replaced"),
    "not enabled": ("accesul nu este deschis", "доступ не открыт", "access is not open"),
    "beneficiary": ("suspendat de beneficiar", "приостановлено бенефициаром", "suspended by the beneficiary"),
    "operator": ("suspendat de operator", "приостановлено оператором", "suspended by the operator"),
    "incident": ("incident de securitate", "инцидент безопасности", "security incident"),
    "fee-unpaid": ("taxa nu este achitată", "плата не внесена", "the fee is not paid"),
    "contract-ended": ("contractul a încetat", "договор прекращён", "the contract has ended"),
    "rrsi-removed": ("exclus din RRSI", "исключена из RRSI", "removed from the RRSI"),
    "no accepted authority issued it": (
        "nicio autoritate acceptată nu l-a emis",
        "его не выдал ни один принятый удостоверяющий центр",
        "no accepted authority issued it",
    ),
    "the authority's own certificate is not valid now": (
        "certificatul autorității nu este valabil acum",
        "сертификат самого центра сейчас недействителен",
        "the authority's own certificate is not valid now",
    ),
    "the authority is no longer accepted": (
        "autoritatea nu mai este acceptată",
        "этот центр больше не принимается",
        "the authority is no longer accepted",
    ),
    "no authority is accepted in this environment": (
        "în acest mediu nu este acceptată nicio autoritate",
        "в этой среде не принят ни один центр",
        "no authority is accepted in this environment",
    ),
}
_SKIPPED: Texts = ("încă nu se poate verifica", "пока нельзя проверить", "cannot be judged yet")


def sentence(result: CheckResult, language: Language = Language.EN) -> str:
    """Return the sentence of one check, with the facts that help."""
    if result.reason is not None:
        return refusal(result.reason, language) + _facts(result, language)
    what = _CHECKS[result.code][_COLUMN[language]]
    if result.outcome is CheckOutcome.SKIPPED:
        return f"{what}: {_SKIPPED[_COLUMN[language]]}"
    return what + _facts(result, language)


def refusal(reason: DenialReason, language: Language = Language.EN) -> str:
    """Return why a call is refused."""
    return _REFUSALS[reason][1][_COLUMN[language]]


def fixer(reason: DenialReason) -> Fixer:
    """Return who can put a refusal right."""
    return _REFUSALS[reason][0]


def fact_name(name: str, language: Language = Language.EN) -> str:
    """Return what a fact of a check is called."""
    return _FACTS[name][_COLUMN[language]]


def _facts(result: CheckResult, language: Language) -> str:
    told = "; ".join(f"{fact_name(name, language)}: {_value(value, language)}" for name, value in result.facts)
    return f" ({told})" if told else ""


def _value(value: str, language: Language) -> str:
    """A value is a number, a name or an address, or one of a few words of our own, which are translated."""
    return ", ".join(_VALUES[one][_COLUMN[language]] if one in _VALUES else one for one in value.split(", "))
