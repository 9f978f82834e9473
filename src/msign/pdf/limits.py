"""Bounds of the reader; each keeps a hostile file from costing more than its sender's own patience."""

from __future__ import annotations

from msign.kernel.limits import KIB, MIB

MAX_DEPTH = 100  # nested arrays and dictionaries; honest producers stay below ten
MAX_OBJECTS = 1_000_000  # cross-reference entries in all revisions; an entry costs about 150 bytes of memory
MIN_OBJECT_BYTES = 8  # a packed object costs at least so much of the file; more entries than that are a bomb
MAX_OBJECT_NUMBER = 8_388_607  # ISO 32000-1 annex C
MAX_REVISIONS = 2_000
MAX_COLLECTION = 1_000_000  # elements of one array or dictionary
MAX_STRING = 64 * MIB  # a signature's Contents is the longest string met in practice
MAX_STRING_BRACKETS = 1_000  # open at a time in one string; each costs a step
MAX_STRUCTURE_STREAM = 64 * MIB  # one cross-reference or object stream, inflated
MAX_INFLATED = 192 * MIB  # everything inflated for one file, in sum; structure only, page content is never inflated
MAX_PREDICTED = 16 * MIB  # one stream with a predictor: each octet costs a step; a million entries have seven million
MAX_REFERENCE_CHAIN = 32  # a reference to a reference to …
MAX_TREE_NODES = 500_000  # nodes visited in page and field trees
MAX_SEARCHED = 1_024 * MIB  # bytes looked through for ends of streams whose length lies; costs about 0.2 s
MIN_CACHED, MAX_CACHED = 4 * MIB, 16 * MIB  # parsed objects kept, by what they take in the file; as much as it has
HEADER_WINDOW = 1_024  # %PDF- must appear this early (ISO 32000-1 annex H, note 13)
TAIL_WINDOW = 2 * KIB  # where startxref is looked for first
