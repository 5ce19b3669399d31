"""A real browser, which trusts the sandbox's authority and can take pictures of what it is shown."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.wait import WebDriverWait

from sandbox import stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selenium.webdriver.remote.webelement import WebElement

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
PATIENCE_SECONDS = 60
"""For a page whose scripts run on a busy machine."""
_OPTIONS = (
    "--headless=new",
    # It needs rights that root of a container lacks, and whatever it opens here is ours.
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--no-proxy-server",
    "--window-size=1400,900",
    "--force-color-profile=srgb",
)


class Browser:
    """What a person does with it."""

    def __init__(self, driver: Chrome) -> None:
        self._driver = driver
        self._wait = WebDriverWait(driver, PATIENCE_SECONDS)

    @property
    def address(self) -> str:
        """Of the page that is shown."""
        return str(self._driver.current_url)

    @property
    def title(self) -> str:
        """Of the page that is shown."""
        return str(self._driver.title)

    def open(self, address: str) -> None:
        """Types an address and presses enter."""
        self._driver.get(address)

    def see(self, selector: str) -> WebElement:
        """The element, once it is visible."""
        found: WebElement = self._wait.until(
            expected.visibility_of_element_located((By.CSS_SELECTOR, selector)), f"nothing visible matches {selector}"
        )
        return found

    def read(self, text: str) -> WebElement:
        """The element with this text, once it is visible."""
        path = f"//*[text()[contains(., '{text}')]]"
        found: WebElement = self._wait.until(
            expected.visibility_of_element_located((By.XPATH, path)), f"the page does not say {text!r}"
        )
        return found

    def press(self, selector: str) -> None:
        """Clicks on an element, once that is possible."""
        self._wait.until(
            expected.element_to_be_clickable((By.CSS_SELECTOR, selector)), f"nothing to click on matches {selector}"
        ).click()

    def write(self, selector: str, text: str) -> None:
        """Types a text into a field."""
        self.see(selector).send_keys(text)

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Waits for something that no element tells."""
        self._wait.until(lambda _: condition(), what)

    def cookie(self, name: str) -> dict[str, object]:
        """A cookie of the page's host, as the browser keeps it; empty when there is none."""
        return dict(self._driver.get_cookie(name) or {})

    def script(self, text: str) -> object:
        """What a script of the page would get."""
        result: object = self._driver.execute_script(text)
        return result

    def picture(self, file: Path) -> None:
        """Keeps what is shown, as PNG."""
        file.parent.mkdir(parents=True, exist_ok=True)
        self._driver.save_screenshot(str(file))

    def console(self) -> list[str]:
        """What the page complained of."""
        return [str(entry["message"]) for entry in self._driver.get_log("browser")]  # type: ignore[no-untyped-call] # selenium has no types here


@contextmanager
def browser(home: Path) -> Iterator[Browser]:
    """A browser with a profile of its own below `home`, which nobody has used before."""
    _trust(home)
    options = ChromeOptions()
    for option in (*_OPTIONS, f"--user-data-dir={home / 'profile'}"):
        options.add_argument(option)
    options.binary_location = CHROMIUM
    service = Service(DRIVER, log_output=str(home / "driver.log"), env={"HOME": str(home), "PATH": "/usr/bin:/bin"})
    driver = Chrome(options, service)
    try:
        yield Browser(driver)
    finally:
        driver.quit()


def _trust(home: Path) -> None:
    # Where Chromium on Linux looks for authorities besides its own.
    database = home / ".pki" / "nssdb"
    database.mkdir(parents=True)
    where = ("-d", f"sql:{database}")
    for words in (("-N", "--empty-password"), ("-A", "-n", "sandbox", "-t", "C,,", "-i", str(stack.CA_FILE))):
        subprocess.run(["certutil", *where, *words], check=True, capture_output=True, timeout=30)
