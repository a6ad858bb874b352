"""How figures and tables look: style, panels, sheets."""
