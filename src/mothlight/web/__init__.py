"""HTTP: what SDKs send to, what programs ask, what people look at."""
