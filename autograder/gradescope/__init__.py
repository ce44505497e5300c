"""Gradescope: `bundle` makes the autograder.zip to upload, `container` runs inside the platform,
`rehearsal` plays the platform on one's own machine.
"""
