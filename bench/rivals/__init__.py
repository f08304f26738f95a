"""Other people's ways of writing the same endpoint: `GET /me`, a key check and one query."""
