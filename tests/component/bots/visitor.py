"""Somebody who uses the web room with a browser, as far as these tests need one."""

from __future__ import annotations

import json
import re
import time
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar


class Visitor:
    """A browser with a cookie of its own."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(cookies)

    def read(self, path: str = "/") -> bytes:
        with self._opener.open(self._url + path, timeout=30) as answer:
            return answer.read()

    def ask(self, text: str) -> int:
        """Write a message; return its number."""
        page = self.read().decode()
        form = re.search(r'<form[^>]*action="/messages".*?</form>', page, re.DOTALL).group()
        fields = dict(re.findall(r'name="([^"]+)"[^>]*value="([^"]*)"', form))
        body = urllib.parse.urlencode({**fields, "text": text}).encode()
        headers = {"Origin": self._url, "Accept": "application/json"}
        request = urllib.request.Request(f"{self._url}/messages", body, headers)
        with self._opener.open(request, timeout=30) as answer:
            return json.loads(answer.read())["id"]

    def answer(self, message: int, seconds: float = 120) -> str:
        """Wait for the answer to a message; return the page that shows both."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            page = self.read(f"/m/{message}").decode()
            if "data-ending" in page:
                return page
            time.sleep(0.05)
        raise AssertionError(f"message {message} was not answered within {seconds} s")
