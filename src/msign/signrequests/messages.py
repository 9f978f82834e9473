"""SignResponse.Message: the sentence of a failed or expired request, in three languages (wire contract 9).

Part of the contract, so data and not a page's translation. At most 100 characters, no trailing dot.
"""

from __future__ import annotations

from msign.kernel.languages import Language
from msign.kernel.limits import MAX_MESSAGE
from msign.kernel.words import FailureReason as Reason

Texts = tuple[str, str, str]  # ro, ru, en

EXPIRED: Texts = (
    "Cererea de semnare a expirat",
    "Срок действия запроса истёк",
    "The signature request has expired",
)
FAILURES: dict[Reason, Texts] = {
    Reason.CANCELLED: (
        "Semnarea a fost anulată de utilizator",
        "Подписание отменено пользователем",
        "Signing was cancelled by the user",
    ),
    Reason.WRONG_PIN: (
        "Codul PIN introdus este greșit",
        "Введён неверный PIN-код",
        "The PIN entered is wrong",
    ),
    Reason.PIN_LOCKED: (
        "Codul PIN este blocat după prea multe încercări greșite",
        "PIN-код заблокирован после нескольких неверных попыток",
        "The PIN is locked after too many wrong entries",
    ),
    Reason.WRONG_CODE: (
        "Codul de verificare nu a fost confirmat pe telefon",
        "Проверочный код не был подтверждён на телефоне",
        "The verification code was not confirmed on the phone",
    ),
    Reason.NO_ACTIVE_DEVICE: (
        "Nu există un dispozitiv de semnare activ",
        "Нет активного устройства подписи",
        "There is no active signing device",
    ),
    Reason.SIM_ERROR: (
        "Cartela SIM nu a putut efectua semnarea",
        "SIM-карта не смогла выполнить подписание",
        "The SIM card could not sign",
    ),
    Reason.CERTIFICATE_EXPIRED: (
        "Certificatul semnatarului a expirat",
        "Сертификат подписавшего истёк",
        "The signer's certificate has expired",
    ),
    Reason.CERTIFICATE_REVOKED: (
        "Certificatul semnatarului este revocat",
        "Сертификат подписавшего отозван",
        "The signer's certificate is revoked",
    ),
    Reason.SIGNER_MISMATCH: (
        "Semnatarul nu este persoana așteptată",
        "Подписавший не является ожидаемым лицом",
        "The signer is not the expected person",
    ),
    Reason.DELEGATION_UNPROVEN: (
        "Dreptul semnatarului de a reprezenta nu a fost dovedit",
        "Право подписавшего на представительство не подтверждено",
        "The signer's right to represent was not proven",
    ),
    Reason.INSTRUMENT_UNAVAILABLE: (
        "Instrumentul de semnare nu este disponibil",
        "Средство подписи недоступно",
        "The signing instrument is unavailable",
    ),
    Reason.TIMED_OUT: (
        "Semnarea nu a fost confirmată la timp",
        "Подписание не было подтверждено вовремя",
        "Signing was not confirmed in time",
    ),
    Reason.WRONG_DOCUMENT: (
        "Semnătura primită nu este pentru documentul transmis",
        "Полученная подпись не относится к отправленному документу",
        "The signature received is not for the document sent",
    ),
    Reason.NOT_INTACT: (
        "Semnătura primită este deteriorată",
        "Полученная подпись повреждена",
        "The signature received is damaged",
    ),
    Reason.NO_TIMESTAMP: (
        "Semnătura primită nu are o marcă temporală valabilă",
        "Полученная подпись не имеет действительной метки времени",
        "The signature received has no valid time-stamp",
    ),
    Reason.UNTRUSTED: (
        "Semnătura primită nu provine de la un prestator de încredere",
        "Полученная подпись не выдана доверенным поставщиком",
        "The signature received is not from a trusted provider",
    ),
    Reason.REVOCATION_UNKNOWN: (
        "Starea certificatului semnatarului nu a putut fi verificată",
        "Состояние сертификата подписавшего не удалось проверить",
        "The status of the signer's certificate could not be checked",
    ),
    Reason.INCOMPLETE_ANSWER: (
        "Nu au fost primite toate semnăturile",
        "Получены не все подписи",
        "Not all signatures were received",
    ),
    Reason.PROVIDER_TEXT: (
        "Prestatorul de semnătură nu a putut efectua semnarea",
        "Поставщик подписи не смог выполнить подписание",
        "The signature provider could not sign",
    ),
}
_COLUMN = {Language.RO: 0, Language.RU: 1, Language.EN: 2}


def failure_message(reason: Reason, provider_text: str, language: Language) -> str:
    """Return the sentence of a failure; a provider's own words are given as they are, cut to 100 characters."""
    if reason is Reason.PROVIDER_TEXT and provider_text.strip():
        return " ".join(provider_text.split())[:MAX_MESSAGE]
    return FAILURES[reason][_COLUMN[language]]


def expired_message(language: Language) -> str:
    """Return the sentence of an expired request."""
    return EXPIRED[_COLUMN[language]]
