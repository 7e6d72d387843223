"""How good it is: the offline evaluation harness."""
