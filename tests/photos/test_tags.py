"""Tags are found in captions, and captions lead to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photos import tags
from photos.templatetags.captions import with_tags


@pytest.mark.parametrize(
    ("caption", "found"),
    [
        ("", []),
        ("The #Harbour in #fog, #harbour again", ["harbour", "fog"]),
        ("#sea-side #über #東京 #2024summer", ["sea-side", "über", "東京", "2024summer"]),
        ("No. #1, C# and a#b, &#39; https://x/#part", []),
        ("(#one) #two. ##three", ["one", "two"]),
        ("#" + "a" * 51, []),
    ],
)
def test_tags_are_words_that_begin_with_a_hash(caption: str, found: list[str]) -> None:
    assert tags.tags_in(caption) == found


def test_there_is_an_end_to_tags() -> None:
    assert len(tags.tags_in(" ".join(f"#t{n}" for n in range(50)))) == tags.MAX_TAGS


@given(st.text(max_size=200))
def test_what_is_found_fits_and_is_found_again(caption: str) -> None:
    for tag in tags.tags_in(caption):
        assert 0 < len(tag) <= tags.MAX_LENGTH
        assert tag == tags.normal(tag)


def test_a_caption_links_its_tags_and_nothing_else() -> None:
    assert with_tags("<b> #Fog & #sea") == (
        '&lt;b&gt; <a class="hashtag" href="/tags/fog/">#Fog</a> &amp; <a class="hashtag" href="/tags/sea/">#sea</a>'
    )


@given(st.text(alphabet="#<>&\"'ab ", max_size=40))
def test_no_caption_becomes_markup(caption: str) -> None:
    rest = with_tags(caption).replace("</a>", "").replace('<a class="hashtag" href="/tags/', "")
    assert "<" not in rest
