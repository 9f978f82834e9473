"""The words of the conformance report: Romanian, Russian, English. Data, because the command runs without the pages."""

from __future__ import annotations

from msign.kernel.languages import Language

Words = tuple[str, str, str]

SCENARIOS: dict[str, tuple[Words, Words]] = {
    "sign": (
        ("Semnare", "Подписание", "Sign"),
        (
            "Documentul este semnat, browserul revine la e-serviciu, iar acesta preia semnătura.",
            "Документ подписан, браузер возвращается в е-сервис, и тот забирает подпись.",
            "The document is signed, the browser is back at the e-service, and that fetches the signature.",
        ),
    ),
    "cancel": (
        ("Anulare", "Отмена", "Cancel"),
        (
            "Persoana refuză pe dispozitiv; pagina spune motivul, iar rezultatul este Failure.",
            "Человек отказывается на устройстве; страница называет причину, результат – Failure.",
            "The person refuses on the device; the page says why, and the result is Failure.",
        ),
    ),
    "resend": (
        ("Din nou „Semnează”", "Снова «Подписать»", "Sign again"),
        (
            "Persoana se întoarce și apasă din nou: pagina de semnare apare din nou și se poate semna.",
            "Человек возвращается и нажимает снова: страница подписания показана снова и работает.",
            "The person goes back and presses again: the sign page is shown again and works.",
        ),
    ),
    "bad-input": (
        ("Date greșite", "Неверные данные", "Bad input"),
        (
            "Fiecare parametru greșit este refuzat pe loc, cu numele lui, fără redirecționare.",
            "Каждый неверный параметр сразу отклоняется с указанием имени, без перенаправления.",
            "Every wrong parameter is refused at once, by its name, without a redirect.",
        ),
    ),
    "verify": (
        ("Verificare", "Проверка", "Verify"),
        (
            "Ce s-a semnat este clar valid și este numit semnatarul.",
            "Подписанное однозначно действительно, подписант назван.",
            "What was signed is clearly valid, and the signer is named.",
        ),
    ),
    "verify-tampered": (
        ("Verificare după modificare", "Проверка после изменения", "Verify tampered"),
        (
            "Un octet schimbat sau un fișier fără semnătură: clar nevalid, niciodată o eroare.",
            "Изменённый байт или файл без подписи: однозначно недействительно, без ошибок сервиса.",
            "One changed byte, or a file without signature: clearly not valid, never a fault.",
        ),
    ),
    "wrong-signer": (
        ("Alt semnatar", "Другой подписант", "Wrong signer"),
        (
            "Semnează altcineva decât cel așteptat: nu se eliberează nimic.",
            "Подписывает не тот, кого ждали: ничего не выдаётся.",
            "Somebody else signs than the one expected: nothing is released.",
        ),
    ),
    "double-callback": (
        ("Revenire dublă", "Двойной возврат", "Double callback"),
        (
            "Browserul revine de două ori; rezultatul preluat de două ori este același.",
            "Браузер возвращается дважды; дважды полученный результат одинаков.",
            "The browser comes back twice; the result fetched twice is the same.",
        ),
    ),
    "late-return": (
        ("Revenire târzie", "Поздний возврат", "Late return"),
        (
            "Browserul este închis după semnare; mai târziu altul deschide adresa și revine.",
            "После подписания браузер закрыт; позже другой открывает адрес и возвращается.",
            "The browser is closed after signing; later another one opens the address and comes back.",
        ),
    ),
    "unknown-request": (
        ("Cerere necunoscută", "Неизвестный запрос", "Unknown request"),
        (
            "O cerere inexistentă este un fault, iar pagina ei nu redirecționează.",
            "Несуществующий запрос – это fault, а его страница никуда не перенаправляет.",
            "A request that does not exist is a fault, and its page redirects nowhere.",
        ),
    ),
}

STEPS: dict[str, Words] = {
    "posted": ("PostSignRequest acceptat", "PostSignRequest принят", "PostSignRequest accepted"),
    "opened": ("Pagina de semnare s-a deschis", "Страница подписания открыта", "The sign page opened"),
    "opened-again": ("Pagina s-a deschis din nou", "Страница открыта снова", "The page opened again"),
    "chosen": ("Instrumentul a fost ales", "Инструмент выбран", "The instrument was chosen"),
    "confirmed": ("Confirmat pe dispozitiv", "Подтверждено на устройстве", "Confirmed on the device"),
    "refused": ("Refuzat pe dispozitiv", "Отказ на устройстве", "Refused on the device"),
    "page-signed": ("Pagina arată semnarea", "Страница показывает подписание", "The page shows that it is signed"),
    "page-not-signed": ("Pagina spune motivul", "Страница называет причину", "The page says why nothing was signed"),
    "returned": ("Browserul a revenit", "Браузер вернулся", "The browser came back"),
    "returned-again": ("Browserul a revenit a doua oară", "Браузер вернулся второй раз", "The browser came back again"),
    "opened-late": ("Rezultatul apare și mai târziu", "Результат виден и позже", "The result shows later, too"),
    "returned-late": ("Revenire din alt browser", "Возврат из другого браузера", "Came back from another browser"),
    "fetched": ("GetSignResponse a răspuns", "GetSignResponse ответил", "GetSignResponse answered"),
    "certificate": (
        "Fiecare rezultat are certificatul",
        "В каждом результате есть сертификат",
        "Every result has the certificate",
    ),
    "correlation": (
        "CorrelationID a revenit neschimbat",
        "CorrelationID вернулся без изменений",
        "CorrelationID came back unchanged",
    ),
    "says-why": ("Răspunsul spune motivul", "Ответ называет причину", "The answer says why"),
    "one-result-each": (
        "Câte un rezultat, fără semnătură",
        "По результату на документ, без подписи",
        "One result each, without signature",
    ),
    "same-answer": ("Același răspuns de fiecare dată", "Ответ каждый раз один и тот же", "The same answer every time"),
    "bad-signer": (
        "ExpectedSigner.ID greșit: refuzat",
        "Неверный ExpectedSigner.ID: отклонён",
        "Wrong ExpectedSigner.ID: refused",
    ),
    "bad-hash": ("Hash de altă lungime: refuzat", "Хеш другой длины: отклонён", "Hash of another length: refused"),
    "bad-twins": (
        "CorrelationID dublu: refuzat",
        "Повтор CorrelationID: отклонён",
        "CorrelationID used twice: refused",
    ),
    "bad-empty": ("Fără conținut: refuzat", "Без содержимого: отклонено", "No contents: refused"),
    "bad-text": ("Fără descriere scurtă: refuzat", "Без краткого описания: отклонено", "No short description: refused"),
    "verified-valid": ("Verificat: valid", "Проверено: действительно", "Verified: valid"),
    "names-signer": ("Răspunsul numește semnatarul", "Ответ называет подписанта", "The answer names the signer"),
    "verified-invalid": ("Fișier modificat: nevalid", "Изменённый файл: недействительно", "Altered file: not valid"),
    "unsigned-invalid": ("Fișier nesemnat: nevalid", "Неподписанный файл: недействительно", "Unsigned file: not valid"),
    "unknown-refused": (
        "Cerere necunoscută: RequestNotFound",
        "Неизвестный запрос: RequestNotFound",
        "Unknown request: RequestNotFound",
    ),
    "page-unknown": ("Pagina ei nu redirecționează", "Её страница не перенаправляет", "Its page redirects nowhere"),
    "error": ("S-a oprit aici", "Остановлено здесь", "It stopped here"),
}

PAGE: dict[str, Words] = {
    "title": ("Raport de conformitate MSign", "Отчёт о соответствии MSign", "MSign conformance report"),
    "all-passed": ("Totul a reușit", "Всё пройдено", "Everything passed"),
    "some-failed": ("Ceva nu a reușit", "Есть ошибки", "Something failed"),
    "passed": ("Reușit", "Пройдено", "Passed"),
    "failed": ("Eșuat", "Не пройдено", "Failed"),
    "skipped": ("Sărit", "Пропущено", "Skipped"),
    "skipped-why": (
        "Un scenariu anterior nu a lăsat un fișier semnat.",
        "Предыдущий сценарий не оставил подписанного файла.",
        "An earlier scenario left no signed file.",
    ),
    "started": ("Început", "Начало", "Started"),
    "duration": ("Durata", "Длительность", "Duration"),
    "api": ("API", "API", "API"),
    "web": ("Paginile de semnare", "Страницы подписания", "Sign pages"),
    "return": ("Pagina de revenire", "Страница возврата", "Return page"),
    "own-return": ("a comenzii", "самой команды", "the command's own"),
    "certificate": ("Certificatul sistemului", "Сертификат системы", "System certificate"),
    "published": ("Cazurile publicate", "Опубликованные случаи", "The published cases"),
    "beyond": ("Dincolo de ele", "Сверх них", "Beyond them"),
    "summary": ("Pe scurt", "Кратко", "At a glance"),
    "scenario": ("Scenariu", "Сценарий", "Scenario"),
    "result": ("Rezultat", "Результат", "Result"),
    "instrument": ("Instrument", "Инструмент", "Instrument"),
    "request": ("Cererea", "Запрос", "Request"),
    "steps": ("Pași", "Шаги", "Steps"),
    "seconds": ("s", "с", "s"),
    "footer": (
        (
            "Făcut de „msign conformance”: joacă persoana și instrumentul într-un mediu de test. "
            "Nu este o semnătură și nu dovedește nimic despre producție."
        ),
        (
            "Создано командой «msign conformance»: она играет человека и инструмент в тестовой среде. "
            "Это не подпись и ничего не доказывает о промышленной среде."
        ),
        (
            "Made by “msign conformance”: it plays the person and the instrument in a test environment. "
            "It is no signature and proves nothing about production."
        ),
    ),
}
_COLUMN = {Language.RO: 0, Language.RU: 1, Language.EN: 2}


def tell(words: Words, language: Language) -> str:
    """Return the words in a language."""
    return words[_COLUMN[language]]
