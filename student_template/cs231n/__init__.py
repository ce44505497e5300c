"""The assignment: layers, optimizers and nets to write, and what runs them."""
