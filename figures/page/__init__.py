"""All evidence as one HTML file: python -m figures.page, or make page."""
