"""What Django and allauth say on our pages is worded in our catalogue, in the style of everything else."""

import ast
from pathlib import Path

import allauth.account
import django
import pytest
from django.test import Client
from django.utils import translation

from accounts.models import User
from config import framework_words
from tests.languages.test_glossary import FORMAL

GETTEXT = {"_", "gettext", "gettext_lazy", "ngettext_lazy"}
ACCOUNT, DJANGO = Path(allauth.account.__path__[0]), Path(django.__path__[0])
SPEAKING = [
    ACCOUNT / "adapter.py",
    ACCOUNT / "forms.py",
    DJANGO / "forms" / "fields.py",
    DJANGO / "contrib" / "auth" / "password_validation.py",
]
# Fields of these kinds are on no page.
ELSEWHERE = ("duration", "days", "checkbox", "image", "UUID", "JSON")


def sentences_of(module: Path) -> set[str]:
    """Return the sentences in a module's calls of gettext; labels have no full stop."""
    calls = [node for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Call)]
    found = {
        argument.value
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in GETTEXT
        for argument in call.args[:1]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }
    return {text for text in found if text.endswith(".") and not any(word in text for word in ELSEWHERE)}


def worded() -> set[str]:
    """Return the messages of `framework_words`, read from its source: lazy ones do not tell theirs."""
    source = Path(framework_words.__file__).read_text()
    return {
        node.args[0].value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.args[0], ast.Constant)
        if isinstance(node.args[0].value, str)
    }


@pytest.mark.parametrize("module", SPEAKING, ids=lambda module: module.stem)
def test_each_sentence_of_a_framework_is_worded_here(module: Path) -> None:
    sentences = sentences_of(module)
    assert len(sentences) > 1
    assert sentences - worded() == set()


def test_none_of_them_is_in_another_style() -> None:
    with translation.override("ko"):
        korean = {text: {translation.gettext(text), translation.ngettext(text, text, 1)} for text in worded()}
    assert [text for text, said in korean.items() if said == {text}] == []
    assert [said for said in korean.values() if FORMAL.search(" ".join(said))] == []


@pytest.mark.django_db(databases="__all__")
@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({}, "필수 입력 항목이에요."),
        ({"username": "mina.kim", "password1": "mina.kim"}, "비밀번호가 아이디 항목과 너무 비슷해요."),
        ({"username": "mina", "password1": "x9!"}, "비밀번호가 너무 짧아요. 8자 이상 입력해 주세요."),
        (
            {"username": "mina", "password1": "password"},
            "너무 흔한 비밀번호예요. 다른 비밀번호를 입력해 주세요.",
        ),
        ({"username": "alice", "password1": "quite a long secret"}, "이미 사용 중인 아이디예요."),
        ({"email": "mina", "username": "mina"}, "이메일 주소를 올바르게 입력해 주세요."),
    ],
)
def test_signing_up_speaks_one_korean(alice: User, form: dict[str, str], expected: str) -> None:
    sent = {"email": "mina@example.com", **form} if form else {}
    page = Client(headers={"Accept-Language": "ko"}).post("/accounts/signup/", sent).content.decode()
    assert expected in page
    assert FORMAL.findall(page) == []


@pytest.mark.django_db(databases="__all__")
@pytest.mark.parametrize(
    ("address", "form", "expected"),
    [
        ("/settings/", {"bio": "x" * 400}, "300자까지 쓸 수 있어요. 지금은 400자예요."),
        (
            "/accounts/email/",
            {"action_add": "", "email": "alice@example.com"},
            "이미 내 계정에 등록한 이메일 주소예요.",
        ),
        (
            "/accounts/password/change/",
            {"oldpassword": "x", "password1": "quite a long secret", "password2": "quite a long secret"},
            "현재 비밀번호가 올바르지 않아요.",
        ),
    ],
)
def test_settings_speak_the_same_korean(
    alice: User, client: Client, address: str, form: dict[str, str], expected: str
) -> None:
    client.force_login(alice)
    page = client.post(address, form, headers={"Accept-Language": "ko"}, follow=True).content.decode()
    assert expected in page
    assert FORMAL.findall(page) == []
