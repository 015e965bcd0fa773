import pytest

from ops.topology.machine import diagnosis


@pytest.mark.parametrize(("complaint", "advice"), diagnosis.CURES)
def test_a_known_complaint_has_its_cure(complaint: str, advice: str) -> None:
    assert diagnosis.cure(f"FATAL: {complaint} (errno)") == advice


def test_an_unknown_complaint_leads_to_the_whole_log() -> None:
    assert diagnosis.cure("FATAL: what?", otherwise="The whole log: x") == "The whole log: x"


def test_every_cure_is_one_sentence_or_two() -> None:
    assert all(advice[0].isupper() and "\n" not in advice for _, advice in diagnosis.CURES)
