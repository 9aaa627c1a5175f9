"""A page that shows Discord messages as Discord does, near enough to judge how they look."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Mapping
from typing import Any

STYLE = """
* { box-sizing: border-box; margin: 0 }
body { background: #313338; color: #dbdee1; font: 15px/1.375 "Noto Sans", "DejaVu Sans", sans-serif;
  width: 640px; padding: 16px }
.message { display: grid; grid-template-columns: 40px 1fr; gap: 0 16px }
.avatar { width: 40px; height: 40px; border-radius: 50%; background: #5865f2; color: #fff;
  display: grid; place-items: center; font-weight: 600 }
.who { font-weight: 600; color: #f2f3f5 } .tag { background: #5865f2; color: #fff; font-size: 10px;
  border-radius: 3px; padding: 1px 4px; margin-left: 4px; font-weight: 600 }
.when { color: #949ba4; font-size: 12px; margin-left: 6px; font-weight: 400 }
.used { color: #949ba4; font-size: 13px; margin: 0 0 4px 56px }
.box { background: #2b2d31; border: 1px solid #3f4147; border-left: 4px solid var(--c, #3f4147);
  border-radius: 8px; padding: 12px 14px; display: grid; gap: 8px; margin-top: 4px }
.text { white-space: pre-wrap; overflow-wrap: anywhere } .text small { font-size: 12px;
  color: #949ba4; display: block } .text h3 { font-size: 16px; color: #f2f3f5; margin: 0 }
.text code { background: #1e1f22; border-radius: 3px; padding: 0 3px; font-size: 85% }
.mention { background: #3c4270; color: #c9cdfb; border-radius: 3px; padding: 0 2px }
.gallery { display: grid; grid-template-columns: 1fr 1fr; gap: 4px; border-radius: 8px;
  overflow: hidden } .gallery.one { grid-template-columns: 1fr; max-width: 360px }
.gallery div { position: relative } .gallery img { width: 100%; display: block;
  aspect-ratio: 1; object-fit: cover }
.spoiler img { filter: blur(30px) } .spoiler::after { content: "SPOILER"; position: absolute;
  inset: 0; margin: auto; width: max-content; height: max-content; background: #1e1f22d0;
  border-radius: 16px; padding: 6px 12px; font-weight: 700; font-size: 13px }
.row { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 6px } .button { background: #4e5058;
  border-radius: 8px; padding: 5px 12px; color: #fff; font-size: 14px; font-weight: 500 }
.button.s1 { background: #5865f2 } .button.s3 { background: #248046 }
.button.s4 { background: #da373c }
.select { background: #1e1f22; border-radius: 8px; padding: 9px 12px; color: #949ba4; width: 420px;
  display: flex; justify-content: space-between; gap: 8px } .select b { color: #dbdee1;
  font-weight: 400 }
.only { color: #949ba4; font-size: 12px; margin-top: 4px }
.modal { background: #313338; border: 1px solid #3f4147; border-radius: 8px; padding: 16px;
  display: grid; gap: 12px } .modal h2 { font-size: 20px; color: #f2f3f5 }
.modal label { font-weight: 600; font-size: 14px; display: grid; gap: 6px } .field {
  background: #1e1f22; border-radius: 4px; padding: 8px 10px; font-weight: 400; min-height: 36px;
  white-space: pre-wrap } .field.long { min-height: 64px } .field.empty { color: #6d6f78 }
"""
EPHEMERAL = 1 << 6


def page(body: str) -> str:
    return f"<!doctype html><meta charset=utf-8><style>{STYLE}</style>{body}"


def message(
    told: Mapping[str, Any], files: Mapping[str, bytes], names: Mapping[str, str], used: str = ""
) -> str:
    """Return one message of the bot; `names` are people and channels by id."""
    inner = "".join(_component(one, files, names) for one in told["components"])
    only = "<div class=only>👁 Only you can see this</div>" if told["flags"] & EPHEMERAL else ""
    above = f"<div class=used>{html.escape(used)}</div>" if used else ""
    return (
        f"{above}<div class=message><div class=avatar>P</div><div><span class=who>Painter"
        f"<span class=tag>APP</span><span class=when>Today at 12:00</span></span>{inner}{only}"
        "</div></div>"
    )


def modal(told: Mapping[str, Any]) -> str:
    """Return a form as it opens."""
    fields = "".join(map(_field, told["components"]))
    return f"<div class=modal><h2>{html.escape(told['title'])}</h2>{fields}</div>"


def _field(label: Mapping[str, Any]) -> str:
    inner = label["component"]
    chosen = [one["label"] for one in inner.get("options", []) if one.get("default")]
    value = inner.get("value") or ", ".join(chosen)
    shown = html.escape(value or inner.get("placeholder") or "")
    kind = f"field {'long' if inner.get('style') == 2 else ''} {'' if value else 'empty'}"
    return f"<label>{html.escape(label['label'])}<div class='{kind}'>{shown}</div></label>"


def _component(one: Mapping[str, Any], files: Mapping[str, bytes], names: Mapping[str, str]) -> str:
    match one["type"]:
        case 17:
            colour = one.get("accent_color")
            inner = "".join(_component(part, files, names) for part in one["components"])
            style = f" style='--c:#{colour:06x}'" if colour else ""
            return f"<div class=box{style}>{inner}</div>"
        case 10:
            return f"<div class=text>{_markdown(one['content'], names)}</div>"
        case 12:
            items = "".join(_picture(item, files) for item in one["items"])
            return f"<div class='gallery {'one' if len(one['items']) == 1 else ''}'>{items}</div>"
        case 1:
            inner = "".join(_component(part, files, names) for part in one["components"])
            return f"<div class=row>{inner}</div>"
        case 2:
            emoji = (one.get("emoji") or {}).get("name", "")
            label = html.escape(one.get("label") or "")
            return f"<div class='button s{one['style']}'>{emoji} {label}</div>"
        case 3 | 6 | 8:
            return _select(one, names)
        case other:
            raise ValueError(f"there is no picture of component {other} yet")


def _select(one: Mapping[str, Any], names: Mapping[str, str]) -> str:
    chosen = [names.get(str(value["id"]), "?") for value in one.get("default_values", [])]
    chosen += [one["label"] for one in one.get("options", []) if one.get("default")]
    shown = (
        f"<b>{html.escape(', '.join(chosen))}</b>"
        if chosen
        else html.escape(one.get("placeholder") or "Make a selection")
    )
    return f"<div class=select><span>{shown}</span><span>⌄</span></div>"


def _picture(item: Mapping[str, Any], files: Mapping[str, bytes]) -> str:
    path = item["media"]["url"].partition("/files/")[2]
    data = base64.b64encode(files[path]).decode()
    kind = " class=spoiler" if item["spoiler"] else ""
    return f"<div{kind}><img alt='' src='data:image/webp;base64,{data}'></div>"


def _markdown(text: str, names: Mapping[str, str]) -> str:
    lines = []
    for line in text.split("\n"):
        shown = html.escape(re.sub(r"\\(?=[^a-zA-Z0-9\s])", "\x00", line), quote=False)
        shown = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", shown)
        shown = re.sub(r"`([^`]+)`", r"<code>\1</code>", shown)
        shown = re.sub(r"&lt;t:\d+:R&gt;", "in 20 seconds", shown)
        shown = re.sub(
            r"&lt;(?:@&amp;|[@#])(\d+)&gt;",
            lambda found: f"<span class=mention>{html.escape(names.get(found[1], '?'))}</span>",
            shown,
        ).replace("\x00", "")
        if shown.startswith("### "):
            lines.append(f"<h3>{shown[4:]}</h3>")
        elif shown.startswith("-# "):
            lines.append(f"<small>{shown[3:]}</small>")
        else:
            lines.append(f"{shown}\n")
    return "".join(lines).rstrip("\n")
