"""A client of the gateway's public API, as an information system has one. The desk and the command use it, too."""
