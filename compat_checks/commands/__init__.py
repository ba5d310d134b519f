"""The commands of `compat-checks`: a module for each group, loaded when it runs."""
