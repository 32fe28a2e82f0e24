"""What each command does, as plain functions: no parsing of arguments, no exits."""
