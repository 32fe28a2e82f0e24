"""A whole shop for the properties of the ledger: its program, its partitions, its books and its replays."""
