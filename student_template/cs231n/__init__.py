"""The assignment: layers, optimizers, nets to write, and what runs them."""
