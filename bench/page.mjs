// A dossier in headless Chromium: where its bytes go, axe-core at three widths, light and dark, how fast it opens,
// screenshots.
//
//   npm install --no-save axe-core puppeteer-core
//   node bench/page.mjs PAGE.html [FOLDER FOR SCREENSHOTS]
//
// CHROMIUM names the browser (/usr/bin/chromium otherwise). Ends with code 1 where axe finds a violation.
import { createRequire } from "node:module";
import { readFileSync, statSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";

const require = createRequire(resolve("package.json"));
const puppeteer = require("puppeteer-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf-8");
const [page_file, folder] = process.argv.slice(2);
const WIDTHS = [390, 820, 1280];
const SLICE = 8000;
const SCHEMES = ["light", "dark"];

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
let violations = 0;
console.log(`${page_file}: ${(statSync(page_file).size / 1e6).toFixed(2)} MB`);
console.log(bytesBySection(readFileSync(page_file, "utf-8")));
for (const scheme of SCHEMES) {
  for (const width of WIDTHS) {
    const page = await browser.newPage();
    await page.setBypassCSP(true);
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    const start = performance.now();
    await page.goto(pathToFileURL(page_file).href, { waitUntil: "load" });
    await page.waitForSelector("[data-ready=yes]");
    const opened = performance.now() - start;
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    // Everything a reader can open is open: details, and the first accounts of each group.
    await page.evaluate(() => {
      for (const one of document.querySelectorAll("details")) one.open = true;
      for (const one of [...document.querySelectorAll("[aria-expanded=false]")].slice(0, 3)) one.click();
    });
    await page.evaluate(axe);
    const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
    violations += found.violations.length;
    console.log(`${scheme} ${width}: opened in ${opened.toFixed(0)} ms, ${wide} wide, ${found.violations.length} violations`);
    for (const one of found.violations) {
      console.log(`  ${one.id} (${one.impact}): ${one.help}; ${one.nodes.length} places, first ${one.nodes[0].html.slice(0, 160)}`);
      console.log(`    ${one.nodes[0].failureSummary.replaceAll("\n", " ").slice(0, 300)}`);
    }
    if (folder) {
      await page.evaluate(() => scrollTo(0, 0));
      await page.screenshot({ path: `${folder}/${scheme}-${width}.png` });
      if (scheme === "light") await whole(page, width);
    }
    await page.close();
  }
}
if (folder) {
  const page = await browser.newPage();
  await page.goto(pathToFileURL(page_file).href, { waitUntil: "load" });
  await page.pdf({ path: `${folder}/print.pdf`, format: "A4", printBackground: false });
}
await browser.close();

// The whole page in pieces: no browser makes a picture of any height.
async function whole(page, width) {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  for (let y = 0, k = 1; y < height; y += SLICE, k += 1) {
    const clip = { x: 0, y, width, height: Math.min(SLICE, height - y) };
    await page.screenshot({ path: `${folder}/whole-${width}-${k}.png`, clip, captureBeyondViewport: true });
  }
}

// Kilobytes of each section and of each column of the data, largest first.
function bytesBySection(html) {
  const kilo = (text) => Buffer.byteLength(text) / 1000;
  const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html);
  const rows = html.split(/(?=<section id=)/).slice(1).map((text) => [/id="([^"]+)"/.exec(text)[1], kilo(text.replace(/<\/main>.*/s, ""))]);
  for (const [name, columns] of Object.entries(data ? JSON.parse(data[1]) : {})) {
    rows.push([`data: ${name}`, kilo(JSON.stringify(columns))]);
    for (const [column, values] of Object.entries(columns)) rows.push([`data: ${name}.${column}`, kilo(JSON.stringify(values))]);
  }
  return rows.filter((row) => row[1] >= 5).sort((a, b) => b[1] - a[1]).map(([name, size]) => `${size.toFixed(0).padStart(7)} kB  ${name}`).join("\n");
}

process.exit(violations ? 1 : 0);
