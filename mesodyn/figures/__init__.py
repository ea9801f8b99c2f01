"""Drawing: style, plots of plain data, animations. matplotlib is imported only here, and only when needed."""
