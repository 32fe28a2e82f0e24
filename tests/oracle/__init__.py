"""Second opinions: plain calculations that share no code with the engine."""
