"""What can be computed of a page for people who see it badly or hear it (WCAG 2.2 AA), from what Chromium made of it."""

from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Page

from app.web.layout import luminance

ACTING = {"button", "link", "textbox", "checkbox", "radio", "switch", "combobox"}
RATIO, LARGE_RATIO, LARGE_PX = 4.5, 3.0, 24

COLOURS = """() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = rgb(getComputedStyle(at).backgroundColor);
      if (found[3] === 255) return found;
    }
    return [255, 255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    const text = texts.currentNode.data.trim(), parent = texts.currentNode.parentElement;
    if (!text || parent.closest("svg, script") || !parent.checkVisibility({visibilityProperty: true})) continue;
    const style = getComputedStyle(parent);
    found.push([text, rgb(style.color), ground(parent), parseFloat(style.fontSize)]);
  }
  return found;
}"""


def faint(page: Page) -> Iterator[str]:
    """Texts that do not stand out from what is behind them (WCAG 1.4.3)."""
    texts = page.evaluate(COLOURS)
    assert texts, page.url
    for text, ink, ground, size in texts:
        if _contrast(ink, ground) < (LARGE_RATIO if size >= LARGE_PX else RATIO):
            yield text


def tree(page: Page) -> list[dict[str, Any]]:
    """Role, name and properties of everything that a screen reader meets."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    return [
        {
            "role": node["role"]["value"],
            "name": node.get("name", {}).get("value", ""),
            **{each["name"]: each["value"].get("value") for each in node.get("properties", [])},
        }
        for node in nodes
        if not node["ignored"]
    ]


def nameless(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What can be pressed or filled in and is not called anything (WCAG 4.1.2)."""
    return [node for node in nodes if node["role"] in ACTING and not node["name"].strip()]


def _contrast(one: list[int], other: list[int]) -> float:
    dark, light = sorted((luminance(_hexadecimal(one)), luminance(_hexadecimal(other))))
    return (light + 0.05) / (dark + 0.05)


def _hexadecimal(channels: list[int]) -> str:
    return "#{:02X}{:02X}{:02X}".format(*channels[:3])
