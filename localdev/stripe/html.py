"""The pages behind the addresses that checkout and portal give: a few buttons for a browser."""

from __future__ import annotations

import json
from html import escape

from localdev.stripe.books import Books, Thing
from localdev.stripe.refusals import Refusal

_PAGE = """<!doctype html><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px system-ui;max-width:30rem;margin:4rem auto;padding:0 1rem}}
button{{font:inherit;padding:.5rem 1rem;margin:.5rem .5rem 0 0}}</style>
<h1>{title}</h1><p>{text}</p>{buttons}<p id="said"></p>
<script>for (const button of document.querySelectorAll("button")) button.onclick = async () => {{
  for (const [door, body] of JSON.parse(button.dataset.does)) {{
    const answer = await fetch("/_control/" + door, {{method: "POST", body: JSON.stringify(body)}});
    const told = await answer.json();
    if (!answer.ok) {{ said.textContent = told.error.message ?? told.error; return; }}
  }}
  if (button.dataset.to) location = button.dataset.to; else said.textContent = "Done.";
}};</script>
"""


def answer(books: Books, path: str) -> tuple[int, str]:
    """The page at a path."""
    kind, _, session_id = path.strip("/").partition("/")
    try:
        if kind == "checkout":
            return 200, _checkout(books.get("checkout.session", session_id))
        if kind == "portal":
            return 200, _portal(books, books.get("billing_portal.session", session_id))
    except Refusal as refusal:
        return refusal.status, _PAGE.format(
            title="No such page", text=escape(str(refusal)), buttons=""
        )
    return 404, _PAGE.format(title="No such page", text="", buttons="")


def _checkout(session: Thing) -> str:
    if session["status"] != "open":
        return _PAGE.format(title="Checkout", text=f"This page is {session['status']}.", buttons="")
    of, pay = session["customer"] or session["id"], ("complete", {"session": session["id"]})
    buttons = _button("Pay", session["success_url"], ("card", {"of": of, "card": "ok"}), pay)
    buttons += _button("Try a bad card", "", ("card", {"of": of, "card": "declined"}), pay)
    price = f"{session['amount_total'] / 100:.2f} {session['currency'].upper()}"
    return _PAGE.format(title="Checkout (made up)", text=f"{price} a month.", buttons=buttons)


def _portal(books: Books, session: Thing) -> str:
    buttons = ""
    for each in books.all("subscription"):
        if each["customer"] == session["customer"] and each["status"] != "canceled":
            named = {"subscription": each["id"]}
            buttons += _button("End with the period", "", ("cancel", named))
            buttons += _button("End at once", "", ("cancel", {**named, "atOnce": True}))
            buttons += _button("Go on after all", "", ("resume", named))
    back = session["return_url"] or "/"
    text = f'<a href="{escape(back)}">Back</a>'
    return _PAGE.format(title="Your subscription (made up)", text=text, buttons=buttons)


def _button(label: str, to: str | None, *does: tuple[str, Thing]) -> str:
    doing = escape(json.dumps(does), quote=True)
    return f'<button data-does="{doing}" data-to="{escape(to or "")}">{label}</button>'
