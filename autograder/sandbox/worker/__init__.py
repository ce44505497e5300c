"""The shim: everything of ours that runs beside a student's code, and nothing else.

This folder is linked into the worker's private package folder, alone, so these modules import
only the standard library, NumPy and each other. No reference, check, expected value or secret is
ever here. `wire` is shared with the grader; `template` is the process that forks workers;
`serve` runs inside a worker.
"""
