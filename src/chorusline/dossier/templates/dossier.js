"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { accounts, parts, evidence, words } = data;
  const FIRST = 25;
  const STEP = 100;

  // Everything a stranger wrote reaches the page as text, never as markup.
  const make = (tag, options = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(options)) {
      if (key === "text") node.textContent = value;
      else if (key === "on") node.addEventListener(value[0], value[1]);
      else if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child !== null));
    return node;
  };
  const drawn = (tag, attributes, ...children) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    node.append(...children);
    return node;
  };
  const coded = (column, k) => column.words[column.of[k]];
  const count = (n) => n.toLocaleString("en-GB");
  const figure = (x) => (x === null ? "–" : Number.isInteger(x) ? count(x) : x.toLocaleString("en-GB", { maximumFractionDigits: x < 10 ? 1 : 0, minimumFractionDigits: x < 10 ? 1 : 0 }));
  const raised = (n) => String(n).replace(/[-0-9]/g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹⁻"["0123456789-".indexOf(c)]);
  const power = (x) => {
    const [mantissa, exponent] = x.toExponential(0).split("e");
    return `${mantissa} × 10${raised(Number(exponent))}`;
  };
  const probability = (p) => (p === null ? "–" : p >= 0.995 ? "1" : p >= 0.001 ? p.toFixed(3) : p < 1e-9 ? "< 10⁻⁹" : power(p));
  const share = (p) => (p === null ? "–" : p > 0 && p < 1e-4 ? "< 0.01\u00a0%" : `${Number((p * 100).toPrecision(2))}\u00a0%`);
  const strength = (e) => (e === null ? "–" : e > 1e9 ? "> 10⁹" : e >= 10000 ? power(e) : e >= 10 ? count(Math.round(e)) : e.toFixed(1));
  const instant = (second) => new Date(second * 1000).toISOString().slice(0, 19).replace("T", " ") + " UTC";
  const apart = (s) => (s >= 86400 ? `${figure(s / 86400)} days` : s >= 7200 ? `${figure(s / 3600)} hours` : s >= 120 ? `${figure(s / 60)} minutes` : s >= 0.05 ? `${figure(s)} ${s === 1 ? "second" : "seconds"}` : "less than 0.1 seconds");

  // A sentence is its wording's pieces with its own figures between them.
  const reason = (k) => {
    const { of, pieces, figures } = accounts.reason;
    const own = figures[k].split(" ");
    return pieces[of[k]].map((piece, place) => piece + (own[place] || "")).join("");
  };

  const named = (k) => coded(accounts.status, k) === "named";
  const shownName = (k) => accounts.handle[k] || accounts.account[k];
  const nameOf = (k) => [
    make("bdi", { class: "name", text: shownName(k) }),
    accounts.handle[k] && accounts.handle[k] !== accounts.account[k] ? make("bdi", { class: "id", text: ` ${accounts.account[k]}` }) : null,
  ];

  const COLUMNS = [
    { label: "Account", key: (k) => shownName(k).toLowerCase(), row: true },
    { label: "Group", key: (k) => accounts.group[k], cell: (k) => count(accounts.group[k]), only: "results", figure: true },
    { label: "Status", key: (k) => words.statuses.indexOf(coded(accounts.status, k)), cell: (k) => coded(accounts.status, k), mixed: true },
    { label: "Rung", key: (k) => coded(accounts.rung, k), cell: (k) => coded(accounts.rung, k), minor: true },
    { label: "q-value", key: (k) => accounts.q[k], cell: (k) => probability(accounts.q[k]), figure: true },
    { label: "Uses tested", key: (k) => accounts.held[k], cell: (k) => figure(accounts.held[k]), figure: true, minor: true },
    { label: "In agreement", key: (k) => accounts.observed[k], cell: (k) => figure(accounts.observed[k]), figure: true },
    { label: "Expected", key: (k) => accounts.expected[k], cell: (k) => figure(accounts.expected[k]), figure: true },
    ...(accounts.stands ? [{ label: "Stands in", key: (k) => (accounts.stands[k] === null ? -1 : accounts.stands[k] / accounts.variants[k]), cell: (k) => (accounts.stands[k] === null ? "–" : `${count(accounts.stands[k])} of ${count(accounts.variants[k])}`), figure: true }] : []),
    { label: "Actions", key: (k) => accounts.actions[k], cell: (k) => figure(accounts.actions[k]), figure: true, minor: true },
  ];

  const bars = (observed, expected, most) => {
    const width = (x) => Math.max(x > 0 ? 1.5 : 0, (x / most) * 174);
    return drawn("svg", { viewBox: "0 0 176 26", class: "chart", role: "img", "aria-label": `${figure(observed)} in agreement, ${figure(expected)} expected` },
      drawn("rect", { class: "bar", x: 1, y: 2, width: width(observed), height: 10 }),
      drawn("rect", { class: "bar expected", x: 1, y: 15, width: width(expected), height: 8 }));
  };

  const MEAN = "Mean of the divisions";
  const signed = (x) => (Math.abs(x) < 0.05 ? "0.0" : `${x > 0 ? "+" : "−"}${Math.abs(x).toFixed(1)}`);
  const together = (k) => {
    let sum = accounts.rest[k];
    for (let r = parts.start[k]; r < parts.start[k + 1]; r += 1) sum += parts.log10_factor[r];
    return sum;
  };

  // How the tests' parts lead from 1 to the account's e-value, in powers of ten; the table beside it says the same.
  const waterfall = (k) => {
    const steps = [];
    for (let r = parts.start[k]; r < parts.start[k + 1]; r += 1) steps.push([`${coded(parts.trace, r)}, ${coded(parts.test, r)}`, parts.log10_factor[r]]);
    if (Math.abs(accounts.rest[k]) >= 0.05) steps.push([MEAN, accounts.rest[k]]);
    let [at, low, high] = [0, 0, 0];
    for (const [, size] of steps) { at += size; low = Math.min(low, at); high = Math.max(high, at); }
    if (high - low < 0.1) return null;
    const [left, right, pitch, bar] = [176, 508, 22, 12];
    const x = (value) => left + ((value - low) / (high - low)) * (right - left);
    const height = (steps.length + 1) * pitch + 30;
    const rows = [...steps.map(([label, size]) => [label, size, false]), ["Together", at, true]];
    const total = `10${raised(at.toFixed(1)).replace(".", "·")}`;
    const said = `From 1 to ${total}: ${steps.map(([label, size]) => `${label} ${signed(size)}`).join("; ")}, in powers of ten.`;
    const picture = drawn("svg", { viewBox: `0 0 560 ${height}`, role: "img", class: "waterfall" });
    const title = drawn("title", {});
    title.textContent = said;
    picture.append(title, drawn("path", { class: "axis", d: `M${x(0).toFixed(1)} 0V${height - 26}` }));
    let from = 0;
    rows.forEach(([label, size, whole], place) => {
      const y = place * pitch + 4;
      const [begin, end] = whole ? [0, size] : [from, from + size];
      const name = drawn("text", { class: "tick", x: left - 8, y: y + 10, "text-anchor": "end" });
      name.textContent = label;
      const text = drawn("text", { class: "tick", x: Math.max(x(begin), x(end)) + 5, y: y + 10 });
      text.textContent = whole ? total : signed(size);
      picture.append(name, text, drawn("rect", {
        class: whole ? "bar whole" : size < 0 ? "bar expected" : "bar",
        x: Math.min(x(begin), x(end)).toFixed(1), y, width: Math.max(1, Math.abs(x(end) - x(begin))).toFixed(1), height: bar }));
      if (!whole) picture.append(drawn("path", { class: "axis", d: `M${x(end).toFixed(1)} ${y + bar}v${pitch - bar}` }));
      from = end;
    });
    const unit = drawn("text", { class: "tick", x: x(0).toFixed(1), y: height - 10, "text-anchor": "middle" });
    unit.textContent = "1 (no evidence)";
    picture.append(unit);
    return make("figure", {}, make("div", { class: "canvas", role: "region", "aria-label": `What each test adds for ${accounts.account[k]}, as a picture`, tabindex: "0" }, picture),
      make("figcaption", { text: "What each test adds to the evidence, in powers of ten. Filled: for; open: against." }));
  };

  const partsOf = (k) => {
    const [from, to] = [parts.start[k], parts.start[k + 1]];
    if (from === to) return make("p", { text: "No test could be made." });
    let most = 1e-9;
    for (let r = from; r < to; r += 1) most = Math.max(most, parts.observed[r], parts.expected[r]);
    const body = make("tbody");
    for (let r = from; r < to; r += 1) {
      body.append(make("tr", {},
        make("th", { scope: "row", text: `${coded(parts.trace, r)}, ${coded(parts.test, r)}` }),
        make("td", {}, bars(parts.observed[r], parts.expected[r], most)),
        make("td", { class: "figure", text: `${figure(parts.observed[r])} of ${figure(parts.held_out_uses[r])}` }),
        make("td", { class: "figure", text: figure(parts.expected[r]) }),
        make("td", { class: "figure", text: strength(parts.e_value[r]) }),
        make("td", { class: "figure", text: signed(parts.log10_factor[r]) })));
    }
    if (Math.abs(accounts.rest[k]) >= 0.05) {
      body.append(make("tr", {}, make("th", { scope: "row", text: MEAN }), make("td"), make("td"), make("td"), make("td"),
        make("td", { class: "figure", text: signed(accounts.rest[k]) })));
    }
    body.append(make("tr", {},
      make("th", { scope: "row", text: "Together" }), make("td", {}, bars(accounts.observed[k], accounts.expected[k], Math.max(accounts.observed[k], accounts.expected[k], 1e-9))),
      make("td", { class: "figure", text: `${figure(accounts.observed[k])} of ${figure(accounts.held[k])}` }),
      make("td", { class: "figure", text: figure(accounts.expected[k]) }),
      make("td", { class: "figure", text: strength(accounts.e[k]) }),
      make("td", { class: "figure", text: signed(together(k)) })));
    const head = make("tr", {}, ...["Trace and test", "Observed (filled) and expected (open)", "In agreement", "Expected", "e-value", "Powers of ten"]
      .map((label, place) => make("th", { scope: "col", class: place > 1 ? "figure" : null, text: label })));
    return make("div", {},
      make("div", { class: "scroll", role: "region", "aria-label": `Evidence by trace of ${accounts.account[k]}`, tabindex: "0" },
        make("table", {}, make("caption", { text: "Evidence by trace" }), make("thead", {}, head), body)),
      waterfall(k),
      make("p", { class: "note", text: "The e-value of a test is what it shows by itself. Stakes are divided over the tests, so these don’t multiply; the powers of ten are each test’s part of what all have shown together, and add up." }));
  };

  const source = (time, post, file, row) => make("span", {},
    make("time", { datetime: new Date(time * 1000).toISOString(), text: instant(time) }),
    ...(post === null ? [] : [", post ", make("bdi", { class: "id", text: post })]),
    ", ", make("bdi", { class: "id", text: evidence.files[file] }), `, row ${count(row)}`);

  const postOf = (r) => {
    const partner = evidence.with[r];
    const other = partner >= 0 ? nameOf(partner) : [make("bdi", { class: "name", text: evidence.others[-1 - partner] })];
    const turn = evidence.with_time[r];
    const time = evidence.since + evidence.time[r];
    const lag = evidence.lag[r] === 0 ? words.same_time : `${apart(evidence.lag[r])} ${turn > 0 ? "later" : turn < 0 ? "earlier" : "apart"}`;
    const trace = coded(evidence.trace, r);
    const text = evidence.text[r];
    return make("li", {},
      make("p", {}, make("b", { text: trace }), ` (${coded(evidence.test, r)}) `,
        text >= 0 && (trace === "text" || text === evidence.object[r]) ? "" : make("bdi", { class: "object", dir: "auto", text: evidence.texts[evidence.object[r]] })),
      text < 0 ? null : make("blockquote", { dir: "auto", text: evidence.texts[text] }),
      make("p", { class: "source" }, source(time, evidence.post[r], evidence.input[r], evidence.row[r]),
        make("br"), ...other, ` ${words.traces[trace] || "did the same"} ${lag}: `, source(time + turn, evidence.with_post[r], evidence.with_input[r], evidence.with_row[r]),
        make("br"), `Chance that a comparable outsider does the same: ${share(evidence.chance[r])}.`));
  };

  const detailsOf = (k) => {
    const [from, to] = [evidence.start[k], evidence.start[k + 1]];
    const total = evidence.total[k];
    const broken = accounts.breaks && accounts.breaks[k];
    const cell = [make("p", { text: reason(k) }), broken ? make("p", { text: broken }) : null, partsOf(k)].filter((node) => node !== null);
    if (total) {
      const list = make("ol", { class: "posts" });
      for (let r = from; r < to; r += 1) list.append(postOf(r));
      const note = "Listed are uses that were held out in any of the random splits; the counts above are means of the splits.";
      cell.push(make("h5", { text: to - from < total ? `The ${count(to - from)} strongest of ${count(total)} uses in agreement` : "Uses in agreement" }), make("p", { class: "note", text: note }), list);
      if (to - from < total) cell.push(make("p", { class: "note", text: `${count(total - (to - from))} more are in tables/evidence.csv, in the case folder.` }));
    }
    return cell;
  };

  // One sortable table of accounts, with details on demand. `rows()` gives the accounts to show.
  class AccountTable {
    constructor(place, name, label, title, rows) {
      Object.assign(this, { place, name, label, title, rows, limit: FIRST, sort: null, down: false, open: new Set() });
    }

    render() {
      // Where all are named, a column that says so says nothing.
      this.columns = COLUMNS.filter((column) => (!column.only || column.only === this.name) && (!column.mixed || which.value === "all"));
      let rows = this.rows();
      if (this.sort) {
        const { key } = this.sort;
        const sign = this.down ? -1 : 1;
        rows = rows.map((k) => [key(k), k]).sort(([a, i], [b, j]) => (a < b ? -sign : a > b ? sign : i - j)).map((pair) => pair[1]);
      }
      const head = make("tr", {}, ...this.columns.map((column) => this.heading(column)));
      const body = make("tbody");
      for (const k of rows.slice(0, this.limit)) this.append(body, k);
      const table = make("table", {}, make("caption", { text: this.title(rows.length) }), make("thead", {}, head), body);
      const pieces = [make("div", { class: "scroll", role: "region", "aria-label": `${this.label}: ${this.title(rows.length)}`, tabindex: "0" }, table)];
      if (rows.length > this.limit) {
        const more = () => { this.limit += STEP; this.render(); };
        pieces.push(make("button", { type: "button", class: "more", text: `Show ${count(Math.min(STEP, rows.length - this.limit))} more of ${count(rows.length)}`, on: ["click", more] }));
      }
      this.place.replaceChildren(...pieces);
    }

    heading(column) {
      const on = this.sort === column;
      const turn = () => {
        this.down = on ? !this.down : false;
        this.sort = column;
        this.render();
        this.place.querySelector(`[data-column="${this.columns.indexOf(column)}"]`).focus();
      };
      const classes = [column.figure ? "figure" : "", column.minor ? "minor" : ""].join(" ").trim();
      return make("th", { scope: "col", class: classes || null, "aria-sort": on ? (this.down ? "descending" : "ascending") : null },
        make("button", { type: "button", text: column.label, "data-column": String(this.columns.indexOf(column)), on: ["click", turn] }));
    }

    append(body, k) {
      const id = `${this.name}-${k}`;
      const button = make("button", { type: "button", class: "open", "aria-expanded": "false", "aria-controls": id }, ...nameOf(k).filter(Boolean));
      const row = make("tr", { "data-account": String(k) }, ...this.columns.map((column) => {
        if (column.row) return make("th", { scope: "row" }, button);
        const classes = [column.figure ? "figure" : "", column.minor ? "minor" : ""].join(" ").trim();
        return make("td", { class: classes || null, text: column.cell(k) });
      }));
      const details = make("tr", { class: "details", id, hidden: true }, make("td", { colspan: String(this.columns.length) }));
      const turn = (on) => {
        if (on && !details.firstChild.hasChildNodes()) details.firstChild.append(make("div", { class: "inside" }, ...detailsOf(k)));
        details.hidden = !on;
        button.setAttribute("aria-expanded", String(on));
        if (on) this.open.add(k); else this.open.delete(k);
      };
      button.addEventListener("click", () => turn(details.hidden));
      if (this.open.has(k)) turn(true);
      body.append(row, details);
    }

    // Bring an account into view, opened.
    reveal(k) {
      const at = this.rows().indexOf(k);
      if (at < 0) return;
      this.sort = null;
      this.limit = Math.max(this.limit, at + 1);
      this.open.add(k);
      this.render();
      const row = this.place.querySelector(`[data-account="${k}"]`);
      row.querySelector("button").focus({ preventScroll: true });
      row.scrollIntoView({ block: "center" });
    }
  }

  // Long tables: sorted by any column, and the rows that came with the data on demand.
  const KINDS = { head: (text) => make("th", { scope: "row" }, make("bdi", { class: "object", text })), object: (text) => make("td", {}, make("bdi", { class: "object", text })) };
  const keyOf = (text, isFigure) => {
    if (!isFigure) return text.toLowerCase();
    const found = /-?[0-9][0-9,]*(\.[0-9]+)?/.exec(text);
    return found ? Number(found[0].replaceAll(",", "")) : -Infinity;
  };
  const listing = (table) => {
    const heads = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    const kinds = heads.map((head) => head.className);
    const { key, what, file, all } = table.dataset;
    const waiting = (data.tables[key] || []).map((cells) => make("tr", {}, ...cells.map((text, place) => (KINDS[kinds[place]] || ((cell) => make("td", { class: kinds[place], text: cell })))(text))));
    let rows = [...body.rows];
    const [shown, most] = [rows.length, rows.length + waiting.length];
    if (most < 2) return;
    let [sorted, down, open] = [-1, false, false];
    const show = () => {
      const every = sorted < 0 ? rows : rows.map((row, place) => [keyOf(row.cells[sorted].textContent, kinds[sorted] === "figure"), place, row])
        .sort(([a, i], [b, j]) => (a < b ? -1 : a > b ? 1 : 0) * (down ? -1 : 1) || i - j).map((one) => one[2]);
      body.replaceChildren(...(open ? every : every.slice(0, shown)));
      heads.forEach((head, place) => {
        if (place === sorted) head.setAttribute("aria-sort", down ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      });
      const there = open ? most : shown;
      table.caption.textContent = there === Number(all) ? what : `${count(there)} of ${count(Number(all))} ${what.toLowerCase()}; all are in ${file}`;
    };
    rows = [...rows, ...waiting];
    heads.forEach((head, place) => {
      head.replaceChildren(make("button", { type: "button", text: head.textContent, on: ["click", () => {
        down = sorted === place ? !down : kinds[place] === "figure" && place > 0;
        sorted = place;
        show();
      }] }));
    });
    if (waiting.length) {
      const more = make("button", { type: "button", class: "more", text: `Show ${count(waiting.length)} more of ${count(Number(all))}`, on: ["click", () => {
        open = true;
        more.remove();
        show();
        table.parentNode.focus({ preventScroll: true });
        body.rows[shown].scrollIntoView({ block: "nearest" });
      }] });
      table.parentNode.after(more);
    }
  };
  for (const table of document.querySelectorAll("table.listing")) listing(table);

  const which = document.getElementById("which");
  const query = document.getElementById("query");
  const tables = new Map();
  const members = new Map();
  accounts.group.forEach((group, k) => {
    if (!members.has(group)) members.set(group, []);
    members.get(group).push(k);
  });
  const wanted = (rows) => (which.value === "all" ? rows : rows.filter(named));
  const titled = (n) => `${count(n)} ${which.value === "all" ? (n === 1 ? "account" : "accounts") : n === 1 ? "account named" : "accounts named"}`;

  for (const place of document.querySelectorAll(".accounts")) {
    const group = Number(place.dataset.group);
    const table = new AccountTable(place, `g${group}`, `Group ${group}`, titled, () => wanted(members.get(group) || []));
    tables.set(group, table);
    table.render();
  }

  const results = document.getElementById("results");
  if (results) {
    let found = [];
    const table = new AccountTable(results, "results", "Search", (n) => `${count(n)} found`, () => found);
    const look = () => {
      const asked = query.value.trim().toLowerCase().replace(/^@/, "");
      results.hidden = asked === "";
      found = [];
      if (asked) {
        accounts.account.forEach((account, k) => {
          if (account.toLowerCase().includes(asked) || (accounts.handle[k] || "").toLowerCase().includes(asked)) found.push(k);
        });
        found = wanted(found);
        table.limit = FIRST;
        table.render();
      }
      document.getElementById("matches").textContent = asked ? `${titled(found.length)}: “${query.value.trim()}”.` : "";
    };
    const form = document.getElementById("search");
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    query.addEventListener("input", look);
    which.addEventListener("change", () => { for (const each of tables.values()) each.render(); look(); });
  }

  for (const canvas of document.querySelectorAll(".network")) {
    const pointed = canvas.querySelector(".pointed");
    const node = (event) => event.target.closest("use[data-a]");
    pointed.textContent = "Point at an account for its name; click for its evidence.";
    canvas.addEventListener("pointerover", (event) => {
      if (!node(event)) return;
      const k = Number(node(event).dataset.a);
      pointed.replaceChildren(...nameOf(k).filter(Boolean), `: ${coded(accounts.status, k)}, q ${probability(accounts.q[k])}`);
    });
    canvas.addEventListener("click", (event) => {
      if (!node(event)) return;
      const k = Number(node(event).dataset.a);
      if (!named(k) && which.value !== "all") {
        which.value = "all";
        which.dispatchEvent(new Event("change"));
      }
      tables.get(accounts.group[k]).reveal(k);
    });
  }

  window.addEventListener("beforeprint", () => {
    for (const each of document.querySelectorAll("details")) each.open = true;
  });
  document.documentElement.dataset.ready = "yes";
})();
