"""The e-mail service under load, under attack and under fuzzing."""
