"""Churn models that learn online, how good they are, and when their word is enough for an alert."""
