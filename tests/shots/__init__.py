"""Pictures of the console for docs/, made of real pages: `python -m tests.shots`."""
