from __future__ import annotations

import json

import pytest

from chorusline import sources
from chorusline.sources.telegram import repair

MESSAGE = {"id": 1, "type": "message", "date": "2024-01-15T10:30:00", "date_unixtime": "1705315801",
           "from": "Alice", "from_id": "user111", "text": "Hello!"}  # fmt: skip


def chat(*messages: dict, number: int = 42) -> dict:
    return {"name": "Chat", "type": "private_supergroup", "id": number, "messages": list(messages)}


def read(write, document: dict, **options):
    return sources.read(write(json.dumps(document, indent=1, ensure_ascii=False)), **options)


def test_message(write, told) -> None:
    log = read(write, chat(MESSAGE))
    assert log.inputs[0].format == "telegram"
    action = told(log)[0]
    assert (action["post_id"], action["account"], action["text"]) == ("42/1", "user111", "Hello!")
    assert action["time"] == "2024-01-15T10:50:01.000000"
    assert log.accounts["handle"].to_pylist() == ["Alice"]


def test_marked_text(write, told) -> None:
    pieces = [
        "see ",
        {"type": "link", "text": "a.bc/d"},
        {"type": "text_link", "text": "here", "href": "https://x.org"},
        {"type": "hashtag", "text": "#خبر"},
        {"type": "mention", "text": "@bob"},
    ]
    action = told(read(write, chat({**MESSAGE, "text": pieces})))[0]
    assert action["text"] == "see a.bc/dhere#خبر@bob"
    assert (action["links"], action["hashtags"], action["mentions"]) == (
        ["http://a.bc/d", "https://x.org"],
        ["خبر"],
        ["bob"],
    )


def test_forward_reply_service_and_media(write, told) -> None:
    log = read(
        write,
        chat(
            MESSAGE,
            {**MESSAGE, "id": 2, "forwarded_from": "Channel", "photo": "photos/1.jpg"},
            {
                **MESSAGE,
                "id": 3,
                "reply_to_message_id": 1,
                "file": "(File not included. Change data exporting settings.)",
            },
            {"id": 4, "type": "service", "action": "pin_message", "actor_id": "user111", "text": ""},
            {**MESSAGE, "id": 5, "from_id": None},
        ),
    )
    _, second, third = told(log)
    assert (second["kind"], second["reshare_of"], second["media"]) == ("reshare", None, ["42/photos/1.jpg"])
    assert (third["kind"], third["reply_to"], third["media"]) == ("reply", "42/1", [])
    assert any("1 messages are notices" in w for w in log.inputs[0].warnings)
    assert log.quarantine["row"].to_pylist() == [5]


def test_all_chats_of_an_account(write, told) -> None:
    document = {
        "about": "x",
        "chats": {"about": "y", "list": [chat(MESSAGE), chat(MESSAGE, {**MESSAGE, "id": 2}, number=43)]},
    }
    assert sorted(a["post_id"] for a in told(read(write, document))) == ["42/1", "43/1", "43/2"]


def test_old_export_has_local_times_only(write, told) -> None:
    message = {key: value for key, value in MESSAGE.items() if key != "date_unixtime"}
    log = read(write, chat(message))
    assert any("no zone" in w for w in log.inputs[0].warnings)
    log = read(write, chat(message), timezone="Europe/Kyiv")
    assert told(log)[0]["time"] == "2024-01-15T08:30:00.000000"


def test_escapes_of_the_exporter_are_repaired(write, told) -> None:
    text = json.dumps(chat(MESSAGE)).replace("Hello!", r"a\x0bb \\x0b")
    assert told(sources.read(write(text)))[0]["text"] == "a\x0bb \\x0b"
    assert repair(r"\\\x1f") == r"\\\u001f"


def test_large_export_is_read_in_pieces(write) -> None:
    many = [{**MESSAGE, "id": i, "text": "x" * 500} for i in range(1, 6001)]
    log = read(write, chat(*many))
    assert len(log) == 6000
    assert max(log.actions["row"].to_pylist()) == 6000


def test_export_that_breaks_off(write) -> None:
    text = json.dumps(chat(*[{**MESSAGE, "id": i} for i in range(1, 21)]), indent=1)
    log = sources.read(write(text[: len(text) * 3 // 4]))
    assert 10 <= len(log) <= 19
    assert "breaks off" in log.quarantine["reason"][0].as_py()


@pytest.mark.parametrize("name", ["tg_parser_personal_chat.json", "tg_parser_supergroup_with_topics.json"])
def test_fixtures(shared, counted, name) -> None:
    path = shared / "fixtures/telegram_desktop_result_json" / name
    given = [m for m in json.loads(path.read_text())["messages"] if m["type"] == "message"]
    found = counted(sources.read(path))
    assert found["actions"] == len(given)
    assert found["reply"] == sum("reply_to_message_id" in m for m in given)
