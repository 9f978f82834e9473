"""Sentences about slips in a PDF's structure: read over, told about. Code -> remedy, English, Romanian, Russian."""

from __future__ import annotations

from msign.validation.reports.words_trust import Row

ROWS: dict[str, Row] = {
    "appearances-regenerated": ("compare", "The form was told to draw its fields anew, so they may show something else.", "Formularului i s-a cerut să redeseneze câmpurile, deci ele pot arăta altceva.", "Форме велено заново нарисовать поля: они могут показать другое."),
    "signature-value-missing": ("compare", "The field “{name}” looks signed and holds no signature.", "Câmpul „{name}” pare semnat, dar nu conține nicio semnătură.", "Поле «{name}» выглядит подписанным, но подписи в нём нет."),
    "structure-changed": ("none", "The logical structure took in something new.", "Structura logică a primit elemente noi.", "В логическую структуру добавлено новое."),
    "pdf-header-not-first": ("none", "There are bytes before the start of the document.", "Există octeți înainte de începutul documentului.", "Перед началом документа есть байты."),
    "pdf-eof-mark-missing": ("none", "The mark at the end of a revision is missing.", "Lipsește marcajul de la sfârșitul unei revizii.", "Нет метки в конце редакции."),
    "pdf-startxref-wrong": ("none", "A pointer to the directory of objects misses its goal by a little.", "Un indicator către cuprinsul obiectelor ratează puțin ținta.", "Указатель на каталог объектов немного промахивается."),
    "pdf-startxref-mismatch": ("none", "A revision points to another directory of objects than its own.", "O revizie indică alt cuprins al obiectelor decât al său.", "Редакция указывает не на свой каталог объектов."),
    "pdf-last-revision-unreadable": ("compare", "The last change to the document cannot be read.", "Ultima modificare a documentului nu poate fi citită.", "Последнее изменение документа не читается."),
    "pdf-xref-loop": ("sender", "The directories of objects lead in a circle.", "Cuprinsurile obiectelor conduc în cerc.", "Каталоги объектов замкнуты в круг."),
    "pdf-xref-order": ("sender", "The revisions do not stand in order.", "Reviziile nu sunt în ordine.", "Редакции расположены не по порядку."),
    "pdf-xref-prev-unreadable": ("sender", "An earlier directory of objects cannot be read.", "Un cuprins anterior al obiectelor nu poate fi citit.", "Более ранний каталог объектов не читается."),
    "pdf-xref-entry-malformed": ("none", "The directory of objects has a malformed row.", "Cuprinsul obiectelor are un rând deteriorat.", "В каталоге объектов повреждена строка."),
    "pdf-xref-numbering-shifted": ("none", "The directory of objects counts from the wrong number.", "Cuprinsul obiectelor numără de la un număr greșit.", "Каталог объектов начинает счёт не с того номера."),
    "pdf-xref-contradiction": ("sender", "The document says of one object that it is in two places.", "Documentul spune despre un obiect că se află în două locuri.", "Документ указывает для одного объекта два места."),
    "pdf-object-misplaced": ("none", "An object does not stand exactly where the directory says.", "Un obiect nu se află exact unde spune cuprinsul.", "Объект стоит не точно там, где указано в каталоге."),
    "pdf-object-astray": ("compare", "An object is not where the directory says.", "Un obiect nu se află unde spune cuprinsul.", "Объекта нет там, где указано в каталоге."),
    "pdf-object-unreadable": ("compare", "An object cannot be read.", "Un obiect nu poate fi citit.", "Объект не читается."),
    "pdf-object-stream-broken": ("compare", "A container of objects is broken.", "Un container de obiecte este deteriorat.", "Контейнер объектов повреждён."),
    "pdf-stream-length-wrong": ("none", "A stated length is wrong.", "O lungime declarată este greșită.", "Указанная длина неверна."),
    "pdf-duplicate-key": ("compare", "A dictionary defines the same entry twice.", "Un dicționar definește aceeași intrare de două ori.", "Словарь дважды определяет одну и ту же запись."),
}  # fmt: skip
