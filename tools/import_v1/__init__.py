"""Moves the data of API v1 into the tables of v2, by the migration rules of the API's contract."""
