"""A remote signing service behind the API of the Cloud Signature Consortium: it signs digests, MSign does the rest."""
