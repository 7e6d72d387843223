"""The command `thence`."""
