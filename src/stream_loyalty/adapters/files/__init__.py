"""Events from files, results to files."""
