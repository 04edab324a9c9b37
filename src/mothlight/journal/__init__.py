"""The journal: what was accepted and is not yet stored, kept on this node's disk so that a crash loses nothing."""
