"""What a project should improve next: computed from its real state, kept with what was computed last (api.md 5)."""
