"""What the services that people and programs call over HTTP have in common: tokens, and serving until a signal."""
