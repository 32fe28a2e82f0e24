"""The loyalty domain, pure: no clock, no network, no randomness. Time comes with the event."""
