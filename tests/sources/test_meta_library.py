from __future__ import annotations

from chorusline import sources

HEADER = (
    "id,creation_time,post_owner.id,post_owner.name,post_owner.username,"
    "text,shared_post_id,link_attachment.link,multimedia,lang\n"
)
SAMPLE = (
    HEADER
    + """1,2024-05-01T10:00:00+00:00,7,Page,page,see #this,,https://a.bc/d,"[{""id"":""55"",""type"":""photo""},{""id"":56}]",en
2,2024-05-01T10:00:05+00:00,8,Other,other,,1,,,en
"""
)


def test_sample(write, told) -> None:
    path = write(SAMPLE)
    assert sources.recognise(path).format == "meta-content-library"
    first, second = told(sources.read(path))
    assert (first["account"], first["hashtags"], first["links"]) == ("7", ["this"], ["https://a.bc/d"])
    assert first["media"] == ["55", "56"]
    assert (second["kind"], second["reshare_of"]) == ("reshare", "1")
