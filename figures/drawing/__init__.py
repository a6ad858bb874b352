"""The look of figures and tables: style, panels, sheets."""
