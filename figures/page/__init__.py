"""All evidence as one HTML file to be looked at: python -m figures.page, or make page."""
