"""Words that every room shares: errors, clock, ids, languages, limits, identifiers. Standard library only."""
