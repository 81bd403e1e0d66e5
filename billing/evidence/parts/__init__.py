"""The parts of a claim's packet, one module each: `part(sources, lines)` returns the part."""
