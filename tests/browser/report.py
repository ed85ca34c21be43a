"""Tests the report in a real browser: it sorts, filters, links to settings, can be read without
network and scripts, and fits a narrow window. A run of the size of `smoke` makes its database.
Where axe.min.js is installed (the PyPI package axe-core-python, axe-selenium-python or
axe-playwright-python), axe looks for what makes a page inaccessible."""

import importlib.util
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from selenium import webdriver
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

POSBENCH = sys.argv.pop()
YAML = """
version: 1
defaults:
  model: {layers: 2, heads: 2, dim: 16}
  train: {steps: 20, warmup: 1, batch: 2, eval_every: 10, eval_count: 4}
experiments:
  flip:
    seeds: [1, 2]
    task: {name: flip_flop, length: 16}
    splits: {valid: {count: 5}, id: {count: 20}, ood: {count: 20, p_ignore: 0.9}}
    encoders: [none, absolute, rope, cope]
claims:
  - {id: first, text: less, experiment: flip, split: id, metric: token_error,
     less: cope, than: none}
"""


# Lists the faults that axe calls serious or critical, with every folded part open.
AXE = """
const done = arguments[arguments.length - 1];
for (const part of document.querySelectorAll("details")) part.open = true;
axe.run(document, {resultTypes: ["violations"]}).then((found) => done({
  rules: found.passes.length + found.violations.length,
  faults: found.violations.filter((v) => ["serious", "critical"].includes(v.impact))
    .flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.html.slice(0, 200)}`))
}), (why) => done({rules: 0, faults: [String(why)]}));
"""


def axe_script():
    for package in ("axe_playwright_python", "axe_core_python", "axe_selenium_python"):
        found = importlib.util.find_spec(package)
        for script in pathlib.Path(found.origin).parent.rglob("axe.min.js") if found else ():
            return script.read_text()
    return None


def browser(scripts=True):
    options = Options()
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    if not scripts:
        options.add_experimental_option(
            "prefs", {"profile.managed_default_content_settings.javascript": 2})
    driver = "/usr/bin/chromedriver"
    return webdriver.Chrome(options=options, service=Service(driver))


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        path = pathlib.Path(cls.folder.name)
        (path / "tiny.yaml").write_text(YAML)
        for words in ("run tiny.yaml -q", "report -q"):
            subprocess.run([POSBENCH, *words.split()], cwd=path, check=True,
                           stdout=subprocess.DEVNULL)
        cls.page = (path / "report.html").as_uri()
        cls.text = (path / "report.html").read_text()
        cls.browser = browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.quit()
        cls.folder.cleanup()

    def setUp(self):
        self.browser.get("about:blank")
        self.browser.get_log("browser")
        self.browser.get_log("performance")
        self.size(1280)
        self.browser.get(self.page)

    def size(self, width):
        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})

    def becomes(self, read, expected):
        """Waits up to 20 s until read() returns what is expected: a page handles a click or a key
        in a task of its own, which may run after the driver returns (`hashchange` always does)."""
        try:
            WebDriverWait(self.browser, 20, 0.02).until(lambda _: read() == expected)
        except TimeoutException:
            self.assertEqual(read(), expected)

    def column(self, table, index):
        return [row.find_elements(By.TAG_NAME, "td")[index].text
                for row in self.browser.find_elements(By.CSS_SELECTOR, f"{table} tbody tr")
                if row.is_displayed()]

    def test_nothing_leaves_the_page_and_nothing_complains(self):
        self.assertEqual(self.browser.get_log("browser"), [])
        asked = set(re.findall(r'"url":"([a-z]+):', " ".join(
            entry["message"] for entry in self.browser.get_log("performance"))))
        self.assertLessEqual(asked, {"file", "data", "about"})
        self.assertIsNone(re.search(r'(src|href)="?https?:', self.text))

    def test_a_heading_sorts_numbers_as_numbers(self):
        heading = self.browser.find_element(By.XPATH, "//table[@id='board']//th[3]/button")

        def errors():
            return [float(x) for x in self.column("#board", 2)]

        up = sorted(errors())
        self.assertEqual(len(up), 8)
        heading.click()
        self.becomes(errors, up)
        heading.click()
        self.becomes(errors, up[::-1])

    def test_rows_are_filtered(self):
        box = self.browser.find_element(By.CSS_SELECTOR, "#leaderboard input")
        box.send_keys("OOD rope")
        self.becomes(lambda: self.column("#board", 1), ["rope"])
        output = self.browser.find_element(By.CSS_SELECTOR, "#leaderboard output")
        self.assertEqual(output.text, "1 rows")

    def test_a_cell_leads_to_its_settings_and_runs(self):
        link = self.browser.find_element(By.LINK_TEXT, "cope")

        def opened():
            return self.browser.find_elements(By.CSS_SELECTOR, "details[open]")

        def opened_count():
            return len(opened())

        self.assertEqual(opened(), [])
        link.click()
        self.becomes(opened_count, 1)
        details = opened()[0]
        self.assertIn("cope", details.find_element(By.TAG_NAME, "summary").text)
        self.assertIn('"flip_flop"', details.find_element(By.TAG_NAME, "pre").text)

    def test_runs_fit_and_lead_to_their_settings_and_back(self):
        self.assertTrue(self.browser.execute_script(
            "return [...document.querySelectorAll('#runs .wide, #provenance .wide')]"
            ".every(box => box.scrollWidth <= box.clientWidth)"))
        link = self.browser.find_element(By.CSS_SELECTOR, "#runs a[href^='#recipe-']")
        run = link.find_element(By.XPATH, "ancestor::tr").get_attribute("id")
        link.click()

        def back():
            return [a.get_attribute("hash") for a in self.browser.find_elements(
                By.CSS_SELECTOR, "details[open]:target a") if a.is_displayed()][:1]

        self.becomes(back, [f"#{run}"])
        self.browser.find_element(By.CSS_SELECTOR, "details[open] a").click()
        self.becomes(lambda: [row.get_attribute("id") for row in
                              self.browser.find_elements(By.CSS_SELECTOR, "tr:target")], [run])

    def test_a_mark_tells_its_seed(self):
        titles = self.browser.execute_script(
            "return [...document.querySelectorAll('svg title')].map(t => t.textContent)")
        mark = r"seed [12], run \d+: ([\d.e+-]+|0, 95 % bound [\d.]+)"
        told = [t for t in titles if re.fullmatch(mark, t)]
        self.assertEqual(len(told), 16)

    def heads(self):
        return [(head.get_attribute("data-layer"), head.get_attribute("data-head"))
                for head in self.browser.find_elements(By.CSS_SELECTOR, ".head.chosen")]

    def test_sliders_choose_the_head_that_is_large(self):
        self.assertEqual(len(self.browser.find_elements(By.CSS_SELECTOR, ".head")), 4)
        layer, head = self.browser.find_elements(By.CSS_SELECTOR, ".steer input")
        said = self.browser.find_element(By.CSS_SELECTOR, ".steer output")
        for slider in (layer, head):
            slider.send_keys(Keys.HOME)
        self.becomes(self.heads, [("0", "0")])
        layer.send_keys(Keys.ARROW_RIGHT)
        self.becomes(self.heads, [("1", "0")])
        head.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)  # there are two
        self.becomes(self.heads, [("1", "1")])
        self.assertEqual(said.text, "Layer 1, head 1")
        strips = [strip for strip in self.browser.find_elements(By.CSS_SELECTOR, ".head .strip")
                  if strip.is_displayed()]
        self.assertEqual(len(strips), 1)
        self.assertEqual(self.browser.get_log("browser"), [])

    def test_pictures_of_heads_show_their_numbers(self):
        sizes = self.browser.execute_script(
            "return [...document.querySelectorAll('.planes img')]"
            ".map(i => [i.naturalWidth, i.naturalHeight])")
        self.assertEqual(sizes, 8 * [[15, 15]])
        # The colour behind a token is that of its pixel in the last row that asks.
        same = self.browser.execute_script("""
          return [...document.querySelectorAll(".head")].every((head) => {
            const image = head.querySelector("img"), canvas = document.createElement("canvas");
            canvas.width = canvas.height = 15;
            const pen = canvas.getContext("2d");
            pen.drawImage(image, 0, 0);
            const tokens = [...head.querySelectorAll(".strip span")];
            return tokens.every((token, j) => {
              const [r, g, b] = pen.getImageData(j, tokens.length - 1, 1, 1).data;
              return getComputedStyle(token).backgroundColor === `rgb(${r}, ${g}, ${b})`;
            });
          });""")
        self.assertTrue(same)

    def test_print_is_light_and_keeps_the_colours_of_gates(self):
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "media": "print",
            "features": [{"name": "prefers-color-scheme", "value": "dark"}]})
        try:
            paper, adjust = self.browser.execute_script(
                "return [getComputedStyle(document.body).backgroundColor,"
                " getComputedStyle(document.querySelector('.head .strip span'))"
                ".printColorAdjust]")
        finally:
            self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                         {"media": "", "features": []})
        self.assertEqual((paper, adjust), ("rgb(255, 255, 255)", "exact"))

    def test_paper_loses_no_column(self):
        self.size(720)
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        try:
            width = self.browser.execute_script("return document.documentElement.scrollWidth")
            alone = self.browser.execute_script(
                "return [...document.querySelectorAll('h2, h3, figcaption')]"
                ".filter(e => getComputedStyle(e).breakAfter !== 'avoid').length")
            broken = self.browser.execute_script("""
              return [...document.querySelectorAll("#board th, #runs th")].filter((heading) => {
                const range = document.createRange();
                range.selectNodeContents(heading.querySelector("button"));
                const lines = new Set([...range.getClientRects()].map((r) => r.bottom));
                return !/[ /]/.test(heading.textContent) && lines.size > 1;
              }).map((heading) => heading.textContent);""")
        finally:
            self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        self.assertLessEqual(width, 720)
        self.assertEqual(alone, 0)
        self.assertEqual(broken, [])

    def test_ids_are_unique_and_figures_have_names(self):
        ids = self.browser.execute_script(
            "return [...document.querySelectorAll('[id]')]"
            ".filter(e => !e.closest('svg defs')).map(e => e.id)")  # the same in all
        self.assertEqual(len(ids), len(set(ids)))
        for svg in self.browser.find_elements(By.TAG_NAME, "svg"):
            self.assertTrue(svg.get_attribute("aria-label"))

    def test_no_window_scrolls_sideways(self):
        for width in (1280, 390):
            self.size(width)
            over = self.browser.execute_script(
                "return document.documentElement.scrollWidth - innerWidth")
            self.assertLessEqual(over, 0, f"at {width} pixels")

    def test_axe_finds_nothing_serious(self):
        script = axe_script()
        if not script:
            self.skipTest("no axe.min.js: python3 -m pip install axe-core-python")
        self.browser.set_script_timeout(120)
        try:
            for scheme in ("light", "dark"):
                self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
                    "features": [{"name": "prefers-color-scheme", "value": scheme}]})
                for width in (1280, 390):
                    self.size(width)
                    self.browser.get(self.page)
                    self.browser.execute_script(script)
                    found = self.browser.execute_async_script(AXE)
                    self.assertGreater(found["rules"], 20)
                    self.assertEqual(found["faults"], [], f"{scheme}, {width} pixels")
        finally:
            self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})

    def test_without_javascript_all_numbers_are_there(self):
        plain = browser(scripts=False)
        try:
            plain.get(self.page)
            body = plain.find_element(By.TAG_NAME, "body").text
        finally:
            plain.quit()
        self.browser.execute_script(
            "document.querySelectorAll('.filter').forEach(e => e.remove())")
        shown = self.browser.find_element(By.TAG_NAME, "body").text
        numbers = re.findall(r"\d+\.\d+", shown)
        self.assertGreater(len(numbers), 100)
        self.assertEqual(sorted(numbers), sorted(re.findall(r"\d+\.\d+", body)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
