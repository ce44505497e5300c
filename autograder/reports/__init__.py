"""One module per format: `render(report)` is a pure function."""
