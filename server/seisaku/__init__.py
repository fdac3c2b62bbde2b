"""Seisaku (政策): Japan's innovation policy as a knowledge graph."""
