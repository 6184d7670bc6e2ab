"""The page in a browser: its script runs under its own policy, and hostile text stays text there too."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from chorusline import dossier
from chorusline.case import OPERATION
from tests.dossier.fake_case import Size, empty_case, fake_case
from tests.dossier.test_inside import order
from tests.dossier.test_over_time_and_firmness import rich

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here; the page's script isn't tried")


def opened(page: Path, profile: Path) -> tuple[str, str]:
    """Return the page's DOM after its script ran, and what it said on the console."""
    done = subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={profile}", "--enable-logging=stderr", "--v=0", "--virtual-time-budget=5000",
            "--dump-dom", page.as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


def test_the_script_runs_under_the_policy(tmp_path: Path) -> None:
    page = dossier.write(fake_case(tmp_path, Size(accounts=210, groups=2)), tmp_path)
    dom, console = opened(page, tmp_path / "profile")
    assert console == ""
    assert 'data-ready="yes"' in dom
    assert len(re.findall(r'aria-expanded="false"', dom)) == 50
    assert "Show 35 more of 60" in dom


def test_every_region_has_a_name_of_its_own(tmp_path: Path) -> None:
    """What axe-core asks for (landmark-unique), without axe-core: see CONTRIBUTING for that."""
    page = dossier.write(rich(tmp_path), tmp_path)
    dom, _ = opened(page, tmp_path / "profile")
    dom = re.sub(r"<script.*?</script>", "", dom, flags=re.DOTALL)
    regions = re.findall(r'<[^>]*role="region"[^>]*>', dom)
    names = [re.search(r'aria-label(?:ledby)?="([^"]+)"', region).group(1) for region in regions]
    assert len(names) > 5
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("kind", ["handle", "text", "object", "account"])
def test_hostile_text_makes_no_element(tmp_path: Path, kind: str) -> None:
    attack = "</script><script>document.title='broken'</script><!--<script>\u202e\u2028<img src=x onerror=alert(1)>"
    page = dossier.write(fake_case(tmp_path, **{kind: attack}), tmp_path)
    dom, console = opened(page, tmp_path / "profile")
    assert console == ""
    assert 'data-ready="yes"' in dom
    assert "<title>Dossier: who acted in concert</title>" in dom
    assert "<img" not in dom


def test_an_empty_case_runs_too(tmp_path: Path) -> None:
    dom, console = opened(dossier.write(empty_case(tmp_path), tmp_path), tmp_path / "profile")
    assert console == ""
    assert 'data-ready="yes"' in dom


def test_the_tables_the_script_makes_say_in_how_many_variants_an_account_stands(tmp_path: Path) -> None:
    dom, console = opened(dossier.write(rich(tmp_path), tmp_path), tmp_path / "profile")
    assert console == ""
    assert 'data-ready="yes"' in dom
    assert re.search(r"<th[^>]*><button[^>]*>Stands in</button></th>", dom)
    assert re.search(r'<td class="figure">[0-3] of 3</td>', dom)


DRIVE = """
const say = (key, value) => { document.body.dataset[key] = value; };
const first = document.querySelector(".accounts");
const names = () => [...first.querySelectorAll("tbody tr:not(.details) .name")].map((node) => node.textContent);
first.querySelectorAll("th button")[0].click();
say("up", String(names().every((name, k, all) => !k || all[k - 1] <= name)));
say("sort", first.querySelector("th").getAttribute("aria-sort"));
say("focus", document.activeElement.textContent);
first.querySelectorAll("th button")[0].click();
say("down", String(names().every((name, k, all) => !k || all[k - 1] >= name)));
first.querySelector(".open").click();
say("posts", String(first.querySelectorAll(".posts li").length));
say("bars", String(first.querySelectorAll("svg.chart rect.bar").length));
const query = document.getElementById("query");
query.value = "@READER_1";
query.dispatchEvent(new Event("input"));
say("found", String(document.querySelectorAll("#results tbody tr:not(.details)").length));
say("matches", document.getElementById("matches").textContent);
const other = document.querySelector("#group-1 use.n3[data-a]");
other.dispatchEvent(new MouseEvent("click", { bubbles: true }));
say("which", document.getElementById("which").value);
const button = document.querySelector(`.accounts [data-account="${other.dataset.a}"] .open`);
say("opened", button.getAttribute("aria-expanded"));
other.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
say("pointed", document.querySelector("#group-1 .pointed").textContent);
"""


def test_the_waterfall_says_in_words_what_it_draws(tmp_path: Path) -> None:
    case = fake_case(tmp_path)
    page = dossier.write(case, tmp_path)
    open_first = 'document.querySelector("#group-1 .accounts .open").click();'
    html = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text("utf-8"))
    page.write_text(html.replace("</body>", f"<script>{open_first}</script></body>"), "utf-8")
    dom, console = opened(page, tmp_path / "profile")
    assert console == ""
    picture = re.search(r'<svg[^>]*class="waterfall".*?</svg>', dom, re.DOTALL)
    assert picture is not None
    title = re.search("<title>(.*?)</title>", picture[0])
    assert title is not None
    log10 = {row["account"]: np.log10(row["e_value"]) for row in case.table("accounts").to_pylist()}
    first = re.search(
        r"reshare, synchrony ([+−][0-9.]+); text, content −0.4; Mean of the divisions −0.4", title[1]
    )
    assert first is not None
    shown = float(first[1].replace("−", "-")) - 0.8
    assert min(abs(shown - value) for value in log10.values()) < 0.051
    assert picture[0].count("<rect") == 4
    assert "NaN" not in picture[0]


def test_sorting_searching_and_opening(tmp_path: Path) -> None:
    case = fake_case(tmp_path)
    page = dossier.write(case, tmp_path)
    html = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text("utf-8"))
    page.write_text(html.replace("</body>", f"<script>{DRIVE}</script></body>"), "utf-8")
    dom, console = opened(page, tmp_path / "profile")
    assert console == ""
    body = dom[dom.index("<body") :]
    said = dict(re.findall(r'data-(\w+)="([^"]*)"', body[: body.index(">")]))
    rows = case.table("accounts").to_pylist()
    wanted = [
        row for row in rows if row["status"] == "named" and (row["handle"] or "").startswith("reader_1")
    ]
    assert (said["up"], said["down"], said["sort"], said["focus"]) == ("true", "true", "ascending", "Account")
    assert (said["posts"], said["bars"]) == ("12", "6")
    assert said["found"] == str(len(wanted))
    assert said["matches"] == f"{len(wanted)} accounts named: “@READER_1”."
    assert (said["which"], said["opened"]) == ("all", "true")
    assert "nothing found" in said["pointed"]


LISTING = """
const say = (key, value) => { document.body.dataset[key] = value; };
const table = document.querySelector("table.listing");
const column = (place) => [...table.tBodies[0].rows].map((row) => row.cells[place].textContent);
const press = (place) => table.querySelectorAll("th button")[place].click();
say("before", String(table.tBodies[0].rows.length));
press(5);
say("largest", column(5).slice(0, 2).join());
press(5);
say("smallest", column(5).slice(0, 2).join());
say("sort", table.tHead.rows[0].cells[5].getAttribute("aria-sort"));
const more = table.parentNode.nextElementSibling;
say("more", more.textContent);
more.click();
say("after", `${table.tBodies[0].rows.length} ${table.caption.textContent}`);
say("focus", document.activeElement.getAttribute("role"));
press(2);
say("first", column(2)[0]);
press(3);
say("when", column(3)[0]);
"""


def test_long_tables_are_sorted_and_shown_on_demand(tmp_path: Path) -> None:
    attack = "</script><script>document.title='broken'</script><img src=x onerror=alert(1)>"
    case = fake_case(tmp_path)
    crew = {
        "group": 1,
        "crew": "named accounts",
        "accounts": 20,
        "outsiders": 9,
        "sentences": ["Said."],
        "reason": None,
    }
    entry = {"about": "About it.", "tables": [], "options": {}, "skipped": None, "crews": [crew]}
    case.manifest["operation"] = {"orders": entry}
    rows = [
        order(k, "named accounts", object=f"{900 - k} {attack}", complied=20 * k % 1013)
        for k in range(1, 351)
    ]
    case._tables["orders"] = pa.Table.from_pylist(rows, schema=OPERATION["orders"])
    page = dossier.write(case, tmp_path)
    html = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text("utf-8"))
    page.write_text(html.replace("</body>", f"<script>{LISTING}</script></body>"), "utf-8")
    dom, console = opened(page, tmp_path / "profile")
    assert console == ""
    assert "<img" not in dom
    assert "<title>Dossier: who acted in concert</title>" in dom
    body = dom[dom.index("<body") :]
    said = dict(re.findall(r'data-(\w+)="([^"]*)"', body[: body.index(">")]))
    complied = sorted(row["complied"] for row in rows[:300])
    assert said["before"] == "60"
    assert said["largest"] == f"{complied[-1]:,},{complied[-2]:,}"
    assert said["smallest"] == f"{complied[0]},{complied[1]}"
    assert said["sort"] == "ascending"
    assert said["more"] == "Show 240 more of 350"
    assert said["after"] == "300 300 of 350 orders; all are in tables/orders.csv"
    assert said["focus"] == "region"
    assert said["first"].startswith("600 ")
    assert said["when"].startswith("2022-03-02 09:00")
