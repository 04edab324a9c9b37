"""The REST API: what programs ask (api.md). A request is guarded, validated, made a question, answered and shaped."""
