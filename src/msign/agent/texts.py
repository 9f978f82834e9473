"""Every text that the agent shows, in Romanian, Russian and English."""

from __future__ import annotations

from msign.kernel.languages import Language

_ORDER = (Language.RO, Language.RU, Language.EN)
TEXTS: dict[str, tuple[str, str, str]] = {
    "title": (
        "Doriți să semnați electronic?",
        "Подписать электронной подписью?",
        "Do you want to sign electronically?",
    ),
    "site": ("Cere site-ul", "Запрашивает сайт", "Asked by the site"),
    "says": ("Serviciul, după cum spune site-ul", "Услуга, по словам сайта", "Service, as the site says"),
    "for_what": ("Pentru ce", "Для чего", "For what"),
    "documents": ("Documente de semnat", "Документов к подписанию", "Documents to sign"),
    "unnamed": ("document fără nume", "документ без названия", "document without a name"),
    "more": ("și încă {count}", "и ещё {count}", "and {count} more"),
    "certificate": ("Certificatul", "Сертификат", "Certificate"),
    "wrong_pin": ("Codul PIN a fost greșit.", "PIN-код был неверным.", "The PIN was wrong."),
    "final_try": (
        "Ultima încercare: un PIN greșit blochează dispozitivul.",
        "Последняя попытка: неверный PIN-код заблокирует устройство.",
        "Last attempt: a wrong PIN will block the device.",
    ),
    "pin": ("Codul PIN al dispozitivului", "PIN-код устройства", "PIN of the device"),
    "sign": ("Semnează", "Подписать", "Sign"),
    "refuse": ("Refuz", "Отказаться", "Refuse"),
    "terminal_hint": (
        "Introduceți codul PIN pentru a semna. Un rând gol înseamnă refuz.",
        "Введите PIN-код, чтобы подписать. Пустая строка означает отказ.",
        "Type the PIN to sign. An empty line refuses.",
    ),
    "approved": ("Se semnează…", "Подписание…", "Signing…"),
    "refused": (
        "Ați refuzat. Nu s-a semnat nimic.",
        "Вы отказались. Ничего не подписано.",
        "Refused. Nothing was signed.",
    ),
    "too_late": (
        "Nu ați răspuns la timp. Nu s-a semnat nimic.",
        "Ответа не было вовремя. Ничего не подписано.",
        "No answer in time. Nothing was signed.",
    ),
}  # fmt: skip


def text(name: str, language: Language) -> str:
    """Return a text in a language."""
    return TEXTS[name][_ORDER.index(language)]
