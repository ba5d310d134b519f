"""What the services that people and programs call over HTTP have in common: tokens, logs, serving until a signal."""
