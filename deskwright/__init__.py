"""The spine: configuration, conversation values, store, audit log, plugin promises, command line. Imports no stage."""
