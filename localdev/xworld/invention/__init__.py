"""Invents people, bots and brands out of word tables; the same seed gives the same person."""
