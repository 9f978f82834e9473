"""`msign-agent`: an open signing program for the person's computer. Loopback only; PKCS#11; the PIN never leaves it."""
