"""The application that trains: plans studies, runs them, searches, records, and publishes what is recorded."""
