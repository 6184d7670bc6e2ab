from __future__ import annotations

import csv
import io

from chorusline import sources

HEADER = ["Page Name", "User Name", "Facebook Id", "Page Category", "Post Created", "Type", "URL", "Message",
          "Link", "Final Link"]  # fmt: skip


def sample(*rows: dict) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, HEADER)
    writer.writeheader()
    for row in rows:
        writer.writerow({"Page Name": "P", "Facebook Id": "100", **row})
    return stream.getvalue()


def test_sample(write, told) -> None:
    path = write(
        sample(
            {"Post Created": "2021-01-31 23:59:35 EST", "URL": "https://www.facebook.com/100/posts/12345678",
             "Message": "see #this", "Link": "https://bit.ly/x", "Final Link": "https://real.org/x"},
            {"Post Created": "2021-07-31 23:59:35 EDT", "URL": "https://www.facebook.com/100/posts/12345679",
             "Link": "https://www.facebook.com/200/posts/99999999", "Facebook Id": "101"},
            {"Post Created": "2021-07-31 23:59:36 EDT", "URL": "https://www.facebook.com/groups/5/permalink/12345680",
             "Link": "https://www.facebook.com/p/photos/a.1/12345680/?type=3"},
            {"Post Created": "2021-07-31 23:59:36 XYZ", "URL": "https://www.facebook.com/100/posts/12345681"},
        )
    )  # fmt: skip
    assert sources.recognise(path).format == "crowdtangle"
    log = sources.read(path)
    first, second, third = told(log)
    assert (first["post_id"], first["time"]) == ("12345678", "2021-02-01T04:59:35.000000")
    assert (first["links"], first["hashtags"], first["kind"]) == (["https://real.org/x"], ["this"], "post")
    assert (second["kind"], second["reshare_of"], second["links"]) == ("reshare", "99999999", [])
    assert second["time"] == "2021-08-01T03:59:35.000000"
    assert (third["post_id"], third["kind"], third["links"]) == ("12345680", "post", [])
    assert log.quarantine["row"].to_pylist() == [5]
    assert not any("zone" in w for w in log.inputs[0].warnings)
