"""Traffic to try things with: a storefront with a seed, and public datasets as events."""
