"""Words of no domain: clocks, identifiers, JSON, caches."""
