"""A card or USB token on the person's computer, through the signing program that runs there (the local agent)."""
