"""Tests of the local runtime: emulated AWS, pump, schedules, HTTP, processes."""
