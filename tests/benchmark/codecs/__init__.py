"""Our codecs beside those of others: in one process, taking turns, over distinct messages."""
