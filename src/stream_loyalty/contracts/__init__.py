"""What crosses the wire: events in, messages out, dead letters. Everything else imports from here."""
