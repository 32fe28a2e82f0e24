"""The parts that the storefront is played by: the shelf, its shoppers, orders, care, and the loyalty program."""
