"""One term for one thing, in both languages: what no text says, and what a term is called."""

import re
from collections.abc import Iterator

import pytest
from babel.messages.catalog import Message

from tests.languages.test_catalogues import SOURCES, forms_of, messages

FORMAL = re.compile(r"\S*(?:습니다|ㅂ니다|[가-힣]니까\?|입니다|됩니다|합니다|십시오)")

# What must not be in a Korean text, and what is said instead.
UNSAID = {
    r"타일|(?<![가-힣])벽|여기에? 걸려|놓을까|숨을 고르|눈으로": "no metaphor: 사진, 프로필, 올리다, 나오다",
    r"그림": "사진 or 이미지; 그림 is a drawing",
    r"단추": "버튼",
    r"고마워": "감사해요",
    r"사흘|한 시간": "3일, 1시간: numbers",
    r"즐겨찾기": "좋아요한 사진",
    r"이날": "과거의 오늘",
    r"끝내[기세려]": "공유 중지",
    r"접수증|접수 번호": "삭제 확인서, 확인 번호",
    r"모르는 사람": "일반 방문자",
    r"언팔로우": "팔로우 취소",
    r"소식": "알림",
    r"보정": "편집",
    r"다시 해 보": "다시 시도해 주세요",
    r"사용자 이름|사용자명": "아이디",
    r"작가": "저작자",
    r"비밀번호를 (?:새로 )?정[하했]|비밀번호 정하기": "비밀번호 설정, 재설정, 변경",
    r"주소를 확인|주소 확인|확인 메일|확인됨|확인된 주소": "인증",
    r"계정(?:을|이|을 완전히)? 지[우워웠]": "계정 삭제",
    r"누가 (?:볼|열) 수": "공개 범위",
    r"(?<!저)장소": "촬영 위치",
    r"\(으\)로|\(?을\(를\)|이\(가\)|은\(는\)|와\(과\)": "a noun behind the value, then the right particle",
}

# What must not be in an English text, and what is said instead.
UNSAID_ENGLISH = {
    r"\bwalls?\b|\bhangs?\b|\b(?:lay|laid)\b|\bstones?\b|\beyes\b|\bbreath\b": "no metaphor",
    r"\btiles?\b(?! *\.$)": "photo; only the motto says tile",
    r"\b[Ww]hoever\b|\bwhom\b": "anyone with, the person who",
    r"\b[Ee]verybody\b|\b[Ss]omebody\b(?! else)|\b[Aa]nybody\b|\b[Nn]obody\b": "everyone, someone, anyone, no one",
    r"\bstrangers?\b": "visitor",
    r"\bfor good\b|\bgone for\b": "permanently",
    r"\banew\b": "again",
    r"\bout of reach\b": "temporarily unavailable",
    r"\bnews\b(?!-name)": "notifications",
    r"\bThat were\b|\bThat was\b": "say what happened: Too many requests",
    r"(?<![eE]-)\b[Mm]ails?\b": "e-mail",
    r"(?<!storage )\broom for\b|\bno room\b": "can have up to",
    r"\berased?\b|\bErase\b": "delete",
    r"\b[Pp]ack(?:ed|ing)?\b": "ZIP file",
}
STORED = {  # in the rows of receipts, and in choices of models
    "look-alikes told apart",
    "people blocked or muted, and by whom",
}

# A reader of the English finds this term in the Korean.
TERMS = {
    r"\bshare links?\b": "공유 링크",
    r"(?<!\()\busername\b": "아이디",
    r"\be-?mail address": "이메일",
    r"\b[Tt]rash\b": "휴지통",
    r"\bcaptions?\b": "캡션",
    r"\balbums?\b": "앨범",
    r"\bcomments?\b": "댓글",
    r"\bfollowers?\b": "팔로워",
    r"\bpasswords?\b": "비밀번호",
    r"\b[Ll]icence\b": "라이선스",
    r"\b[Nn]otifications?\b": "알림",
    r"^On this day$": "과거의 오늘",
    r"^Everyone$|^everyone sees it$": "전체 공개",
    r"^Followers$|^your followers see it$": "팔로워 공개",
    r"^Only you$|^only you see it$": "나만 보기",
}

# A particle behind a value is right for one kind of last sound only; these values always end in the same one.
SAME_SOUND = {"%(who)s이", "{size}예요", "{all}를", "{size}라"}
PARTICLE = re.compile(
    r"(?:%\(\w+\)[sd]|\{\w*\})(?:을|를|이|가|은|는|와|과|로|으로|라|예요|이에요)(?=[\s.,<]|$)"
)
LATIN_PARTICLE = re.compile(r"(?<![A-Za-z])[A-Z]{2,}(?:을|를|은|는|이|가)(?=[\s.,]|$)")


def texts() -> Iterator[tuple[Message, str]]:
    for source in SOURCES:
        for message in messages(source):
            for text in forms_of(message.string):
                yield message, text


@pytest.mark.parametrize("unsaid", UNSAID, ids=UNSAID.values())
def test_no_korean_text_says(unsaid: str) -> None:
    assert [text for _message, text in texts() if re.search(unsaid, text)] == []


@pytest.mark.parametrize("term", TERMS)
def test_a_term_is_called_the_same_everywhere(term: str) -> None:
    said = [(message, text) for message, text in texts() if re.search(term, forms_of(message.id)[0])]
    assert said
    assert [text for _message, text in said if TERMS[term] not in text] == []


@pytest.mark.parametrize("unsaid", UNSAID_ENGLISH, ids=UNSAID_ENGLISH.values())
def test_no_english_text_says(unsaid: str) -> None:
    said = {text for source in SOURCES for message in messages(source) for text in forms_of(message.id)}
    assert [text for text in sorted(said - STORED) if re.search(unsaid, text)] == []


def test_everything_is_in_one_style() -> None:
    assert [text for _message, text in texts() if FORMAL.search(text)] == []


def test_a_particle_fits_the_value_before_it() -> None:
    found = {match for _message, text in texts() for match in PARTICLE.findall(text)}
    assert found - SAME_SOUND == set()


def test_quotation_marks_are_the_same() -> None:
    assert [text for _message, text in texts() if re.search(r"[\"'\u2018\u2019;](?![^<]*>)", text)] == []
