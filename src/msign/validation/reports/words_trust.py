"""Sentences about certificates, trust and time: code -> remedy, English, Romanian, Russian.

``{who}`` is the signer's or the time-stamping authority's, in the genitive of each language.
"""

from __future__ import annotations

Row = tuple[str, str, str, str]

WHO = {
    "signer": ("the signer's", "semnatarului", "подписанта"),
    "timestamp": ("the time-stamping authority's", "autorității de marcare temporală", "службы штампов времени"),
}

# Codes are written with the role in front: signer-certificate-expired, timestamp-certificate-expired.
ROLE_ROWS: dict[str, Row] = {
    "chain-not-found": (
        "trust",
        "No trusted authority stands behind {who} certificate: the issuer “{issuer}” of “{certificate}” is not recognised here, or its own certificate is missing.",
        "În spatele certificatului {who} nu stă o autoritate de încredere: emitentul „{issuer}” al „{certificate}” nu este recunoscut aici sau certificatul lui lipsește.",
        "За сертификатом {who} не стоит доверенный центр: издатель «{issuer}» сертификата «{certificate}» здесь не признан, либо его собственного сертификата нет.",
    ),
    "certificate-expired": (
        "earlier",
        "The certificate “{certificate}” in {who} chain was valid only until {detail}; at the time that counts it had expired.",
        "Certificatul „{certificate}” din lanțul {who} a fost valabil doar până la {detail}; la momentul relevant era expirat.",
        "Сертификат «{certificate}» в цепочке {who} действовал только до {detail}; к определяющему моменту его срок истёк.",
    ),
    "certificate-not-yet-valid": (
        "earlier",
        "The certificate “{certificate}” in {who} chain is valid only from {detail}; at the time that counts it was not valid yet.",
        "Certificatul „{certificate}” din lanțul {who} este valabil doar de la {detail}; la momentul relevant nu era încă valabil.",
        "Сертификат «{certificate}» в цепочке {who} действует только с {detail}; в определяющий момент он ещё не действовал.",
    ),
    "certificate-revoked": (
        "signer",
        "A certificate in {who} chain (“{certificate}”) was revoked on {time}.",
        "Un certificat din lanțul {who} („{certificate}”) a fost revocat la {time}.",
        "Сертификат в цепочке {who} («{certificate}») отозван {time}.",
    ),
    "certificate-suspended": (
        "later",
        "A certificate in {who} chain (“{certificate}”) was suspended on {time}.",
        "Un certificat din lanțul {who} („{certificate}”) a fost suspendat la {time}.",
        "Действие сертификата в цепочке {who} («{certificate}») приостановлено {time}.",
    ),
    "revocation-unknown": (
        "later",
        "Whether “{certificate}” in {who} chain was revoked could not be found out ({cause}).",
        "Nu s-a putut afla dacă „{certificate}” din lanțul {who} a fost revocat ({cause}).",
        "Не удалось узнать, отозван ли сертификат «{certificate}» в цепочке {who} ({cause}).",
    ),
    "revocation-not-fresh": (
        "later",
        "The status of “{certificate}” in {who} chain is known as of {time} only.",
        "Starea „{certificate}” din lanțul {who} este cunoscută doar la {time}.",
        "Статус сертификата «{certificate}» в цепочке {who} известен лишь на {time}.",
    ),
    "certificate-algorithm-weak": (
        "authority",
        "“{certificate}” in {who} chain uses an algorithm that no longer counts ({algorithm}).",
        "„{certificate}” din lanțul {who} folosește un algoritm care nu mai este acceptat ({algorithm}).",
        "Сертификат «{certificate}» в цепочке {who} использует алгоритм, который больше не принимается ({algorithm}).",
    ),
    "certificate-signature-invalid": (
        "authority",
        "“{certificate}” in {who} chain was not signed by the authority it names.",
        "„{certificate}” din lanțul {who} nu a fost semnat de autoritatea pe care o indică.",
        "Сертификат «{certificate}» в цепочке {who} подписан не тем центром, который в нём указан.",
    ),
    "certificate-issuer-differs": (
        "authority",
        "“{certificate}” in {who} chain names another issuer.",
        "„{certificate}” din lanțul {who} indică alt emitent.",
        "В сертификате «{certificate}» в цепочке {who} указан другой издатель.",
    ),
    "issuer-not-a-ca": (
        "authority",
        "“{certificate}” in {who} chain issued a certificate without being an authority.",
        "„{certificate}” din lanțul {who} a emis un certificat fără a fi autoritate.",
        "«{certificate}» в цепочке {who} выпустил сертификат, не являясь центром сертификации.",
    ),
    "path-too-long": (
        "authority",
        "The chain of {who} certificate is longer than “{certificate}” allows.",
        "Lanțul certificatului {who} este mai lung decât permite „{certificate}”.",
        "Цепочка сертификата {who} длиннее, чем разрешает «{certificate}».",
    ),
    "issuer-may-not-sign-certificates": (
        "authority",
        "“{certificate}” in {who} chain may not issue certificates.",
        "„{certificate}” din lanțul {who} nu are dreptul să emită certificate.",
        "«{certificate}» в цепочке {who} не вправе выпускать сертификаты.",
    ),
    "critical-extension-unknown": (
        "authority",
        "“{certificate}” in {who} chain has a critical extension that is not known ({detail}).",
        "„{certificate}” din lanțul {who} are o extensie critică necunoscută ({detail}).",
        "В сертификате «{certificate}» в цепочке {who} есть неизвестное критическое расширение ({detail}).",
    ),
    "name-not-permitted": (
        "authority",
        "“{certificate}” in {who} chain has a name that its authority may not certify.",
        "„{certificate}” din lanțul {who} are un nume pe care autoritatea nu îl poate certifica.",
        "Имя в сертификате «{certificate}» в цепочке {who} выдавшему центру заверять запрещено.",
    ),
    "certificate-policy-invalid": (
        "authority",
        "The certificate policies in {who} chain do not fit together.",
        "Politicile de certificare din lanțul {who} nu se potrivesc.",
        "Политики сертификатов в цепочке {who} не согласуются.",
    ),
    "certificate-malformed": (
        "authority",
        "A certificate in {who} chain is malformed.",
        "Un certificat din lanțul {who} este deteriorat.",
        "Сертификат в цепочке {who} повреждён.",
    ),
}  # fmt: skip

# Why revocation data did not help: code -> English, Romanian, Russian.
CAUSES: dict[str, tuple[str, str, str]] = {
    "offline": ("nobody was asked", "nu a fost întrebat nimeni", "никто не опрошен"),
    "crl-not-found": ("no revocation list covers it", "nicio listă de revocare nu îl acoperă", "нет списка отзыва, охватывающего его"),
    "crl-stale": ("the revocation list is out of date", "lista de revocare este expirată", "список отзыва устарел"),
    "crl-signature-invalid": ("the revocation list is not signed properly", "lista de revocare nu este semnată corect", "список отзыва подписан неверно"),
    "crl-extension-unknown": ("the revocation list cannot be understood", "lista de revocare nu poate fi interpretată", "список отзыва непонятен"),
    "crl-from-the-future": ("the revocation list lies in the future", "lista de revocare este din viitor", "список отзыва относится к будущему"),
    "crl-outside-certificate-lifetime": ("the revocation list is younger than the certificate's life", "lista de revocare este ulterioară certificatului", "список отзыва выпущен после окончания срока сертификата"),
    "ocsp-stale": ("the status answer is out of date", "răspunsul de stare este expirat", "ответ о статусе устарел"),
    "ocsp-says-unknown": ("the status service does not know it", "serviciul de stare nu îl cunoaște", "служба статуса его не знает"),
    "ocsp-signature-invalid": ("the status answer is not signed properly", "răspunsul de stare nu este semnat corect", "ответ о статусе подписан неверно"),
    "ocsp-responder-not-found": ("the status answer's signer is not at hand", "semnatarul răspunsului de stare lipsește", "подписавший ответ о статусе отсутствует"),
    "ocsp-responder-not-authorised": ("the status answer's signer may not answer", "semnatarul răspunsului de stare nu are dreptul", "подписавший ответ о статусе не вправе отвечать"),
    "ocsp-responder-of-another-issuer": ("the status answer comes from another issuer's service", "răspunsul de stare vine de la serviciul altui emitent", "ответ о статусе дан службой другого издателя"),
    "ocsp-responder-expired": ("the status answer's signer had expired", "certificatul semnatarului răspunsului expirase", "срок сертификата подписавшего ответ истёк"),
    "ocsp-from-the-future": ("the status answer lies in the future", "răspunsul de stare este din viitor", "ответ о статусе относится к будущему"),
    "ocsp-outside-certificate-lifetime": ("the status answer is not about the certificate's lifetime", "răspunsul de stare nu privește durata certificatului", "ответ о статусе не относится к сроку сертификата"),
    "evidence-signer-expired": ("the evidence cannot be checked any more", "dovada nu mai poate fi verificată", "доказательство больше нельзя проверить"),
    "evidence-signer-revoked": ("the status service itself was revoked", "serviciul de stare a fost revocat", "служба статуса сама отозвана"),
    "evidence-unreadable": ("the evidence cannot be read", "dovada nu poate fi citită", "доказательство не читается"),
}  # fmt: skip

ROWS: dict[str, Row] = {
    "certificate-malformed": ("signer", "The certificate cannot be read ({detail}).", "Certificatul nu poate fi citit ({detail}).", "Сертификат не читается ({detail})."),
    "service-not-granted": ("trust", "The service “{service}” was not a trusted one at that time.", "Serviciul „{service}” nu era de încredere la acel moment.", "Служба «{service}» в тот момент не была доверенной."),
    "trusted-list-outdated": ("operator", "The trusted list that decided ({list}) should have been replaced by {due}.", "Lista de încredere care a decis ({list}) trebuia înlocuită până la {due}.", "Список доверия, по которому принято решение ({list}), следовало заменить до {due}."),
    "trusted-list-contradictory": ("trust", "The trusted list contradicts itself about certificates of “{service}”; the certificate does not count as qualified.", "Lista de încredere se contrazice cu privire la certificatele „{service}”; certificatul nu este considerat calificat.", "Список доверия противоречит себе в отношении сертификатов «{service}»; сертификат не считается квалифицированным."),
    "key-usage-not-signing": ("authority", "The certificate was not issued for signing.", "Certificatul nu a fost emis pentru semnare.", "Сертификат выдан не для подписания."),
    "signing-certificate-missing": ("sender", "The signer's certificate is not in the file.", "Certificatul semnatarului lipsește din fișier.", "В файле нет сертификата подписанта."),
    "signing-certificate-not-bound": ("signer", "The signature does not say which certificate it was made with.", "Semnătura nu indică certificatul cu care a fost creată.", "В подписи не указано, каким сертификатом она создана."),
    "signing-certificate-differs": ("signer", "The signature names another certificate than the one in the file.", "Semnătura indică alt certificat decât cel din fișier.", "В подписи указан не тот сертификат, что в файле."),
    "signing-certificate-attribute-missing": ("signer", "The signature does not name its certificate in a signed attribute.", "Semnătura nu își indică certificatul într-un atribut semnat.", "Подпись не указывает свой сертификат в подписанном атрибуте."),
    "signing-key-missing": ("sender", "There is no key to check the signature with.", "Nu există o cheie cu care să fie verificată semnătura.", "Нет ключа для проверки подписи."),
    "signature-key-weak": ("signer", "The signer's key is too weak for that time ({algorithm}).", "Cheia semnatarului este prea slabă pentru acel moment ({algorithm}).", "Ключ подписанта слишком слаб для того времени ({algorithm})."),
    "digest-algorithm-weak": ("signer", "The signature uses a digest that no longer counts ({algorithm}).", "Semnătura folosește o funcție hash care nu mai este acceptată ({algorithm}).", "В подписи использована хеш-функция, которая больше не принимается ({algorithm})."),
    "sha1-timestamped": ("none", "SHA-1 is used; it counts only because a time-stamp protects it.", "Se folosește SHA-1; este acceptat doar pentru că o marcă temporală îl protejează.", "Использован SHA-1; он принят только потому, что защищён штампом времени."),
    "policy-not-processed": ("none", "The signature names a signature policy, which was not read.", "Semnătura indică o politică de semnare, care nu a fost prelucrată.", "В подписи указана политика подписи; она не обрабатывалась."),
    "signing-time-after-timestamp": ("none", "The claimed signing time ({claimed}) lies after the time-stamp ({stamped}).", "Ora declarată a semnării ({claimed}) este ulterioară mărcii temporale ({stamped}).", "Заявленное время подписания ({claimed}) позже штампа времени ({stamped})."),
    "timestamp-invalid": ("stamp", "A time-stamp of “{authority}” proves nothing: {why}", "O marcă temporală a „{authority}” nu dovedește nimic: {why}", "Штамп времени «{authority}» ничего не доказывает: {why}"),
    "content-timestamp-invalid": ("none", "A time-stamp over the content proves nothing: {why}", "O marcă temporală asupra conținutului nu dovedește nimic: {why}", "Штамп времени на содержимое ничего не доказывает: {why}"),
    "archive-timestamp-invalid": ("stamp", "An archive time-stamp proves nothing: {why}", "O marcă temporală de arhivare nu dovedește nimic: {why}", "Архивный штамп времени ничего не доказывает: {why}"),
    "timestamp-order": ("signer", "The time-stamps contradict each other.", "Mărcile temporale se contrazic.", "Штампы времени противоречат друг другу."),
    "timestamp-malformed": ("stamp", "The time-stamp cannot be read.", "Marca temporală nu poate fi citită.", "Штамп времени не читается."),
    "timestamp-imprint-differs": ("stamp", "The time-stamp was made for something else.", "Marca temporală a fost creată pentru altceva.", "Штамп времени создан для других данных."),
    "timestamp-digest-unknown": ("stamp", "The time-stamp uses an unknown digest.", "Marca temporală folosește o funcție hash necunoscută.", "Штамп времени использует неизвестную хеш-функцию."),
    "timestamp-algorithm-weak": ("stamp", "The time-stamp uses an algorithm that no longer counts ({algorithm}).", "Marca temporală folosește un algoritm care nu mai este acceptat ({algorithm}).", "Штамп времени использует алгоритм, который больше не принимается ({algorithm})."),
    "timestamp-content-changed": ("stamp", "The time-stamp was altered.", "Marca temporală a fost modificată.", "Штамп времени изменён."),
    "timestamp-signer-missing": ("stamp", "The time-stamp lacks the certificate of its authority.", "Din marca temporală lipsește certificatul autorității.", "В штампе времени нет сертификата его службы."),
    "timestamp-signature-invalid": ("stamp", "The signature of the time-stamp is wrong.", "Semnătura mărcii temporale este greșită.", "Подпись штампа времени неверна."),
    "timestamp-signer-not-bound": ("stamp", "The time-stamp does not name its certificate.", "Marca temporală nu își indică certificatul.", "Штамп времени не указывает свой сертификат."),
    "timestamp-signer-not-a-tsa": ("stamp", "The time-stamp was made with a certificate that is not for time-stamping.", "Marca temporală a fost creată cu un certificat care nu este pentru marcare temporală.", "Штамп времени создан сертификатом, не предназначенным для этого."),
    "timestamp-outside-signer-validity": ("stamp", "The time-stamp's certificate was not valid at its time.", "Certificatul mărcii temporale nu era valabil la ora ei.", "Сертификат штампа времени в то время не действовал."),
    "timestamp-from-the-future": ("stamp", "The time-stamp lies in the future.", "Marca temporală este din viitor.", "Штамп времени относится к будущему."),
}  # fmt: skip
