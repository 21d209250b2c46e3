"""SQL tables and blobs: functions whose first parameter is a connection."""
