"""What every template keeps to, checked on the files themselves."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.template.loader import get_template

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [ROOT / app / "templates" for app in ("config", "photos", "accounts")]
TEMPLATES = sorted(path for folder in FOLDERS for path in folder.rglob("*.html"))
NAMES = sorted(str(path.relative_to(folder)) for folder in FOLDERS for path in folder.rglob("*.html"))
STATIC = sorted(
    path
    for path in ROOT.glob("*/static/**/*")
    if path.suffix in {".js", ".css", ".svg"} and not path.name.startswith("catalogue-")
)
LINE = 120

OUR_PAGES = {
    *(f"{code}.html" for code in (400, 403, 404, 500, 503)),
    *(f"photos/home/{name}.html" for name in ("landing", "home", "memories")),
    *(f"photos/{name}/{name}.html" for name in ("album", "edit", "photo", "profile", "search", "upload")),
    *(f"photos/grid/{name}.html" for name in ("favourites", "tile", "tiles")),
    *(f"photos/search/{name}.html" for name in ("explore", "tag")),
    *(f"photos/settings/{name}.html" for name in ("settings", "photos", "notifications", "erase", "erased")),
    "photos/notifications/notifications.html",
    "photos/social/comments.html",
    "people/people.html",
    *(
        f"account/{name}.html"
        for name in ("login", "signup", "logout", "email", "email_confirm", "reauthenticate")
    ),
    *(f"account/password_{name}.html" for name in ("reset", "reset_done", "reset_from_key", "change")),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_template_compiles(name: str) -> None:
    assert get_template(name) is not None


def test_no_page_is_missing() -> None:
    assert set(NAMES) >= OUR_PAGES


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_script_is_a_file_of_ours(path: Path) -> None:
    for opening in re.findall(r"<script\b[^>]*>", path.read_text()):
        assert 'src="{% static' in opening, f"{path}: {opening} would need a nonce"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_words_are_translated_where_they_are_an_attribute(path: Path) -> None:
    assert not re.search(r"=_\(", re.sub(r"\{%.*?%\}", "", path.read_text())), "shown as it stands"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_nothing_in_a_template_needs_unsafe_inline(path: Path) -> None:
    text = path.read_text()
    assert "<style" not in text
    assert not re.search(r"\son[a-z]+=", text), "an inline event handler"
    assert "javascript:" not in text


@pytest.mark.parametrize("path", [*TEMPLATES, *STATIC], ids=lambda path: path.name)
def test_nobody_elses_server_is_named(path: Path) -> None:
    addresses = re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z.]+[^\s\"')]*", path.read_text(), re.IGNORECASE)
    assert [address for address in addresses if address != "http://www.w3.org/2000/svg"] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_words_are_only_translated_inside_a_tag(path: Path) -> None:
    plain = re.sub(r"{%.*?%}|{{.*?}}", "", path.read_text(), flags=re.DOTALL)
    assert not re.search(r"\b_\(", plain), "outside a tag that is but text"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_an_image_says_its_size_and_its_words(path: Path) -> None:
    for image in re.findall(
        r"<img\b[^>]*>", path.read_text().replace("&lt;", "<").replace("width < 44rem", "")
    ):
        assert {"width=", "height=", "alt="} <= set(re.findall(r"(?:width|height|alt)=", image)), image


def test_the_templates_are_formatted() -> None:
    djade = Path(sys.executable).with_name("djade")
    done = subprocess.run(
        [djade, "--target-version", "5.2", "--check", *TEMPLATES], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_page_of_trouble_needs_nothing_that_may_be_broken() -> None:
    for name in ("500.html", "503.html", "offline.html", "site/standalone.html"):
        source = (ROOT / "config" / "templates" / name).read_text()
        # Translating asks for nothing but what was read when the process started.
        known = (
            r"{% (?:load i18n|translate \"[^\"]*\"|get_current_language\w* as \w+|if LANGUAGE_BIDI|endif) %}"
            r"|{% extends \"site/standalone.html\" %}|{% (?:end)?block(?: \w+)? %}"
            r"|{{ LANGUAGE_CODE }}| dir=\"rtl\""
        )
        assert not re.search(r"{%|{{", re.sub(known, "", source)), name


def test_accounts_names_no_template_of_photos() -> None:
    files = [*ROOT.glob("accounts/**/*.py"), *ROOT.glob("accounts/templates/**/*.*")]
    assert len(files) > 50
    naming = [path for path in files if re.search(r"[\"']photos/[\w/]+\.(?:html|txt)", path.read_text())]
    assert naming == []


@pytest.mark.parametrize(
    "path",
    [path for path in STATIC if path.suffix != ".svg"],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_a_line_of_javascript_or_css_fits_on_a_screen(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert [at for at, line in enumerate(lines, start=1) if len(line) > LINE] == []


def test_the_avatar_is_written_once() -> None:
    assert [path.name for path in TEMPLATES if 'class="avatar"' in path.read_text()] == ["avatar.html"]
