"""A Stripe that remembers, over HTTP on loopback: subscriptions, schedules, invoices, events.

It speaks the wire of docs.stripe.com/api (2026-10-28.endive) as far as ctgo uses it, and is driven
by Stripe's own library. What does not come over the API in real life has doors of its own under
`/_control`: its clock, cards that are declined, faults, and what people do on Stripe's pages.
"""
