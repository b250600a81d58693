"""Mistakes of the people who edit `rules/`, put in one at a time, to see who notices (docs/faults.md)."""
