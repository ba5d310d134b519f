"""`make bench`: the notification service beside a tutorial's loop and FastStream, in one run on one stack."""
