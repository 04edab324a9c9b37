"""From symbol data to readable stacks: bytes and raw frames come in, unified frames or reasons in words come out.

What callers use, in the order in which they need it (docs/symbols.md tells the same with an example):

- `stack.references_of` says which symbol sets a stack asks for.
- `stack.resolve_stack` makes the unified frames with what was found for each reference: a `SymbolData`, or a `Failure`.
- `exceptions` gives obfuscated exception types back their names.
- `reader.SymbolReader` reads symbol data in processes that can be killed. A server has one; its calls block.
- `container` packs what is uploaded or fetched; `scripts` finds chunk ids and map addresses in scripts.

Nothing here knows where symbol data is stored, who may see it, or how it is fetched.
"""
