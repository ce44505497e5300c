"""What is checked, one module per topic. The names are those of the assignment.

A check is a function `(student, case)` decorated with `@check`; its docstring's first line is the
title a student reads. It calls the student's code through the proxy, calls the reference on its
own copies of the same inputs, and says with `expect` what must be equal.
"""
