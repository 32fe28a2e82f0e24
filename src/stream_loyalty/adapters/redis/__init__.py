"""The projection of customers into Redis."""
