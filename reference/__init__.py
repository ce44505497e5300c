"""The solved assignment: what the grader compares with, and what the student template is cut from.

`reference/X` becomes `cs231n/X` in the template, path for path. Regions between
`### BEGIN SOLUTION` and `### END SOLUTION` are the student's part; all else is given.

Shapes use the field's letters: N examples, D features, C channels or classes, H x W pixels,
F filters of HH x WW pixels, G groups. `dout` is the gradient of the loss with respect to a
layer's output and has its shape; `dx` belongs to the input `x`, and so on. Arrays of float32 give
float32 results, arrays of float64 give float64.
"""
