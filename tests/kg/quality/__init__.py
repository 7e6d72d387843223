"""Tests of the checks of a graph."""
