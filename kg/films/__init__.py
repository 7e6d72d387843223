"""The built-in sample domain: well-known films as a small RDF graph, with simulated users."""
