"""Layers, none of them written."""
