"""The Korean catalogues: complete, with the placeholders of each message, and compiled when their source changes."""

import json
import os
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from config import importmap
from ops import translations

SOURCES = sorted(translations.LOCALES.glob("*/LC_MESSAGES/*.po"))
VALUES = re.compile(r"%\(\w+\)[sd]|\{\w*\}|href=\"[^\"]*\"")
COMMENT = re.compile(r"/\*.*?\*/|^\s*//.*?$|\s// .*?$", re.DOTALL | re.MULTILINE)
LITERAL = re.compile(r"""(?<!gettext\()(?:"([A-Z][a-z]+ [a-z][^"]*)"|`([^`]*[a-z]{2,} [a-z]{2,}[^`]*)`)""")


def catalogue(source: Path) -> Catalog:
    with source.open("rb") as file:
        return read_po(file, abort_invalid=True)


def messages(source: Path) -> list[Message]:
    return [message for message in catalogue(source) if message.id]


def test_both_catalogues_are_there() -> None:
    assert [source.stem for source in SOURCES] == ["django", "djangojs"]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_everything_is_translated_and_nothing_guessed(source: Path) -> None:
    open_ones = [
        message.id for message in messages(source) if message.fuzzy or not all(forms_of(message.string))
    ]
    assert open_ones == []
    assert catalogue(source).obsolete == {}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_a_translation_has_the_values_of_its_message(source: Path) -> None:
    wrong = [
        message.id
        for message in messages(source)
        if values(forms_of(message.string)) != values(forms_of(message.id)) and message.id != ("", "")
    ]
    assert wrong == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_a_source_says_nothing_of_the_machine_that_gathered_it(source: Path) -> None:
    text = source.read_text()
    assert "\n#: " not in text, "lines of code would be in every diff"
    assert "Creation-Date" not in text


def test_a_source_that_is_newer_is_compiled_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "ko" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    for source in SOURCES:
        (folder / source.name).write_bytes(source.read_bytes())
    monkeypatch.setattr(translations, "LOCALES", tmp_path)
    monkeypatch.setattr(translations, "SCRIPTS", tmp_path)
    made = translations.compile_all()
    assert [path.name for path in made] == ["django.mo", "catalogue-ko.js"]
    assert translations.compile_all() == []
    os.utime(made[0], (0, 0))
    assert translations.compile_all() == made[:1]


def test_scripts_read_their_catalogue_as_a_module() -> None:
    text = (translations.SCRIPTS / "catalogue-ko.js").read_text()
    words = json.loads(text.removeprefix("export default ").rstrip(";\n"))
    assert words["Paused"] == "일시정지"
    assert words["{count} selected"] == ["{count}장 선택"]


@pytest.mark.parametrize("name", importmap.module_names())
def test_a_module_says_nothing_but_by_its_catalogue(name: str) -> None:
    code = COMMENT.sub("", (importmap.FOLDER / f"{name}.js").read_text())
    code = re.sub(r"n?gettext\(\s*\"[^\"]*\"(?:, \"[^\"]*\")?", "", code)
    assert [literal for literal in LITERAL.findall(code) if not is_markup("".join(literal))] == []


def is_markup(text: str) -> bool:
    """Return whether a literal is a selector, a type or an error for developers, which users do not read."""
    return bool(re.search(r"[\[\]<>=#]|^(?:Content-|The Worker)", text))


def forms_of(strings: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [strings] if isinstance(strings, str) else list(strings or [""])


def values(forms: list[str]) -> set[str]:
    """Return the placeholders of a message; one of several forms may leave the number out."""
    return {value for form in forms for value in VALUES.findall(form)}
