"""Stands in for Colab's module of this name: nothing of it is needed to run a notebook here.

There is no `google/__init__.py`, so that other packages below `google` stay importable.
"""
