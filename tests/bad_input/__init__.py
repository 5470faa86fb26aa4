"""Bad input gets a clear error before anything is changed."""
