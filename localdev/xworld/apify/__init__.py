"""Apify with the actors of kaitoeasyapi, as their documentation and public samples show them."""
