"""What can be read from addresses and forms, and what cannot."""

import pytest
from django.http import Http404, QueryDict
from django.test import RequestFactory

from photos.views.http import paging, parameters
from sharding.rows import ids


@pytest.mark.parametrize("text", ["", "-1", "1.5", "x", "\u0661", "1" * 20, str(ids.MAX_ID + 1)])
def test_what_is_no_id_is_not_there(text: str) -> None:
    assert parameters.find_id(text) is None
    with pytest.raises(Http404):
        parameters.parsed_id(text)


def test_a_number_has_as_many_digits_as_its_reader_allows() -> None:
    assert parameters.find_number("007", max_digits=3) == 7
    assert parameters.find_number("1000", max_digits=3) is None


def test_ticked_photos_come_in_one_field_or_in_many() -> None:
    pids = [ids.encode(number) for number in (1, 2, 3)]
    request = RequestFactory().post("/", {"photo": [",".join(pids[:2]), pids[2]]})
    assert parameters.ticked_ids(request) == [1, 2, 3]


def test_a_next_page_keeps_path_and_query() -> None:
    request = RequestFactory().get("/tags/café/")
    address = paging.next_url(request, 7, sort="popular")
    assert address is not None
    path, _, query = address.partition("?")
    assert path == "/tags/caf%C3%A9/"
    assert QueryDict(query).dict() == {"sort": "popular", "before": ids.encode(7)}
    assert paging.next_url(request, None) is None


@pytest.mark.parametrize(("query", "position"), [("", None), ("after=12", 12), ("after=x", None)])
def test_an_album_goes_on_behind_a_position(query: str, position: int | None) -> None:
    assert paging.position(RequestFactory().get(f"/a/x/?{query}")) == position
