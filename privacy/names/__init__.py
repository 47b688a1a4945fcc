"""Names in texts: training data -> a small token classifier -> the spans of persons, places, organisations and numbers."""
