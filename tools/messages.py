"""The message catalogues in ro, ru and en: update, check, compile. No gettext binary is needed.

Every ``locale`` folder under ``src/msign`` owns the texts of the folder it lies in, except those of a deeper one. The
msgid is the English sentence. ``update`` collects texts from Python and templates; ``check`` refuses catalogues that
are stale, incomplete, fuzzy, inconsistent or misspelt; ``compile`` writes what the program reads (ignored by git).
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "msign"
LANGUAGES = ("ro", "ru", "en")
OWN_CATALOGUES = ("connections", "notices", "faces/desk")  # rooms with many texts of their own
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?[a-z]+")
CEDILLA = re.compile("[ŞşŢţ]")
STRAIGHT_QUOTES = re.compile(r'(?<![=\w])"[^">]*"(?![>\w])')
GETTEXT = {"gettext", "gettext_lazy", "gettext_noop", "noop", "_", "say", "mark"}
NGETTEXT = {"ngettext", "ngettext_lazy"}
TAG = re.compile(
    r"""\{%-?\s*(translate|trans|blocktranslate|blocktrans|plural|endblocktranslate|endblocktrans)\b(.*?)%\}""",
    re.DOTALL,
)
FIRST_STRING = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
UNDERSCORE = re.compile(r"""_\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*\)""")
VARIABLE = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


@dataclass(slots=True)
class Text:
    """A text of the program: its English singular, its plural if it counts, and the files that use it."""

    singular: str
    plural: str | None = None
    files: set[str] = field(default_factory=set)


def main(arguments: list[str]) -> int:
    verbs = {"update": update, "check": check, "compile": compile_all}
    if len(arguments) != 1 or arguments[0] not in verbs:
        print(f"usage: messages.py {'|'.join(verbs)}")
        return 2
    return verbs[arguments[0]]()


def update() -> int:
    """Bring every catalogue to the texts of the program; what is already translated stays."""
    for folder in locale_folders():
        texts = collect(folder)
        for language in LANGUAGES:
            path = po_path(folder, language)
            catalogue = merged(read(path, language), texts, language)
            write(path, catalogue)
            empty = sum(not _filled(message.string) for message in catalogue if message.id)
            print(f"{path.relative_to(ROOT)}: {len(texts)} texts, {empty} to translate")
    return 0


def check() -> int:
    """Print every defect of every catalogue; 1 if there is one."""
    problems = [problem for folder in locale_folders() for problem in _check_folder(folder)]
    print("\n".join(problems))
    return bool(problems)


def compile_all() -> int:
    """Write the .mo files that are older than their .po."""
    for folder in locale_folders():
        for language in LANGUAGES:
            source = po_path(folder, language)
            if source.exists():
                compile_one(source, language)
    return 0


def compile_one(source: Path, language: str) -> bool:
    """Compile one catalogue if needed; return whether it was. Safe for many processes at once."""
    target = source.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
        return False
    from babel.messages.mofile import write_mo

    draft = target.with_name(f".{target.name}.{os.getpid()}")
    with draft.open("wb") as stream:
        write_mo(stream, read(source, language))
    draft.replace(target)
    return True


def locale_folders() -> list[Path]:
    """Return where catalogues lie, and where the rooms named above must have theirs."""
    due = {SOURCE / room / "locale" for room in OWN_CATALOGUES if (SOURCE / room).is_dir()}
    present = set(SOURCE.rglob("locale"))
    return sorted(present | {folder for folder in due - present if collect_texts(folder, present | due)})


def po_path(folder: Path, language: str) -> Path:
    return folder / language / "LC_MESSAGES" / "django.po"


def collect(folder: Path) -> dict[str, Text]:
    """Return the texts that the catalogue in ``folder`` is responsible for, by their singular."""
    return collect_texts(folder, locale_folders())


def collect_texts(folder: Path, folders: Iterable[Path]) -> dict[str, Text]:
    """As ``collect``, where ``folders`` are all the catalogues there are."""
    deeper = [other.parent for other in folders if other != folder and folder.parent in other.parents]
    texts: dict[str, Text] = {}
    for path in sorted(folder.parent.rglob("*")):
        if path.suffix not in {".py", ".html", ".txt"} or any(place in path.parents for place in deeper):
            continue
        if path.suffix == ".txt" and "templates" not in path.parts:
            continue
        source = path.read_text("utf-8")
        found = from_python(source) if path.suffix == ".py" else from_template(source)
        for singular, plural in found:
            text = texts.setdefault(singular, Text(singular))
            text.plural = text.plural or plural
            text.files.add(path.relative_to(SOURCE).as_posix())
    return texts


def from_python(source: str) -> Iterator[tuple[str, str | None]]:
    """Find calls of gettext and its kin with literal arguments."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        words = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if name in GETTEXT and words:
            yield words[0], None
        elif name in NGETTEXT and len(words) > 1:
            yield words[0], words[1]


def from_template(source: str) -> Iterator[tuple[str, str | None]]:
    """Find translate, blocktranslate (with plurals) and ``_("…")`` in tags and filters."""
    source = re.sub(r"\{#.*?#\}", "", source)
    for match in UNDERSCORE.finditer(source):
        yield ast.literal_eval(match[1]), None
    start: re.Match[str] | None = None
    plural: re.Match[str] | None = None
    for match in TAG.finditer(source):
        verb = match[1]
        if verb in {"translate", "trans"}:
            literal = FIRST_STRING.match(match[2])
            if literal:
                yield ast.literal_eval(literal[1]), None
        elif verb.startswith("block"):
            start, plural = match, None
        elif verb == "plural":
            plural = match
        elif start:
            trimmed = "trimmed" in start[2].split()
            singular = _block(source[start.end() : (plural or match).start()], trimmed=trimmed)
            yield singular, _block(source[plural.end() : match.start()], trimmed=trimmed) if plural else None


def _block(text: str, *, trimmed: bool) -> str:
    """Return a block's text as Django looks it up: variables as %(name)s, percent signs doubled."""
    if trimmed:
        text = " ".join(line.strip() for line in text.splitlines() if line.strip())
    return VARIABLE.sub(r"%(\1)s", text.replace("%", "%%"))


def read(path: Path, language: str) -> Catalog:
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po

    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as stream:
        return read_po(stream, locale=language)


def merged(old: Catalog, texts: dict[str, Text], language: str) -> Catalog:
    """Return a catalogue of exactly ``texts`` with the translations of ``old``. English translates itself."""
    from babel.messages.catalog import Catalog

    new = Catalog(locale=language, project="MSign", charset="utf-8", fuzzy=False)
    for text in sorted(texts.values(), key=lambda item: item.singular.casefold()):
        key = (text.singular, text.plural) if text.plural else text.singular
        known = old.get(text.singular)
        string = known.string if known is not None and isinstance(known.string, tuple) == bool(text.plural) else ""
        if language == "en":
            string = (text.singular, text.plural) if text.plural else text.singular
        flags = [*(known.flags if known is not None else [])]
        flags = [flag for flag in flags if flag == "fuzzy"] + (["python-format"] if _percent(text) else [])
        new.add(key, string or None, locations=[(name, 0) for name in sorted(text.files)], flags=flags)
    return new


def _percent(text: Text) -> bool:
    return bool(re.search(r"%\(\w+\)[sd]|%[sd]", text.singular))


def write(path: Path, catalogue: Catalog) -> None:
    import io

    from babel.messages.pofile import write_po

    stream = io.BytesIO()
    write_po(stream, catalogue, width=110, include_lineno=False, omit_header=False)
    # Dates and tool versions would change the file without changing a word.
    lines = [line for line in stream.getvalue().decode().splitlines() if not _noise(line)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines).strip("\n") + "\n", "utf-8")


def _noise(line: str) -> bool:
    names = (
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Generated-By",
        "Last-Translator",
        "Language-Team",
        "Report-Msgid",
    )
    return (line.startswith("#") and not line.startswith(("#:", "#,"))) or line.startswith(
        tuple(f'"{n}' for n in names)
    )


def _check_folder(folder: Path) -> Iterator[str]:
    texts = collect(folder)
    for language in LANGUAGES:
        path = po_path(folder, language)
        name = path.relative_to(ROOT)
        if not path.exists():
            yield f"{name}: missing; run `make messages`"
            continue
        known = {_singular(message.id): message for message in read(path, language) if message.id}
        for text in texts.keys() - known.keys():
            yield f"{name}: not in the catalogue (run `make messages`): {text!r}"
        for text in known.keys() - texts.keys():
            yield f"{name}: no longer used (run `make messages`): {text!r}"
        for text in texts.keys() & known.keys():
            yield from (f"{name}: {problem}: {text!r}" for problem in _defects(texts[text], known[text], language))


def _singular(key: object) -> str:
    return str(key[0] if isinstance(key, tuple | list) else key)


def _defects(text: Text, message: object, language: str) -> Iterator[str]:
    string = message.string  # type: ignore[attr-defined]
    if bool(text.plural) != isinstance(string, tuple | list):
        yield "plural forms differ from the program (run `make messages`)"
        return
    if "fuzzy" in message.flags:  # type: ignore[attr-defined]
        yield "marked fuzzy"
    forms = [string] if isinstance(string, str) else list(string)
    forms_needed = {"ro": 3, "ru": 3, "en": 2}[language] if text.plural else 1
    if len(forms) != forms_needed or not all(forms):
        yield "not translated"
        return
    for form in forms:
        yield from _defects_of_form(text, form, language)


def _defects_of_form(text: Text, form: str, language: str) -> Iterator[str]:
    wanted = set(PLACEHOLDER.findall(text.singular)) | set(PLACEHOLDER.findall(text.plural or ""))
    present = set(PLACEHOLDER.findall(form))
    if present != wanted and not (text.plural and present <= wanted):
        yield f"placeholders {sorted(present)} instead of {sorted(wanted)}"
    if CEDILLA.search(form):
        yield "ş or ţ with cedilla; Romanian writes ș and ț with a comma"
    if language != "en" and STRAIGHT_QUOTES.search(form):
        yield "straight quotation marks; write „ ” or « »"
    if text.singular[-1:] in ".?!:…" and form[-1:] != text.singular[-1:]:
        yield "ends differently from the English sentence"


def _filled(string: str | Iterable[str] | None) -> bool:
    return bool(string) if isinstance(string, str) or string is None else all(string)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
