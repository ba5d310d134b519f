"""The thin services, and the local stack of real parts that they run on."""
