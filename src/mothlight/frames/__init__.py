"""From what SDKs send about an exception to unified frames: pure functions, no input and no output.

The way of an event's `$exception_list`:

`wire_order.wire_order` says how the SDK orders things, `exceptions.read_exceptions` reads the list without its frames,
`stack.read_stack` reads the frames and gives the stack's content address, and, for a stack never seen before,
`stack.resolve_stack` makes the unified frames. `exceptions.make_entries` and `facts` put the rest together.
"""
