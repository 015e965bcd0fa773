import json
from itertools import islice
from pathlib import Path

from ops.topology.supervise import logview


def test_a_json_line_reads_like_a_sentence() -> None:
    line = json.dumps(
        {
            "event": "request",
            "status": 200,
            "user": None,
            "timestamp": "2026-11-22T11:30:29Z",
            "level": "info",
        }
    )
    assert logview.pretty(line, has_colour=False) == "11:30:29 request status=200"


def test_an_error_stands_out() -> None:
    line = json.dumps({"event": "boom", "level": "error", "timestamp": "2026-11-22T11:30:29Z"})
    assert logview.pretty(line, has_colour=False) == "11:30:29 ERROR boom"
    assert logview.pretty(line, has_colour=True).startswith("\x1b[31m")


def test_any_other_line_is_left_as_it_is() -> None:
    for line in ("LOG:  ready", "{not json", "", '["a", "list"]'):
        assert logview.pretty(line, has_colour=True) == line


def test_the_tail_of_a_huge_log_is_its_end(tmp_path: Path) -> None:
    log = tmp_path / "web-1.log"
    log.write_text("".join(f"line {number}\n" for number in range(100_000)))
    assert logview.tail(log, 2) == ["line 99998", "line 99999"]


def test_following_yields_whole_lines_only_and_survives_rotation(tmp_path: Path) -> None:
    log = tmp_path / "web-1.log"
    log.write_text("old\n")
    writes = iter(["old\nnew one\nhal", "old\nnew one\nhalf\n", "x\n"])
    lines = logview.follow(log, sleep=lambda _: (log.write_text(next(writes)), None)[1])
    assert list(islice(lines, 3)) == ["new one", "half", "x"]


def test_mails_of_all_pods_are_read_in_order(tmp_path: Path) -> None:
    for pod, minute, subject in (("web-1", 2, "second"), ("web-2", 1, "first")):
        mail = {
            "event": "mail",
            "to": ["a@x"],
            "subject": subject,
            "body": "http://…",
            "timestamp": f"T00:0{minute}",
        }
        (tmp_path / f"{pod}.log").write_text(
            f'{json.dumps({"event": "request"})}\n{json.dumps(mail)}\nplain "mail"\n'
        )
    first, second = logview.mails(tmp_path)
    assert "to a@x\nSubject: first\n\nhttp://…" in first
    assert "second" in second
