"""Changes of a graph in use: the next snapshot is made from the present one, beside it, and takes its place whole."""

from kg.updating.delta import Delta, net_delta
from kg.updating.refresh import refresh_domain
from kg.updating.update import Update, read_triples, update_domain

__all__ = ["Delta", "Update", "net_delta", "read_triples", "refresh_domain", "update_domain"]
