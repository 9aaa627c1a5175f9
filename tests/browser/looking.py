"""What a test wants to know of a page: whether pictures show something, whether text is legible."""

from __future__ import annotations

from playwright.async_api import Page

SPREAD = """
image => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 32;
  const pen = canvas.getContext("2d");
  pen.drawImage(image, 0, 0, 32, 32);
  const { data } = pen.getImageData(0, 0, 32, 32);
  const light = [];
  for (let i = 0; i < data.length; i += 4) light.push(data[i] + data[i + 1] + data[i + 2]);
  const mean = light.reduce((a, b) => a + b) / light.length;
  return Math.sqrt(light.reduce((a, b) => a + (b - mean) ** 2, 0) / light.length) / 3;
}
"""

FAINT = """
() => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const linear = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const [r, g, b, a = 1] = numbers(getComputedStyle(e).backgroundColor);
      if (a > 0.99) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = element.value || element.placeholder
      || [...element.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join("").trim();
    if (!text || !element.checkVisibility() || element.closest("noscript")) continue;
    const pair = [light(numbers(getComputedStyle(element).color)), light(ground(element))];
    const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (contrast < 4.5) faint.push(`${contrast.toFixed(2)} ${element.className}: ${text}`);
  }
  return faint;
}
"""


async def wait_for_pictures(page: Page, number: int) -> None:
    """Wait until so many pictures are there and loaded."""
    await page.wait_for_function(
        """number => {
          const images = [...document.querySelectorAll("figure img")];
          for (const image of images) image.loading = "eager";
          return images.length === number && images.every(i => i.complete && i.naturalWidth);
        }""",
        arg=number,
    )


async def spreads(page: Page) -> list[float]:
    """Return how much the brightness of each picture varies (0..127); a blank one has 0."""
    images = await page.query_selector_all("figure img")
    return [await image.evaluate(SPREAD) for image in images]


async def faint_texts(page: Page) -> list[str]:
    """Return the texts whose contrast to what lies behind is below 4.5 : 1."""
    return await page.evaluate(FAINT)


async def is_too_wide(page: Page) -> bool:
    """Tell whether the page has to be moved sideways."""
    return await page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
