#!/usr/bin/env python3
"""The pages and comparisons of hawser-profile. Arguments: HAWSER_PROFILE HAWSER_SERVER.

Pages are looked at in Chromium, which `make deps` installs. Their scripts run in Node.js, too, with as much
of a browser as they need (page_stub.js), which is enough where there is no Chromium, but for CI.
"""
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from programs import LIMIT, Server, run, stand_in

PROFILE, SERVER = sys.argv[1:3]
STUB = Path(__file__).with_name("page_stub.js")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")
EVIL = "</script><script>window.evil = 1</script><img src=x onerror='window.evil = 1'>"
# Nothing that a page doesn't ask for.
QUIET = ("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")

# Before all of the page's own scripts, and after them.
WATCH = """<script>window.mistakes = [];
window.addEventListener("error", (event) => window.mistakes.push(event.message));
document.addEventListener("securitypolicyviolation",
  (event) => window.mistakes.push(event.blockedURI));</script>"""
PROBE = """<script>setTimeout(() => {
  const pixels = (canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const isPainted = (canvas) => pixels(canvas).some((value) => value !== 0);
  const count = (query) => [...document.querySelectorAll(query)].filter(isPainted).length;
  const found = document.createElement("pre");
  found.id = "found";
  found.textContent = JSON.stringify({ charts: count(".uplot canvas"), heat_maps: count("canvas.heat-map"),
    mistakes: window.mistakes, evil: window.evil ?? 0, glance: document.querySelector("table").innerText,
    isTooWide: document.documentElement.scrollWidth > window.innerWidth });
  document.body.appendChild(found);
}, 200);</script>"""


def find(names):
    return next((path for path in map(shutil.which, names) if path), None)


class Pages(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.browser = find(BROWSERS)
        self.node = find(("node", "nodejs"))
        self.assertTrue(self.browser or (self.node and not IN_CI), "there is no Chromium to look at the page")

    def profile(self, server, *flags):
        out = run(PROFILE, "--target", server.address, "--warmup", "0", "--lag-limit", "1h", *flags)
        self.assertEqual(out.returncode, 0, out.stderr)
        return out

    def start_browser(self, *flags):
        data = f"--user-data-dir={self.folder}/browser"
        command = [self.browser, *QUIET, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                   "--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1180,2400", data, *flags]
        out = subprocess.run(command, capture_output=True, text=True, timeout=2 * LIMIT)
        self.assertEqual(out.returncode, 0, out.stderr)
        return out.stdout

    def look_in_browser(self, page):
        text = page.read_text().replace("<head>", "<head>" + WATCH, 1)
        watched = page.with_name("watched.html")
        watched.write_text(text.replace("</body>", PROBE + "</body>"))
        # Virtual time: it passes as fast as the page's work is done.
        dom = self.start_browser("--virtual-time-budget=5000", "--dump-dom", watched.as_uri())
        found = re.search(r'<pre id="found">(.*?)</pre>', dom, re.DOTALL)
        self.assertTrue(found, dom[-2000:])
        seen = json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
        self.assertEqual((seen["mistakes"], seen["evil"], seen["isTooWide"]), ([], 0, False), seen)
        self.assertIn("p99.9", seen["glance"])
        shot = page.with_suffix(".png")
        self.start_browser(f"--screenshot={shot}", page.as_uri())
        self.assertEqual(struct.unpack(">II", shot.read_bytes()[16:24]), (1180, 2400))
        return seen["charts"], seen["heat_maps"]

    def run_in_node(self, page):
        out = subprocess.run([self.node, STUB, page], capture_output=True, text=True, timeout=LIMIT)
        self.assertEqual(out.returncode, 0, out.stderr[-2000:])
        seen = json.loads(out.stdout)
        if seen["heat_maps"]:
            self.assertGreater(seen["rectangles"], 0)
            self.assertIn("99 %", seen["texts"])
        return seen["charts"], seen["heat_maps"]

    def check(self, page, charts, heat_maps):
        if self.browser:
            with self.subTest("in a browser"):
                self.assertEqual(self.look_in_browser(page), (charts, heat_maps))
        if self.node:
            with self.subTest("in Node.js"):
                self.assertEqual(self.run_in_node(page), (charts, heat_maps))

    def test_a_page_of_a_run_shows_its_plots(self):
        page = self.folder / "report.html"
        with Server(SERVER, "--server-timing") as server:
            self.profile(server, "--rate", "1000", "--duration", "1500ms", "--server-timing", "--html", page,
                         "--metadata", "evil=" + EVIL)
        for row in ("client queue", "server queue", "handler", "reply write", "wire"):
            self.assertRegex(page.read_text(), rf"<td> *{row}</td>")
        self.check(page, charts=3, heat_maps=1)

    def test_a_page_of_two_runs_shows_both(self):
        page = self.folder / "compared.html"
        files = [self.folder / "a.json", self.folder / "b.json"]
        with Server(SERVER, "--server-timing") as server:
            for file in files:
                self.profile(server, "--rate", "1000", "--duration", "1500ms", "--server-timing",
                             "--json-file", file)
        out = run(PROFILE, "--compare", *files, "--html", page)
        self.assertEqual((out.returncode, out.stderr), (0, ""))
        self.assertRegex(out.stdout, r"(?m)^echo +a +b +b / a$")
        self.assertRegex(out.stdout, r"(?m)^p50, us +[\d.]+ \[[\d.]+, [\d.]+\] +[\d.]+ \[.*\] +[\d.]+ \[.*\]")
        for row in ("client queue", "server queue", "handler", "reply write", "wire"):
            self.assertRegex(out.stdout, rf"(?m)^{row} p50, us +[\d.]+ +[\d.]+ +[\d.-]+$")
        self.check(page, charts=3, heat_maps=2)

    def test_a_page_of_a_comparison_with_a_stock_server_shows_all_loads(self):
        page = self.folder / "stock.html"
        servers = ("--stock-server", stand_in(self.folder, SERVER), "--hawser-server", SERVER)
        out = run(PROFILE, "stock", *servers, "--rounds", "2", "--duration", "200ms", "--warmup", "0",
                  "--lag-limit", "1h", "--html", page)
        self.assertEqual((out.returncode, out.stderr), (0, ""))
        self.check(page, charts=3, heat_maps=6)

    def test_a_page_of_a_run_that_got_nothing_says_so(self):
        page = self.folder / "empty.html"
        out = run(PROFILE, "--target", f"unix:{self.folder}/nobody", "--requests", "1", "--warmup", "0",
                  "--timeout", "200ms", "--html", page)
        self.assertEqual(out.returncode, 1, out)
        self.check(page, charts=2, heat_maps=0)  # no latencies, but the error and the time without success

    def test_runs_that_can_not_be_compared(self):
        good = self.folder / "good.json"
        bad = {name: self.folder / name for name in ("missing", "empty", "text", "object", "folder")}
        bad["empty"].touch()
        bad["text"].write_text("no JSON")
        bad["object"].write_text('{"target": "x"}')
        bad["folder"].mkdir()
        with Server(SERVER) as server:
            self.profile(server, "--requests", "10", "--json-file", good)
        for name, complaint in (("missing", "No such file"), ("empty", "there is nothing in it"),
                                ("text", "text: "), ("object", "not a run of hawser-profile"),
                                ("folder", "directory")):
            for files in ((good, bad[name]), (bad[name], good)):
                with self.subTest(name, files=files):
                    out = run(PROFILE, "--compare", *files)
                    self.assertEqual((out.returncode, out.stdout), (2, ""))
                    self.assertIn(str(bad[name]), out.stderr)
                    self.assertIn(complaint, out.stderr)
        for flags, complaint in (((good,), "FILE2 is missing"),
                                 ((good, good, "--html", self.folder / "no" / "page"), "no/page"),
                                 ((good, good, "--rate", "5"), "rate")):
            with self.subTest(complaint):
                out = run(PROFILE, "--compare", *flags)
                self.assertEqual(out.returncode, 2, out)
                self.assertIn(complaint, out.stderr)
        out = run(PROFILE, "--compare", good, good, good)
        self.assertEqual((out.returncode, out.stderr), (0, ""))
        self.assertIn("c / a", out.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
