"""Graphs behind SPARQL 1.1 endpoints: whom to tell which password, how to ask, and a store that asks."""

from kg.remote.access import EndpointAccess
from kg.remote.client import SparqlClient
from kg.remote.store import RemoteStore

__all__ = ["EndpointAccess", "RemoteStore", "SparqlClient"]
