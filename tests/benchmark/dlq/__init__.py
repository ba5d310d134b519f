"""What commands on dead letters cost while the DLQ grows."""
