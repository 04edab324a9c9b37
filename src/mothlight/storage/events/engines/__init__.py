"""The two event stores: `embedded` in this process, `server` over HTTP."""
