"""Errors a user can do something about: one clear sentence each, never shown with a traceback."""


class StreamLoyaltyError(Exception):
    """What is wrong, where, and what to do, in one sentence."""
