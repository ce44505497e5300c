"""Nothing to compile: the fast layers are NumPy. Notebooks of other years may call this file."""

print("Nothing to compile here: cs231n/fast_layers.py needs no extension.")
