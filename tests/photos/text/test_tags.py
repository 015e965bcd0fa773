"""Tags are found in captions, and link to their pages."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photos.library import captions
from photos.templatetags.captions import with_tags
from photos.text import tags


@pytest.mark.parametrize(
    ("caption", "names"),
    [
        ("", []),
        ("The #Harbour in #fog, #harbour again", ["harbour", "fog"]),
        ("#sea-side #über #東京 #2024summer", ["sea-side", "über", "東京", "2024summer"]),
        ("No. #1, C# and a#b, &#39; https://x/#part", []),
        ("(#one) #two. ##three", ["one", "two"]),
        ("#" + "a" * 51, []),
        ("#İstanbul #istanbul #ISTANBUL", ["istanbul"]),
        ("#हिन्दी और #ไทย, #tiếng", ["हिन्दी", "ไทย", "tiếng"]),
        ("#caf\u0065\u0301 #CAFÉ", ["café"]),
        ("#\u20e3 #\ufe0f\u20e3 #\u0301a #sun\u2600\ufe0f", ["sun"]),
        ("e\u0323\u0332#no #" + "İ" * 51, []),
    ],
)
def test_tags_are_words_that_begin_with_a_hash(caption: str, names: list[str]) -> None:
    assert tags.tags_in(caption) == names


def test_there_is_an_end_to_tags() -> None:
    assert len(tags.tags_in(" ".join(f"#t{n}" for n in range(50)))) == tags.MAX_TAGS


WORDS = st.text(max_size=200) | st.text(
    "#İIi\u0131\u03c3\u03c2\u03a3ßK\u0301\u0307\u093e\u3099がか-_1 ", max_size=60
)


@given(WORDS)
def test_what_is_found_fits_and_has_a_page(caption: str) -> None:
    for tag in tags.tags_in(caption):
        assert 0 < len(tag) <= tags.MAX_LENGTH
        assert tag == tags.normalize(tag)
        assert tags.tags_in(f"#{tag}") == [tag], "its page, and what is stored"
        assert tags.parse_tags(tag) == [tag], "and a search for it"


@given(WORDS)
def test_what_is_linked_is_what_is_found(caption: str) -> None:
    linked = re.findall(r'href="/tags/([^"]+)/"', with_tags(caption))
    assert list(dict.fromkeys(map(unquote, linked)))[: tags.MAX_TAGS] == tags.tags_in(caption)


@given(WORDS)
def test_a_caption_is_kept_so_that_its_tags_stay_the_same(caption: str) -> None:
    kept = captions.tidy(caption)
    assert captions.tidy(kept) == kept
    assert tags.tags_in(kept) == tags.tags_in(caption.replace("\0", ""))


def test_a_caption_links_its_tags_and_nothing_else() -> None:
    assert with_tags("<b> #Fog & #sea") == (
        '&lt;b&gt; <a class="hashtag" href="/tags/fog/">#Fog</a> &amp; <a class="hashtag" href="/tags/sea/">#sea</a>'
    )


@given(st.text(alphabet="#<>&\"'ab ", max_size=40))
def test_no_caption_becomes_markup(caption: str) -> None:
    rest = with_tags(caption).replace("</a>", "").replace('<a class="hashtag" href="/tags/', "")
    assert "<" not in rest
