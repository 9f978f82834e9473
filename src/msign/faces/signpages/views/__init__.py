"""Views of the sign pages: they translate between browser and service and decide nothing."""
