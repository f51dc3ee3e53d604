"""Pages that play a head in a browser: one HTML file, no network, no library but our own player."""
