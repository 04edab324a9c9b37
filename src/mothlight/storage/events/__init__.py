"""Events and the small tables that queries join them with, in ClickHouse: embedded (chDB) or a server.

`rows` says what the tables hold, `interface` what a store promises, `engines/` the two stores, `properties` how
properties become a filterable column and come back exactly as sent.
"""
