"""Figures computed from what was published, and the pages that show them: no clock, no files, no network."""
