"""Settings, logs, opening the app."""
