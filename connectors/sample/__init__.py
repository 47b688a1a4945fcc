"""The sample export: a year of tickets of Copperleaf, an invented shop for coffee equipment.

`copperleaf_zendesk.ndjson` has the shape of a Zendesk JSON export: a user or a ticket with its comments on every line.
People, texts and policies are invented, and every address, phone, card and account number is reserved for examples.
`python -m connectors.sample.make` writes the same bytes again; `content` and `people` hold the tables it draws from.
"""
