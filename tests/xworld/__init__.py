"""Tests of the fake X world."""
