"""Names in texts: training texts -> a small token classifier -> spans of persons, places, organisations, numbers."""
