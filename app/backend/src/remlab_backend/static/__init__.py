"""The built frontend, served as fast as a web server would."""
