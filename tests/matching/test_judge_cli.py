"""bin/judge: JSON lines in and out, faults named, the pipe kept live."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
JUDGE = [str(ROOT / "bin" / "judge")]


def judge(given: str | bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    feed = given.encode() if isinstance(given, str) else given
    return subprocess.run([*JUDGE, *arguments], input=feed, capture_output=True, check=False)


def answers(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


@pytest.fixture
def segment(tmp_path: Path) -> Path:
    file = tmp_path / "segment.json"
    file.write_text(
        json.dumps(
            {
                "description": "fintech founders",
                "appliedSearchFilters": {"job_role": ["co founders", "FOUNDER"]},
                "followerCountTiers": ["1k_to_10k"],
            }
        )
    )
    return file


def test_one_answer_a_line_in_order() -> None:
    given = [
        {"id": "7", "bio": "Founder 👩‍💻, she/her", "followers": 1_200, "unknownKey": 1},
        {"id": "8", "handle": None, "createdAt": "2014-01-01T00:00:00Z"},
    ]
    done = judge("".join(f"{json.dumps(line)}\n" for line in given))
    first, second = answers(done)
    assert done.returncode == 0
    assert first["id"] == "7"
    assert first["gender"] == "female"
    assert first["labels"] == {"job_role": ["Founder", "Software Engineer"]}
    assert first["followerCountTier"] == "1k_to_10k"
    assert 0 <= first["bot"]["score"] <= 1
    assert first["bot"]["isBot"] is False
    assert (second["id"], second["followerCountTier"], second["labels"]) == ("8", None, {})


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("nope", "Invalid JSON"),
        ("[]", "object"),
        ('{"bio": "no id"}', "id: Field required"),
        ('{"id": 5}', "id: Input should be a valid string"),
        ('{"id": "5", "followers": "12"}', "followers: Input should be a valid integer"),
        ('{"id": "5", "followers": -1}', "followers: Input should be greater than"),
        ('{"id": "5", "createdAt": "2014-01-01"}', "createdAt:"),
    ],
)
def test_a_faulty_line_is_named_and_the_others_answered(line: str, fault: str) -> None:
    done = judge(f'{{"id": "1"}}\n{line}\n{{"id": "3"}}\n')
    first, second, third = answers(done)
    assert done.returncode == 2
    assert (first["id"], third["id"]) == ("1", "3")
    assert second["error"].startswith("line 2: ")
    assert fault in second["error"]
    assert done.stderr.decode().strip() == second["error"]


def test_bytes_that_are_no_text() -> None:
    done = judge(b'\xff\xfe\n{"id": "2"}\n')
    assert done.returncode == 2
    assert answers(done)[1]["id"] == "2"


def test_a_segment_adds_the_match(segment: Path) -> None:
    lines = '{"id": "1", "bio": "Founder", "followers": 1000}\n{"id": "2", "bio": "Founder"}\n'
    high, refused = answers(judge(lines, "--segment", str(segment)))
    assert high["match"]["confidence"] == "high"
    assert "bio says “Founder”" in high["match"]["reasons"]
    assert refused["match"] == {"confidence": None, "reasons": ["follower count is not known"]}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("{", "Invalid JSON"),
        ("{}", "description: Field required"),
        ('{"description": "x", "genders": []}', "genders"),
        ('{"description": "x", "genderValues": ["other"]}', "genderValues"),
        (
            '{"description": "x", "appliedSearchFilters": {"job_role": ["Grand Poobah"]}}',
            "Grand Poobah",
        ),
    ],
)
def test_a_faulty_segment_is_refused_before_any_answer(
    tmp_path: Path, body: str, fault: str
) -> None:
    file = tmp_path / "segment.json"
    file.write_text(body)
    done = judge('{"id": "1"}\n', "--segment", str(file))
    assert done.returncode == 1
    assert fault in done.stderr.decode()
    assert done.stdout == b""


def test_a_live_pipe_is_answered_line_by_line() -> None:
    with subprocess.Popen(JUDGE, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdin
        assert running.stdout
        for asked in ("1", "2"):
            running.stdin.write(f'{{"id": "{asked}"}}\n'.encode())
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["id"] == asked
        running.stdin.close()
        assert running.wait() == 0


def test_a_closed_pipe_is_quiet() -> None:
    with subprocess.Popen(
        JUDGE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdin
        assert running.stdout
        assert running.stderr
        running.stdout.close()
        try:
            running.stdin.write(b'{"id": "1"}\n' * 10_000)
            running.stdin.close()
        except BrokenPipeError:
            pass
        assert running.wait() != 0
        assert running.stderr.read() == b""


def test_it_runs_from_any_folder_with_the_venv_s_python(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        JUDGE,
        input=b'{"id": "1"}\n',
        capture_output=True,
        cwd=tmp_path,
        env=environment,
        check=True,
    )
    assert answers(done)[0]["id"] == "1"


@pytest.mark.parametrize(
    ("streams", "told"),
    [
        ("<&-", "judge: standard input and output must be open"),
        (">&-", "judge: standard input and output must be open"),
        (">/dev/full", "judge: No space left on device"),
    ],
)
def test_a_stream_that_cannot_be_used_is_one_sentence(streams: str, told: str) -> None:
    command = f'echo \'{{"id": "1"}}\' | "{JUDGE[0]}" {streams}'
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, told + "\n")


def test_ctrl_c_is_quiet() -> None:
    with subprocess.Popen(
        JUDGE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdin
        assert running.stdout
        assert running.stderr
        running.stdin.write(b'{"id": "1"}\n')
        running.stdin.flush()
        running.stdout.readline()
        running.send_signal(signal.SIGINT)
        assert running.wait() == -signal.SIGINT
        assert running.stderr.read() == b""
