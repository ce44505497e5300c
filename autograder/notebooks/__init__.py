"""Notebooks: read (`read`), compared with their template and put right (`given`), run behind the
fences (`desk`, `kernel`, `run`), and held to what their nets can do (`probe`, `results`).

`grade` is the whole story. `answers` collects what a human marks, `page` shows it, `saved` compares
outputs. `inside/` holds the only code of ours that a kernel can import.
"""
