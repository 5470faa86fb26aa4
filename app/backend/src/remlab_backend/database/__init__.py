"""The logbook's database: connections that survive a move of the writer, and the queries."""
