"""What `./lab` does. Runs on a bare Python 3.11–3.13 until it has made `.venv`; then on that."""
