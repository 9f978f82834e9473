"""Views of the verify pages."""
