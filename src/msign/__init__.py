"""MSign: an electronic-signature gateway, its connection desk and a sandbox of the outside world."""
